"""What is written and has no effect: it is published without, and said."""

from typing import Any

import pytest

from openclaw_vllm.core.publication.plan import Plan
from tests import builders
from tests.builders import CONNECTION, Wire, served, spec_of
from tests.builders.plans import decide, plan, resource

PARAMS: Wire = {"params": {"temperature": 0.2}}
AGENTS: Wire = {"agents": {"primary": ["*"]}}
MINE: Wire = {"models": [{"id": "mine"}]}


def explicit(**fields: Any) -> Plan:
    """Decide about an explicit list, for which nothing is asked."""
    ours = resource(**MINE, **fields)
    return decide(
        ours, spec_of(ours), builders.new_server(ours.uid, 1, "").with_endpoint(CONNECTION), None
    )


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        pytest.param({"modelDefaults": PARAMS}, True, id="of all models"),
        pytest.param({"modelOverrides": [{"match": "a"} | PARAMS]}, True, id="of one model"),
        pytest.param({"modelOverrides": [{"match": "b"} | PARAMS]}, False, id="of no model"),
        pytest.param({"modelDefaults": PARAMS} | AGENTS, False, id="that are published"),
        pytest.param({"modelDefaults": {"maxTokens": 1}}, False, id="that are not set"),
    ],
)
def test_params_without_agents_are_noted(fields: Wire, *, said: bool) -> None:
    text = "published; params of modelDefaults and modelOverrides need spec.agents"
    assert plan(resource(**fields), *served("a")).note == (text if said else "")


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
def test_what_is_said_of_discovered_models_beside_an_explicit_list_is_noted(
    fields: Wire, named: str
) -> None:
    noted, plain = explicit(**fields), explicit()
    assert noted.note == f"published; beside spec.models these change nothing: {named}"
    assert noted.documents == plain.documents


def test_nothing_is_noted_where_all_has_its_effect() -> None:
    assert explicit(discovery={"interval": "5s"}, **AGENTS).note == ""
    assert plan(resource(discovery={"exclude": ["b"]}), *served("a", "b")).note == ""


def test_several_notes_stand_in_one_message() -> None:
    noted = explicit(modelDefaults=PARAMS, agents={"primary": ["gone", "mine"]})
    assert noted.note == (
        "published; no model matches these patterns of spec.agents: gone; "
        "beside spec.models these change nothing: modelDefaults"
    )
