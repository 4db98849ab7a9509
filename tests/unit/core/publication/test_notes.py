"""What is written and has no effect: it is published without, and said."""

from typing import Any

import pytest

from openclaw_vllm.core.discovery.models_response import ServedModel
from openclaw_vllm.core.publication.plan import Plan
from tests import builders
from tests.builders import CONNECTION, Wire, served, spec_of
from tests.builders.plans import decide, plan, resource

PARAMS: Wire = {"params": {"temperature": 0.2}}
AGENTS: Wire = {"agents": {"primary": ["*"]}}
OFF: Wire = {"agents": {"enabled": False}}
MINE: Wire = {"models": [{"id": "mine"}]}


def explicit(**fields: Any) -> Plan:
    """Decide about an explicit list, for which nothing is asked."""
    own = resource(**MINE, **fields)
    return decide(
        own, spec_of(own), builders.new_server(own.uid, 1, "").with_endpoint(CONNECTION), None
    )


@pytest.mark.parametrize(
    ("fields", "is_noted"),
    [
        pytest.param({"modelDefaults": PARAMS} | OFF, True, id="of all models"),
        pytest.param({"modelOverrides": [{"match": "a"} | PARAMS]} | OFF, True, id="of one model"),
        pytest.param({"modelOverrides": [{"match": "b"} | PARAMS]} | OFF, False, id="of no model"),
        pytest.param({"modelDefaults": PARAMS} | AGENTS, False, id="that are published"),
        pytest.param({"modelDefaults": PARAMS}, False, id="that are published without agents"),
        pytest.param({"modelDefaults": {"maxTokens": 1}} | OFF, False, id="that are not set"),
    ],
)
def test_params_without_agents_are_noted(fields: Wire, *, is_noted: bool) -> None:
    text = "published; params of modelDefaults and modelOverrides need spec.agents"
    assert plan(resource(**fields), *served("a")).note == (text if is_noted else "")


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        pytest.param({"discovery": {"include": ["a"]}}, "discovery.include", id="include"),
        pytest.param({"discovery": {"exclude": ["a"]}}, "discovery.exclude", id="exclude"),
        pytest.param(
            {"discovery": {"capabilities": "Probe"}}, "discovery.capabilities", id="capabilities"
        ),
        pytest.param({"modelDefaults": PARAMS}, "modelDefaults", id="defaults"),
        pytest.param({"modelOverrides": [{"match": "*"}]}, "modelOverrides", id="overrides"),
        pytest.param(
            {"discovery": {"exclude": ["a"]}, "modelDefaults": {"maxTokens": 1}},
            "discovery.exclude, modelDefaults",
            id="several",
        ),
    ],
)
def test_settings_of_discovered_models_beside_an_explicit_list_are_noted(
    fields: Wire, named: str
) -> None:
    with_note, plain = explicit(**fields), explicit()
    assert with_note.note == f"published; beside spec.models these change nothing: {named}"
    assert with_note.documents == plain.documents


def test_nothing_is_noted_where_all_has_its_effect() -> None:
    assert explicit(discovery={"interval": "5s"}, **AGENTS).note == ""
    assert plan(resource(discovery={"exclude": ["b"]}), *served("a", "b")).note == ""


def test_several_notes_stand_in_one_message() -> None:
    with_note = explicit(modelDefaults=PARAMS, agents={"primary": ["gone", "mine"]})
    assert with_note.note == (
        "published; no model matches these patterns of spec.agents: gone; "
        "beside spec.models these change nothing: modelDefaults"
    )


@pytest.mark.parametrize(
    ("fields", "contexts", "assumed"),
    [
        pytest.param({}, {"a": None}, "1 of 1", id="of the only model"),
        pytest.param({}, {"a": None, "b": 4096, "c": None}, "2 of 3", id="of some"),
        pytest.param({}, {"a": 4096}, "", id="of none"),
        pytest.param(
            {"modelDefaults": {"contextWindow": 4096}}, {"a": None}, "", id="once written"
        ),
        pytest.param(
            {"modelOverrides": [{"match": "a", "contextWindow": 4096}]},
            {"a": None, "b": None},
            "1 of 2",
            id="of what no override matches",
        ),
        pytest.param(
            {"discovery": {"exclude": ["a"]}}, {"a": None, "b": 1}, "", id="of what is left out"
        ),
    ],
)
def test_a_context_that_is_assumed_is_noted(
    fields: Wire, contexts: dict[str, int | None], assumed: str
) -> None:
    models = (ServedModel(id_, context=context) for id_, context in contexts.items())
    text = (
        f"published; the server names no context for {assumed} models, so that 128000 tokens are "
        "assumed: write contextWindow into spec.modelDefaults or spec.modelOverrides"
    )
    assert plan(resource(**fields), *models).note == (text if assumed else "")


def test_an_adapter_has_the_context_of_its_base_model_and_is_not_counted() -> None:
    base, adapter = ServedModel("base", context=4096), ServedModel("adapter", "base")
    assert plan(resource(), base, adapter).note == ""


def test_the_default_of_an_explicit_model_is_its_authors_own() -> None:
    assert explicit(**AGENTS).note == ""


def test_a_release_that_is_newer_than_known_is_noted() -> None:
    with_note = plan(resource(output={"openclaw": "2027.1"}), *served("a"))
    assert with_note.note.startswith("published; OpenClaw 2027.1 is newer than ")


KEY: Wire = {"apiKeySecretRef": {"name": "k", "key": "k"}, "apiKeyEnv": "K"}
CLIENT: Wire = {"clientCertificateRef": {"name": "c", "keyEnv": "K"}}


def by_variable(key: str, env: str = "K") -> list[Wire]:
    ref = {"secretKeyRef": {"name": "k", "key": key}}
    return [{"name": "X-Token", "valueFrom": ref, "env": env}]


@pytest.mark.parametrize(
    ("fields", "is_noted"),
    [
        pytest.param({"auth": KEY, "headers": by_variable("other")}, True, id="another key"),
        pytest.param({"auth": KEY, "headers": by_variable("k")}, False, id="the same key"),
        pytest.param({"auth": KEY, "headers": by_variable("other", "O")}, False, id="two names"),
        pytest.param({"auth": {"apiKeyEnv": "K"}, "headers": by_variable("k")}, False, id="no key"),
        pytest.param(
            {"auth": KEY, "tls": CLIENT, "baseUrl": "https://vllm"}, True, id="a private key"
        ),
    ],
)
def test_a_variable_for_several_values_is_noted(fields: Wire, *, is_noted: bool) -> None:
    note = plan(resource(**fields), *served("a")).note
    assert note.endswith("can hold one value, write another name where it is: K") is is_noted
