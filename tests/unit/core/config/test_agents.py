"""What agents are told to use: never a dangling name, never a jumping default."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.configmap import AGENTS
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.config.agents import ResolvedDefaults, resolve_defaults
from openclaw_vllm.core.discovery.models_response import ServedModel
from tests import builders
from tests.builders import Wire, served

QWEN, LLAMA = served("Qwen/Qwen3"), served("meta-llama/L3")
LORA = ServedModel("Qwen/Adapter", "Qwen/Qwen3")  # sorts before its base
ALL = (*LLAMA, *QWEN, LORA)


def choice(*models: ServedModel, sticky: str = "", **agents: Any) -> ResolvedDefaults | Problem:
    spec = builders.spec(agents=agents)
    return resolve_defaults(spec.agents, builders.models_of(spec, *models), sticky)


def chosen(*models: ServedModel, sticky: str = "", **agents: Any) -> ResolvedDefaults:
    result = choice(*models, sticky=sticky, **agents)
    assert isinstance(result, ResolvedDefaults), result
    return result


def written(*models: ServedModel, **agents: Any) -> dict[str, Any]:
    """Our part of `agents.defaults`."""
    documents = builders.documents(builders.spec(agents=agents), *models)
    defaults: dict[str, Any] = json.loads(documents.data[AGENTS])
    return defaults


@pytest.mark.parametrize(
    ("patterns", "primary"),
    [
        pytest.param(["meta-llama/*", "*"], "meta-llama/L3", id="the first pattern decides"),
        pytest.param(["gone", "meta-llama/*"], "meta-llama/L3", id="one without a match is passed"),
        pytest.param(["Qwen/*"], "Qwen/Qwen3", id="base models go before adapters"),
        pytest.param(["Qwen/Adapter", "*"], "Qwen/Adapter", id="an adapter that is named is taken"),
        pytest.param(["*"], "Qwen/Qwen3", id="the first id of those that match"),
        pytest.param(["qwen/*"], "", id="case counts"),
        pytest.param(["gone"], "", id="nothing matches"),
        pytest.param([], "", id="nothing is wanted"),
    ],
)
def test_the_primary_is(patterns: list[str], primary: str) -> None:
    assert chosen(*ALL, primary=patterns).primary == primary


@pytest.mark.parametrize(
    ("sticky", "primary"),
    [
        pytest.param("meta-llama/L3", "meta-llama/L3", id="stays while it is served"),
        pytest.param("gone", "Qwen/Qwen3", id="is chosen anew when it is gone"),
        pytest.param("", "Qwen/Qwen3", id="is chosen when there was none"),
    ],
)
def test_the_primary_from_before(sticky: str, primary: str) -> None:
    assert chosen(*ALL, sticky=sticky, primary=["Qwen/*", "*"]).primary == primary


@pytest.mark.parametrize(
    ("patterns", "fallbacks"),
    [
        pytest.param(
            ["meta-llama/*", "Qwen/*"],
            ("meta-llama/L3", "Qwen/Adapter"),
            id="in the order of the patterns, without the primary",
        ),
        pytest.param(["*"], ("meta-llama/L3", "Qwen/Adapter"), id="base models before adapters"),
        pytest.param(["*", "meta-llama/*"], ("meta-llama/L3", "Qwen/Adapter"), id="each once"),
        pytest.param(["gone"], (), id="none that is not served"),
        pytest.param([], (), id="none if none is wanted"),
    ],
)
def test_the_fallbacks_are(patterns: list[str], fallbacks: tuple[str, ...]) -> None:
    assert chosen(*ALL, primary=["Qwen/Qwen3"], fallbacks=patterns).fallbacks == fallbacks


def test_an_alias_stands_for_the_first_model_that_its_glob_matches() -> None:
    result = chosen(*ALL, aliases={"coder": "Qwen/*", "llama": "*L3", "later": "gone"})
    assert result.aliases == {"Qwen/Qwen3": "coder", "meta-llama/L3": "llama"}


@pytest.mark.parametrize(
    ("aliases", "named"),
    [
        pytest.param({"a": "Qwen/*", "b": "Qwen/Qwen3"}, ("a", "b"), id="two for one model"),
        pytest.param({"meta-llama/L3": "Qwen/*"}, ("meta-llama/L3",), id="an id of a model"),
        pytest.param({"META-llama/l3": "Qwen/*"}, ("META-llama/l3",), id="an id but for case"),
        pytest.param({"Coder": "Qwen/*", "coder": "meta*"}, ("coder",), id="two but for case"),
    ],
)
def test_aliases_that_openclaw_could_not_tell_apart_are_refused(
    aliases: dict[str, str], named: tuple[str, ...]
) -> None:
    result = choice(*ALL, aliases=aliases)
    assert isinstance(result, Problem)
    assert result.reason == Reason.INVALID_SPEC
    assert all(alias in result.message for alias in named)


def test_patterns_without_a_match_are_reported() -> None:
    result = chosen(*QWEN, primary=["p", "Qwen/*"], fallbacks=["f"], aliases={"x": "a"})
    assert result.unmatched == ("p", "f", "a")


def test_without_agents_nothing_is_chosen() -> None:
    assert (
        resolve_defaults(None, builders.models_of(builders.spec(), *ALL), "Qwen/Qwen3")
        == ResolvedDefaults()
    )


@given(order=st.permutations(ALL))
@settings(max_examples=6)
def test_the_order_of_the_models_makes_no_difference(order: list[ServedModel]) -> None:
    expected: Wire = {"primary": ["*"], "fallbacks": ["*"], "aliases": {"x": "Q*"}}
    assert chosen(*order, **expected) == chosen(*ALL, **expected)


def test_only_the_primary_patterns_and_their_order_identify_a_choice() -> None:
    def of(**agents: Any) -> str:
        return builders.form_of(builders.spec(agents=agents)).patterns

    assert of(primary=["a", "b"]) == of(primary=["a", "b"], fallbacks=["c"], allow="Discovered")
    assert len({of(primary=p) for p in (["a", "b"], ["b", "a"], ["ab"], ["a"], [])}) == 5


@pytest.mark.parametrize(
    ("models", "policy"),
    [
        pytest.param(
            ALL,
            {"allow": ["vllm/Qwen/Adapter", "vllm/Qwen/Qwen3", "vllm/meta-llama/L3"]},
            id="every published model by its reference",
        ),
        pytest.param(served("/models/x", "a"), {"allow": ["vllm/*"]}, id="all, if one cannot be"),
        pytest.param(served("a//b"), {"allow": ["vllm/*"]}, id="all, for an empty part"),
        pytest.param(served("a b"), {"allow": ["vllm/*"]}, id="all, for white space"),
        pytest.param(served("${KEY}"), {"allow": ["vllm/$${KEY}"]}, id="escaped like every value"),
        pytest.param((), {"allow": ["vllm/*"]}, id="not everything while there is none"),
    ],
)
def test_discovered_allows(models: tuple[ServedModel, ...], policy: dict[str, list[str]]) -> None:
    assert written(*models, allow="Discovered")["modelPolicy"] == policy


def test_any_restricts_nothing_even_beside_an_alias() -> None:
    assert "modelPolicy" not in written(*ALL, primary=["*"], allow="Any")
    aliased = written(*ALL, aliases={"coder": "Qwen/*"}, allow="Any")
    assert aliased["models"] == {"vllm/Qwen/Qwen3": {"alias": "coder"}}
    assert aliased["modelPolicy"] == {"allow": []}  # or OpenClaw allows the keys of `models` alone


def test_references_are_escaped_as_values_and_left_alone_as_keys() -> None:
    models = served("${KEY}", "x")
    result = written(*models, primary=["$*"], fallbacks=["*"], aliases={"a": "$*", "b": "x"})
    assert result["model"] == {"primary": "vllm/$${KEY}", "fallbacks": ["vllm/x"]}
    assert set(result["models"]) == {"vllm/${KEY}", "vllm/x"}


def test_parameters_are_published_beside_aliases_with_every_string_escaped() -> None:
    params = {"stop": ["${A}"], "extra_body": {"note": "${B}", "${C}": True, "n": 1.5}}
    spec = builders.spec(
        agents={"aliases": {"a": "x"}}, modelOverrides=[{"match": "x", "params": params}]
    )
    result = json.loads(builders.documents(spec, *served("x", "y")).data[AGENTS])
    escaped = {"stop": ["$${A}"], "extra_body": {"note": "$${B}", "${C}": True, "n": 1.5}}
    assert result["models"] == {"vllm/x": {"alias": "a", "params": escaped}}
