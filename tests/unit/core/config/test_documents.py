"""The three documents, byte by byte; `UPDATE_GOLDEN=1` writes the golden files anew."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.configmap import AGENTS, CONFIG, KEYS, MODELS, ConfigMapState, digest
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.config.documents import (
    Documents,
    empty_documents,
    render,
    rerender,
    was_rendered_from,
)
from openclaw_vllm.core.config.escaping import escape
from openclaw_vllm.core.config.read_back import read_models, read_primary
from openclaw_vllm.core.discovery.models import build_explicit
from openclaw_vllm.core.discovery.models_response import ServedModel
from tests import builders
from tests.builders import CONNECTION, Wire, chosen, served
from tests.builders.golden_cases import CASES, Case

GOLDEN = Path(__file__).parents[2] / "golden"


def written(case: Case) -> Documents:
    spec = builders.spec(**case.spec)
    entries = tuple(map(build_explicit, spec.models)) or builders.models_of(spec, *case.models)
    defaults = chosen(spec, entries)
    documents = render(builders.to_render(spec), case.connection, entries, defaults)
    assert isinstance(documents, Documents), documents
    return documents


def expect(name: str, text: str) -> None:
    path = GOLDEN / f"{name}.json"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", CASES)
def test_the_configuration_is_the_golden_file(name: str) -> None:
    expect(name, written(CASES[name]).data[CONFIG])


def test_the_skeleton_is_the_golden_file() -> None:
    expect("skeleton", empty_documents(builders.spec(), None).data[CONFIG])


def test_every_golden_file_is_one_of_these() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == {*CASES, "skeleton"}


@pytest.mark.parametrize("name", CASES)
def test_the_parts_are_those_of_the_whole(name: str) -> None:
    documents = written(CASES[name])
    whole, models, agents = (json.loads(documents.data[key]) for key in (CONFIG, MODELS, AGENTS))
    assert set(documents.data) == set(KEYS)
    assert whole["models"] == models
    assert whole.get("agents", {}).get("defaults", {}) == agents
    assert agents["model"]["primary"]


@pytest.mark.parametrize("name", CASES)
def test_keys_and_models_are_sorted_and_the_text_ends_in_a_line_break(name: str) -> None:
    for text in written(CASES[name]).data.values():
        parsed = json.loads(text)
        again = json.dumps(parsed, indent=2, sort_keys=True, ensure_ascii=False)
        assert text == f"{again}\n"
    providers = json.loads(written(CASES[name]).data[MODELS])["providers"]
    for provider in providers.values():
        ids = [model["id"] for model in provider["models"]]
        assert ids == sorted(ids)


@given(models=st.permutations(CASES["agents"].models))
@settings(max_examples=10)
def test_the_order_of_the_models_changes_no_byte(models: list[ServedModel]) -> None:
    case = CASES["agents"]
    assert written(Case(case.spec, tuple(models))) == written(case)


@given(order=st.permutations(range(3)))
@settings(max_examples=6)
def test_the_order_of_headers_and_aliases_changes_no_byte(order: list[int]) -> None:
    headers = [{"name": f"X-{n}", "value": str(n)} for n in order]
    aliases = {f"alias-{n}": f"m{n}" for n in order}
    spec = {"headers": headers, "agents": {"aliases": aliases}}
    models = served("m0", "m1", "m2")
    sorted_spec = {
        "headers": [{"name": f"X-{n}", "value": str(n)} for n in range(3)],
        "agents": {"aliases": {f"alias-{n}": f"m{n}" for n in range(3)}},
    }
    assert written(Case(spec, models)) == written(Case(sorted_spec, models))


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        pytest.param("${HOME}", "$${HOME}", id="a variable"),
        pytest.param("a${A}b${_B1}c", "a$${A}b$${_B1}c", id="each variable of a text"),
        pytest.param("$${HOME}", "$$${HOME}", id="one that looks escaped"),
        pytest.param("${A${B}}", "${A$${B}}", id="one inside of another"),
        pytest.param("${home}", "${home}", id="not lower case"),
        pytest.param("${1A}", "${1A}", id="not a digit first"),
        pytest.param("$HOME ${} ${A", "$HOME ${} ${A", id="not what is no variable"),
        pytest.param("plain", "plain", id="not plain text"),
    ],
)
def test_what_would_be_substituted_is_escaped(text: str, escaped: str) -> None:
    assert escape(text) == escaped


@given(id_=st.text("${}A_a/", min_size=1, max_size=20))
@settings(max_examples=200)
def test_an_id_is_read_back_as_it_was(id_: str) -> None:
    documents = builders.documents(builders.spec(), ServedModel(id_, context=1234))
    read = read_models(documents.data[MODELS], "vllm")
    assert (read.base_url, read.contexts) == (CONNECTION.base_url, ((id_, 1234),))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("{", id="no JSON"),
        pytest.param("[]", id="a list"),
        pytest.param('{"providers": {}}', id="no provider of ours"),
        pytest.param('{"providers": {"vllm": []}}', id="a provider that is a list"),
        pytest.param('{"providers": {"vllm": {"baseUrl": "x", "models": 1}}}', id="no models"),
        pytest.param('{"providers": {"vllm": {"baseUrl": "x", "models": [1]}}}', id="no model"),
        pytest.param(
            '{"providers": {"vllm": {"baseUrl": 1, "models": []}}}', id="a URL that is no text"
        ),
        pytest.param("[" * 5000, id="deep nesting"),
    ],
)
def test_what_is_not_ours_is_read_as_no_models(text: str) -> None:
    assert read_models(text, "vllm").contexts == ()
    assert read_primary(text, "vllm") == ""


def test_the_primary_is_read_back_as_it_was() -> None:
    spec = builders.spec(providerId="vllm-a", agents={"primary": ["*"]})
    documents = builders.documents(spec, *served("vllm-a/${X}/y"))
    assert read_primary(documents.data[AGENTS], "vllm-a/") == "vllm-a/${X}/y"


def test_the_digest_covers_our_keys_alone() -> None:
    data = dict(written(CASES["agents"]).data)
    before = digest(data)
    assert before == written(CASES["agents"]).digest
    assert digest(data | {"somebody-elses": "x"}) == before
    for key in KEYS:
        assert digest(data | {key: data[key] + " "}) != before
        assert digest({k: v for k, v in data.items() if k != key}) != before


@pytest.mark.parametrize(
    ("agents", "models"),
    [
        ({"enabled": False}, served("a")),
        ({"enabled": False, "primary": ["a"]}, served("a")),
        ({}, ()),
    ],
    ids=["turned off", "turned off, with patterns that are kept for later", "without a model"],
)
def test_agents_that_choose_nothing_are_no_agents(
    agents: Wire, models: tuple[ServedModel, ...]
) -> None:
    documents = builders.documents(builders.spec(agents=agents), *models)
    assert json.loads(documents.data[AGENTS]) == {}
    assert "agents" not in json.loads(documents.data[CONFIG])


@pytest.mark.parametrize("value", ["$HOME", "$A", "secretref-managed", "secretref-env:HOME"])
def test_a_header_that_the_client_would_take_for_a_secret_is_never_written(value: str) -> None:
    """The API server refuses it too, but not in an object that is older than that rule."""
    spec = builders.spec(headers=[{"name": "X-A", "value": "a"}, {"name": "X-B", "value": value}])
    refused = render(spec, CONNECTION, (), chosen(spec, ()))
    assert isinstance(refused, Problem)
    assert refused.reason is Reason.INVALID_SPEC
    assert "X-B" in refused.message
    assert value not in refused.message


@pytest.mark.parametrize("name", ["__proto__", "constructor", "prototype", "Host"])
def test_a_header_of_a_reserved_name_is_never_written(name: str) -> None:
    """As above: the rules for names have grown as well."""
    spec = builders.spec(headers=[{"name": name, "value": "x"}])
    refused = render(spec, CONNECTION, (), chosen(spec, ()))
    assert isinstance(refused, Problem)
    assert (refused.reason, name in refused.message) == (Reason.INVALID_SPEC, True)


@pytest.mark.parametrize("value", ["$", "$a", "$A b", "a$A", "$A-", "secretref-managed2", "$$A"])
def test_a_header_that_only_looks_like_a_secret_is_written(value: str) -> None:
    spec = builders.spec(headers=[{"name": "X-A", "value": value}])
    models = json.loads(builders.documents(spec).data[MODELS])
    assert models["providers"]["vllm"]["headers"] == {"X-A": value}


def test_a_base_with_other_providers_is_seen_to_be_what_was_merged() -> None:
    owner = builders.resource()
    spec = builders.spec_of(owner)
    base: Wire = {"models": {"providers": {"v": {}, "llm": {}}}}  # parts of our id
    entries = builders.models_of(spec, *served("a"))
    documents = render(spec, CONNECTION, entries, chosen(spec, entries), base)
    assert isinstance(documents, Documents)
    published = builders.published(owner, documents)
    assert was_rendered_from(published, spec, base)
    assert not was_rendered_from(published, spec, {"models": {"providers": {"v": {}}}})


def published_with(base: Wire | None, data: Wire | None = None) -> tuple[Documents, ConfigMapState]:
    resource = builders.resource(builders.wire_spec(agents={"primary": ["*"]}))
    spec = builders.spec_of(resource)
    models = builders.models_of(spec, *served("${A}", "\U0001f99e/b"))
    documents = render(spec, CONNECTION, models, chosen(spec, models), base)
    assert isinstance(documents, Documents)
    return documents, builders.published(resource, documents, data)


@pytest.mark.parametrize("base", [None, {}, {"gateway": {"mode": "local"}, "x": [1.5, None]}])
@pytest.mark.parametrize("data", [None, {CONFIG: "vandalized"}])
def test_what_was_published_is_written_again_from_its_parts(
    base: Wire | None, data: Wire | None
) -> None:
    documents, published = published_with(base, data)
    assert rerender(published, ["vllm"], base) == documents


@pytest.mark.parametrize(
    ("base", "data"),
    [
        pytest.param({"other": 1}, None, id="another base"),
        pytest.param({"models": {"providers": {"vllm": {}}}}, None, id="a base in the way"),
        pytest.param({"models": []}, None, id="a base without a place"),
        pytest.param(None, {MODELS: "{"}, id="broken models"),
        pytest.param(None, {MODELS: "[]"}, id="models of another form"),
        pytest.param(None, {MODELS: '{"providers": {}}'}, id="other models"),
        pytest.param(None, {MODELS: "[" * 100_000}, id="models without end"),
        pytest.param(None, {AGENTS: "{}"}, id="other agents' defaults"),
    ],
)
def test_what_would_be_other_bytes_is_not_written_again_from(
    base: Wire | None, data: Wire | None
) -> None:
    _, published = published_with(None, data)
    assert rerender(published, ["vllm"], base) is None
