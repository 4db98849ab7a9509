"""The real client, not its schema alone, takes what hypothesis makes, and reads what was meant.

A call takes seconds, so the examples share one configuration: each has a provider id of its own.
"""

import json

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.builders import Wire
from tests.conformance.conftest import NewAgent
from tests.conformance.openclaw import wanted_variables
from tests.conformance.published import Published, decide_on
from tests.conformance.strategies import SECRET, inputs
from tests.vllm_server import Model

pytestmark = pytest.mark.timeout(600)

EXAMPLES = 60  # `models list` takes longer than in proportion: 46 s for 500 models
PLANTED = "planted-value"


def generated() -> list[Published]:
    """What is published for examples that differ in their ids; always the same ones."""
    result: dict[frozenset[str], Published] = {}

    @settings(
        max_examples=EXAMPLES * 6,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=inputs())
    def collect(case: tuple[Wire, tuple[Model, ...]]) -> None:
        published = decide_on(case[0] | {"providerId": f"vllm-{len(result)}"}, case[1])
        if isinstance(published, Published) and len(result) < EXAMPLES:
            result.setdefault(frozenset(model.id for model in published.models), published)

    collect()
    assert len(result) == EXAMPLES
    return list(result.values())


def together(examples: list[Published]) -> Wire:
    """One configuration with the providers of all, and what agents are told of their models."""
    providers: Wire = {}
    models: Wire = {}
    allow: list[str] = []
    for example in examples:
        own, defaults = example.models_section["providers"], example.agents_defaults
        providers |= own
        models |= defaults.get("models", {})
        allow += defaults.get("modelPolicy", {}).get("allow") or [f"{id_}/*" for id_ in own]
    agents = {"models": models, "modelPolicy": {"allow": allow}}
    return {"models": {"providers": providers}, "agents": {"defaults": agents}}


def test_the_client_reads_back_every_generated_id_as_the_server_wrote_it(
    new_agent: NewAgent,
) -> None:
    examples = generated()
    config = json.dumps(together(examples), ensure_ascii=False)
    agent = new_agent(**wanted_variables(config), **{SECRET: PLANTED})
    agent.configure(config)
    valid, loaded, listed = agent.run_all(
        ["config", "validate", "--json"],
        ["config", "get", "models.providers", "--json"],
        ["models", "list", "--json"],
    )
    assert (valid.answer["valid"], valid.answer["warnings"]) == (True, [])
    ids = [[model["id"] for model in provider["models"]] for provider in loaded.answer.values()]
    assert ids == [[model.id for model in example.models] for example in examples]
    result = {model["key"]: model["contextWindow"] for model in listed.answer["models"]}
    assert result == {m.ref: m.context_window for example in examples for m in example.models}
    assert PLANTED not in loaded.out + listed.out
