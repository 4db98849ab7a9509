"""How long documents become: counted without writing them, and no longer than it takes."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.configmap import CONFIG
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.config.agents_document import agents_document
from openclaw_vllm.core.config.documents import HEADROOM, MAX_BYTES, Documents, render
from openclaw_vllm.core.config.json_size import indentation, minimum_size
from tests import builders
from tests.builders import CONNECTION, Wire, chosen, served

TEXTS = st.text('a"\\\n\u00e9\U0001f99e', max_size=3)
VALUES = st.recursive(
    st.sampled_from([None, True, False, 0, -12, 1.5, 1e300]) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=12,
)
DOCUMENTS = st.dictionaries(TEXTS, VALUES, max_size=3)
PLAIN = {"a": [1, -2.5, True, None, {"b": "text", "c": [{"d": False}]}], "e": {"f": ["g"]}}
ENOUGH = 10**9


def compact(document: Any) -> str:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def size(text: str) -> int:
    return len(text.encode())


def nested(levels: int, document: Any) -> Any:
    for _ in range(levels):
        document = [document]
    return document


@given(DOCUMENTS)
@settings(max_examples=200)
def test_what_is_counted_is_what_is_written(document: Any) -> None:
    indented = json.dumps(document, indent=2, separators=(",", ": "), ensure_ascii=False)
    assert indentation(document, ENOUGH) == size(indented) - size(compact(document))
    assert minimum_size(document, ENOUGH) <= size(compact(document))


def test_of_plain_text_every_byte_is_counted() -> None:
    assert minimum_size(PLAIN, ENOUGH) == size(compact(PLAIN))


class Counted(list[int]):
    """A list that knows how many of its values were looked at."""

    looks = 0

    def __iter__(self) -> Iterator[int]:
        for value in super().__iter__():
            Counted.looks += 1
            yield value


@pytest.mark.parametrize("count", [minimum_size, indentation])
def test_counting_stops_without_a_look_at_the_values_of_a_level_that_is_too_much(
    count: Any,
) -> None:
    Counted.looks = 0
    many = [nested(14, Counted([1] * 2700)) for _ in range(900)]
    assert count(many, MAX_BYTES) > MAX_BYTES
    assert Counted.looks == 0


def the_writing_of(monkeypatch: pytest.MonkeyPatch, spec: Wire, *ids: str, base: Any = None) -> Any:
    """Render, and return what came of it and how many characters were written for it."""
    written: list[int] = []
    dumps = json.dumps

    def dump(document: Any, **options: Any) -> str:
        text = dumps(document, **options)
        written.append(len(text))
        return text

    read = builders.spec(**spec)
    models = builders.models_of(read, *served(*ids))
    choice = chosen(read, models)
    monkeypatch.setattr(json, "dumps", dump)
    return render(read, CONNECTION, models, choice, base), sum(written)


@pytest.mark.parametrize(
    "params",
    [{"a": nested(13, [1] * 2700)}, {"a": "x" * 8000}, {"a": [1.2345678901234567] * 380}],
    ids=["nested", "text", "numbers"],
)
def test_parameters_for_too_many_models_are_refused_before_a_byte_is_written(
    params: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = {"modelDefaults": {"params": params}, "agents": {}, "discovery": {"maxModels": 2000}}
    ids = [f"m{number}" for number in range(900)]
    refused, written = the_writing_of(monkeypatch, spec, *ids)
    assert isinstance(refused, Problem)
    assert refused.reason is Reason.TOO_LARGE
    assert "shorten params" in refused.message
    assert written == 0


def test_a_deeply_nested_base_is_never_written_with_indentation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    base = {"x": nested(97, [1] * 500_000)}
    documents, written = the_writing_of(monkeypatch, {}, "a", base=base)
    assert isinstance(documents, Documents)
    assert documents.fits
    assert written < 3 * MAX_BYTES  # once, and once more for the digest


@pytest.mark.parametrize(("beyond", "lines"), [(0, True), (1, False)])
def test_indentation_is_kept_to_the_last_byte_that_fits(beyond: int, *, lines: bool) -> None:
    def sized(length: int) -> Documents:
        read = builders.spec()
        models = builders.models_of(read, *served("a"))
        base = {"x": "y" * length}
        result = render(read, CONNECTION, models, chosen(read, models), base)
        assert isinstance(result, Documents)
        return result

    room = MAX_BYTES - HEADROOM - sized(0).size
    documents = sized(room + beyond)
    assert ("\n  " in documents.data[CONFIG]) == lines
    assert documents.fits
    assert (documents.size == MAX_BYTES - HEADROOM) == lines


def test_the_same_parameters_are_escaped_once_for_all_models() -> None:
    spec: Wire = {"modelDefaults": {"params": {"stop": ["${A}"]}}, "agents": {}}
    read = builders.spec(**spec)
    models = builders.models_of(read, *served("a", "b", "c"))
    agents = agents_document("vllm/", chosen(read, models), models)
    written = [entry["params"] for entry in agents["models"].values()]
    assert written == [{"stop": ["$${A}"]}] * 3
    assert len({id(params) for params in written}) == 1
