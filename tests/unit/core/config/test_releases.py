"""Documents for older releases of OpenClaw, held against the schemas that these print themselves.

`tests/data/openclaw/schema-RELEASE.json` holds what `openclaw config schema` of that release says
of `models` and of the agents' defaults, and the digest of all that it printed.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.configmap import AGENTS, CONFIG
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.config.base_config import Base, parse
from openclaw_vllm.core.config.documents import Documents, render
from openclaw_vllm.core.config.releases import NEWEST, SINCE, parse_release, remark_on
from openclaw_vllm.core.discovery.models import build_explicit
from tests import builders
from tests.builders import Wire, chosen, served
from tests.builders.golden_cases import CASES, Case

SCHEMAS = Path(__file__).parents[3] / "data" / "openclaw"
RELEASES = ("2026.6.35", "2026.7.35", "2026.8.2", "2026.9.6")


@cache
def schema(release: str) -> Draft7Validator:
    return Draft7Validator(json.loads((SCHEMAS / f"schema-{release}.json").read_text())["schema"])


def rendered(case: Case, release: str | None, base: Base | None = None) -> Documents | Problem:
    spec = builders.spec(**{**case.spec, "output": {"openclaw": release}})
    models = tuple(map(build_explicit, spec.models)) or builders.models_of(spec, *case.models)
    defaults = chosen(spec, models)
    return render(builders.to_render(spec), case.connection, models, defaults, base)


def agents_of(documents: Documents | Problem) -> dict[str, Any]:
    assert isinstance(documents, Documents), documents
    document: dict[str, Any] = json.loads(documents.data[AGENTS])
    return document


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("name", CASES)
def test_each_golden_in_its_form_is_accepted(name: str, release: str) -> None:
    documents = rendered(CASES[name], release)
    assert isinstance(documents, Documents), documents
    assert not list(schema(release).iter_errors(json.loads(documents.data[CONFIG])))


@pytest.mark.parametrize("name", CASES)
def test_the_newest_form_is_what_is_published_without_a_release(name: str) -> None:
    assert rendered(CASES[name], "2026.8.1") == rendered(CASES[name], None)


def entry_with(key: str) -> dict[str, Any]:
    """A configuration whose only late key is this one of SINCE."""
    model: dict[str, Any] = {"id": "m", "name": "m", "input": ["text"]}
    provider: dict[str, Any] = {"baseUrl": "http://vllm/v1", "models": [model]}
    config: dict[str, Any] = {"models": {"providers": {"vllm": provider}}}
    name, _, value = key.partition(": ")
    match name.split("."):
        case ["input"]:
            model["input"] = ["text", value]
        case ["request", "tls"]:
            provider["request"] = {"tls": {"serverName": "x"}}
        case ["timeoutSeconds"]:
            provider["timeoutSeconds"] = 600
        case ["compat", compat]:
            model["compat"] = {compat: value or True}
        case _:
            config["agents"] = {"defaults": {"modelPolicy": {"allow": []}}}
    return config


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("key", SINCE)
def test_a_release_takes_a_key_from_the_first_one_on(key: str, release: str) -> None:
    first = parse_release(release)
    assert not isinstance(first, Problem)
    assert schema(release).is_valid(entry_with(key)) == (first >= SINCE[key])


ALLOW: Wire = {"agents": {"allow": "Discovered", "aliases": {"coder": "a"}, "primary": ["a"]}}
TLS: Wire = {"baseUrl": "https://v.example.com", "tls": {"serverName": "x.example.com"}}


def compat(**fields: object) -> Wire:
    return {"modelDefaults": {"compat": fields}}


@pytest.mark.parametrize(
    ("fields", "release", "agents"),
    [
        pytest.param(
            ALLOW,
            "2026.6",
            {
                "model": {"primary": "vllm/a"},
                "models": {"vllm/a": {"alias": "coder"}, "vllm/${HOME}": {}, "vllm/a//b": {}},
            },
            id="an allow list as the keys of models, none of them escaped",
        ),
        pytest.param(
            {"agents": {"primary": ["a"]}},
            "2026.6",
            {"model": {"primary": "vllm/a"}},
            id="no allow list and no alias",
        ),
        pytest.param({}, "2026.6", {"model": {"primary": "vllm/$${HOME}"}}, id="by default"),
        pytest.param({"agents": {"enabled": False}}, "2026.6", {}, id="no agents"),
    ],
)
def test_agents_defaults_in_the_older_form(
    fields: Wire, release: str, agents: dict[str, Any]
) -> None:
    documents = rendered(Case(fields, served("a", "${HOME}", "a//b")), release)
    assert agents_of(documents) == agents


def test_no_model_is_allowed_where_none_is_served() -> None:
    allow: Wire = {"agents": {"allow": "Discovered"}}
    assert agents_of(rendered(Case(allow), "2026.6")) == {"models": {"vllm/*": {}}}


@pytest.mark.parametrize(
    ("fields", "release", "words"),
    [
        pytest.param(
            {"agents": {"aliases": {"coder": "a"}}},
            "2026.7.35",
            "2026.7.35 would not start on agents.defaults.modelPolicy, which OpenClaw knows from "
            "2026.8.1 on: aliases and params need it unless spec.agents.allow is Discovered",
            id="an alias without an allow list",
        ),
        pytest.param(TLS, "2026.4.4", "request.tls, which OpenClaw knows from 2026.4.5", id="tls"),
        pytest.param(
            compat(thinkingFormat="qwen"), "2026.4.29", "compat.thinkingFormat: qwen", id="a gap"
        ),
        pytest.param(
            compat(thinkingFormat="qwen"), "2026.3", "compat.thinkingFormat: qwen", id="before it"
        ),
        pytest.param(compat(supportsTemperature=False), "2026.6", "supportsTemperature", id="late"),
        pytest.param(
            compat(supportsTools=False), "2026.2", "compat.supportsTools", id="what is not assumed"
        ),
        pytest.param(
            {"modelDefaults": {"input": ["text", "audio"]}}, "2026.4", "input: audio", id="input"
        ),
        pytest.param({}, "2026.1.29", "no release 2026.1.29", id="older than all"),
        pytest.param({}, "2025.12", "no release 2025.12", id="another year"),
        pytest.param({}, "2026.13", "no release 2026.13", id="no month"),
        pytest.param({}, "2026.06", "no release 2026.06", id="a month with a zero"),
        pytest.param({}, "latest", "no release latest", id="a word"),
    ],
)
def test_what_an_older_release_cannot_be_given_is_refused(
    fields: Wire, release: str, words: str
) -> None:
    problem = rendered(Case(fields, served("a")), release)
    assert isinstance(problem, Problem)
    assert problem.reason == Reason.INVALID_SPEC
    assert words in problem.message


@pytest.mark.parametrize("release", ["2026.1", "2026.1.30", "2026.2.16"])
def test_what_older_releases_assume_anyway_is_left_out(release: str) -> None:
    documents = rendered(Case(compat(supportsStore=True), served("a")), release)
    assert isinstance(documents, Documents)
    (model,) = json.loads(documents.data[CONFIG])["models"]["providers"]["vllm"]["models"]
    assert model["compat"] == {"supportsStore": True}


@pytest.mark.parametrize("release", ["2026.8", "2026.8.1", "2026.9.6", "2026.12", "2027.1.3"])
def test_newer_releases_have_the_newest_form(release: str) -> None:
    case = Case(ALLOW, served("a"))
    assert rendered(case, release) == rendered(case, None)


def test_a_base_configuration_of_a_newer_release_is_refused() -> None:
    base = parse('{agents: {defaults: {modelPolicy: {allow: ["x/y"]}}}}')
    assert not isinstance(base, Problem)
    problem = rendered(Case({}, served("a")), "2026.6", base)
    assert isinstance(problem, Problem)
    assert problem.reason == Reason.BASE_CONFIG_INVALID
    assert isinstance(rendered(Case({}, served("a")), None, base), Documents)


BASES = {
    "a key of a model": '{models: [{id: "m", compat: {supportsTemperature: true}}]}',
    "a value of a key": '{models: [{id: "m", compat: {thinkingFormat: "together"}}]}',
    "an input": '{models: [{id: "m", input: ["text", "video"]}]}',
    "a key of the provider": '{request: {tls: {serverName: "x"}}}',
    "its timeout": "{timeoutSeconds: 600}",
}


@pytest.mark.parametrize("what", BASES)
def test_a_provider_of_the_base_with_a_key_of_a_later_release_is_named(what: str) -> None:
    base = parse(f"{{models: {{providers: {{other: {BASES[what]}}}}}}}")
    assert not isinstance(base, Problem)
    problem = rendered(Case({}, served("a")), "2026.3.31", base)
    assert isinstance(problem, Problem)
    assert problem.reason == Reason.BASE_CONFIG_INVALID
    assert "models.providers.other: " in problem.message
    assert isinstance(rendered(Case({}, served("a")), "2026.9.6", base), Documents)


@pytest.mark.parametrize("other", ["7", "{models: 7}", "{models: [7]}", '{request: "tls"}', "null"])
def test_a_provider_of_the_base_of_any_form_is_left_to_its_user(other: str) -> None:
    base = parse(f"{{models: {{providers: {{other: {other}}}}}}}")
    assert not isinstance(base, Problem)
    assert isinstance(rendered(Case({}, served("a")), "2026.3.31", base), Documents)


@pytest.mark.parametrize("release", ["2026.9.7", "2026.12", "2027.1.1", "2099.12.999"])
def test_a_release_to_come_gets_the_newest_form_and_is_remarked_on(release: str) -> None:
    assert rendered(CASES["agents"], release) == rendered(CASES["agents"], None)
    assert release in remark_on(release)
    assert not any(map(remark_on, (None, "2026.6", "2026.9.6", "latest")))


def test_the_newest_release_is_the_one_of_the_conformance_tests() -> None:
    package = Path(__file__).parents[3] / "conformance" / "package.json"
    pinned = json.loads(package.read_text())["dependencies"]["openclaw"]
    assert parse_release(pinned) == NEWEST
