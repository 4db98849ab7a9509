"""What merges into the user's own configuration, and where there is no place for ours."""

import json
from typing import Any

import pytest

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.configmap import AGENTS, CONFIG, MODELS
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.config.base_config import MAX_DEPTH, parse
from openclaw_vllm.core.config.documents import Documents, compose

Json = dict[str, Any]

OWN_ENTRY: Json = {"baseUrl": "http://vllm/v1", "models": [{"id": "m"}]}
OWN_MODELS: Json = {"providers": {"vllm": OWN_ENTRY}}
AGENT: Json = {"model": {"primary": "vllm/m"}, "models": {"vllm/m": {"alias": "coder"}}}


def merged(text: str, agents: Json) -> Documents | Problem:
    base = parse(text)
    assert not isinstance(base, Problem), base
    return compose({"vllm": OWN_ENTRY}, agents, base)


@pytest.mark.parametrize("agents", [{}, AGENT], ids=["models alone", "agents too"])
@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{models: []}", "its models has to be an object"),
        ("{models: null}", "its models has to be an object"),
        ("{models: {providers: 'vllm'}}", "its models.providers has to be an object"),
        ("{agents: 1}", "its agents has to be an object"),
        ("{agents: {defaults: []}}", "its agents.defaults has to be an object"),
        ("{agents: {defaults: {models: []}}}", "its agents.defaults.models has to be an object"),
        *(
            (
                json.dumps({"models": {"providers": {"other": {}, name: {}}}}),
                f"it has models.providers.{item}, which is ours to write; remove it",
            )
            for name, item in (("vllm", "vllm"), ("VLLM", "VLLM"), (" vLLM ", "vLLM"))
        ),
    ],
)
def test_a_base_without_a_place_for_ours_is_refused(text: str, why: str, agents: Json) -> None:
    message = f"the base configuration cannot be used: {why}"
    assert merged(text, agents) == Problem(Reason.BASE_CONFIG_INVALID, message)


@pytest.mark.parametrize(
    ("text", "agents", "expected"),
    [
        pytest.param(
            "{gateway: {port: 1}, $include: './a.json'}",
            {},
            {"gateway": {"port": 1}, "$include": "./a.json", "models": OWN_MODELS},
            id="what has nothing to do with ours",
        ),
        pytest.param(
            "{models: {mode: 'replace', $include: './b.json', providers: {vllm2: {a: 1}, v: {}}}}",
            {},
            {
                "models": {
                    "mode": "replace",
                    "$include": "./b.json",
                    "providers": {"vllm2": {"a": 1}, "v": {}, "vllm": OWN_ENTRY},
                }
            },
            id="other providers",
        ),
        pytest.param(
            "{agents: {list: [], defaults: {model: 'o/a', modelPolicy: {allow: []}}}}",
            {},
            {
                "agents": {
                    "list": [],
                    "defaults": {"model": "o/a", "modelPolicy": {"allow": []}},
                },
                "models": OWN_MODELS,
            },
            id="agents, of which we publish nothing",
        ),
        pytest.param(
            "{agents: {list: [], defaults: {workspace: '~', model: 'o/a',"
            " modelPolicy: {allow: ['o/*']}, models: {'o/a': {alias: 'o'}, 'vllm/m': {a: 1}}}}}",
            AGENT,
            {
                "agents": {
                    "list": [],
                    "defaults": {
                        "workspace": "~",
                        "model": AGENT["model"],
                        "modelPolicy": {"allow": ["o/*"]},
                        "models": {"o/a": {"alias": "o"}, "vllm/m": {"alias": "coder"}},
                    },
                },
                "models": OWN_MODELS,
            },
            id="agents' defaults beside ours",
        ),
        pytest.param(
            "{agents: {defaults: {modelPolicy: {allow: ['o/*']}}}}",
            {"modelPolicy": {"allow": ["vllm/m"]}},
            {
                "agents": {"defaults": {"modelPolicy": {"allow": ["vllm/m"]}}},
                "models": OWN_MODELS,
            },
            id="an allow list, which ours replaces",
        ),
    ],
)
def test_all_that_is_not_ours_stays_as_it_is(text: str, agents: Json, expected: Json) -> None:
    documents = merged(text, agents)
    assert isinstance(documents, Documents)
    assert json.loads(documents.data[CONFIG]) == expected
    assert json.loads(documents.data[MODELS]) == OWN_MODELS
    assert json.loads(documents.data[AGENTS]) == agents


def test_the_deepest_base_that_is_read_can_be_written_too() -> None:
    text = '{"a":' * MAX_DEPTH + "1" + "}" * MAX_DEPTH
    documents = merged(text, AGENT)
    assert isinstance(documents, Documents)
    assert json.loads(documents.data[CONFIG])["a"] == json.loads(text)["a"]
