"""From what a server lists to what is published: rejects, filters, settings, numbers."""

import sys
import time
import unicodedata
from typing import Any

import pytest

from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.discovery.capabilities import UNKNOWN
from openclaw_vllm.core.discovery.ids import UNFIT, validate_ids
from openclaw_vllm.core.discovery.models import Model, build_explicit, build_model
from openclaw_vllm.core.discovery.models_response import ServedModel, parse
from tests import builders
from tests.builders import served


def entry(model: ServedModel, *siblings: ServedModel, **spec: Any) -> Model:
    models = {each.id: each for each in (model, *siblings)}
    return build_model(model, models, builders.spec(**spec), UNKNOWN)


GOOD_IDS = (
    "a",
    "Qwen/Qwen3-32B",
    "/models/tiny-llama",
    "org/Model-7B:q4",
    "a b",
    'quo"te\\',
    '{"x":1}',
    "${SECRET}",
    "ünï☃",
    "模型",
    "👩‍👩‍👧",
    "a#b%c?d+e,f[g]",
    "vllm/x",
    "x" * 512,
    "qwen3-8b@q8_0",
    "m@Q4_K_M",
    "m@iq4_xs",
    "m@IQ2",
    "m@4bit",
    "m@16BIT",
    "m@20260101",
    "m@20260101@q8_0",
    "m@20260101@8bit",
    "@cf/meta/llama-3.1-8b-instruct",
    "hf.co@main/org/m:Q4",
    "a@work/m@q8_0",
    "a b@q8_0",
)


@pytest.mark.parametrize("id_", GOOD_IDS)
def test_an_id_is_published_as_it_is(id_: str) -> None:
    listing = validate_ids(served(id_))
    assert (listing.models, listing.rejected) == (served(id_), {})
    assert entry(*served(id_)).name == id_


@pytest.mark.parametrize(
    ("id_", "reason"),
    [
        pytest.param("model@v2", "InvalidReference", id="with an @"),
        pytest.param("@", "InvalidReference", id="that is an @"),
        pytest.param("m@", "InvalidReference", id="with an @ at its end"),
        pytest.param("m@work", "InvalidReference", id="with the name of a key"),
        pytest.param("@cf/meta/m@work", "InvalidReference", id="with one after another @"),
        pytest.param("m@q8_0@work", "InvalidReference", id="with one after a quantization"),
        pytest.param("m@20260101@work", "InvalidReference", id="with one after a date"),
        pytest.param("m@q8_0@20260101", "InvalidReference", id="with a date after another version"),
        pytest.param("m@q", "InvalidReference", id="with a quantization of no bits"),
        pytest.param("m@q8_", "InvalidReference", id="with half a word of a quantization"),
        pytest.param("m@q8-0", "InvalidReference", id="with a dash in a quantization"),
        pytest.param("m@q8_\u017f", "InvalidReference", id="with a letter that only looks like s"),
        pytest.param("m@\u0662bit", "InvalidReference", id="with a digit of another script"),
        pytest.param("m@fp16", "InvalidReference", id="with a type of numbers"),
        pytest.param("m@bit", "InvalidReference", id="with bits and no number"),
        pytest.param("m@2026010", "InvalidReference", id="with seven digits"),
        pytest.param("m@202601011", "InvalidReference", id="with nine digits"),
        pytest.param("wild/*", "Wildcard", id="of LiteLLM's wildcards"),
        pytest.param("*", "Wildcard", id="that is a wildcard"),
        pytest.param("x" * 513, "TooLong", id="of 513 characters"),
        pytest.param(" a", "InvalidCharacters", id="with a space before"),
        pytest.param("a ", "InvalidCharacters", id="with a space behind"),
        pytest.param("a\u00a0", "InvalidCharacters", id="with a hard space behind"),
        pytest.param("   ", "InvalidCharacters", id="of white space"),
        pytest.param("a\nb", "InvalidCharacters", id="with a line break"),
        pytest.param("a\tb", "InvalidCharacters", id="with a tabulator"),
        pytest.param("a\x00b", "InvalidCharacters", id="with a zero"),
        pytest.param("a\x7fb", "InvalidCharacters", id="with a delete"),
        pytest.param("a\x85b", "InvalidCharacters", id="with a C1 control"),
        pytest.param("a\x1b[31mb", "InvalidCharacters", id="with a terminal's escape"),
        pytest.param("a\u202eb", "InvalidCharacters", id="with a right-to-left override"),
        pytest.param("a\u2066b", "InvalidCharacters", id="with a left-to-right isolate"),
        pytest.param("a\u200fb", "InvalidCharacters", id="with a right-to-left mark"),
        pytest.param("a\u061cb", "InvalidCharacters", id="with an Arabic letter mark"),
        pytest.param("a\u2028b", "InvalidCharacters", id="with a line separator"),
    ],
)
def test_an_id_is_rejected(id_: str, reason: str) -> None:
    listing = validate_ids(served("good", id_))
    assert listing.models == served("good")
    assert listing.rejected == {id_: reason}


def test_whatever_unicode_counts_as_control_or_as_direction_is_rejected() -> None:
    directions = {"LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI"}
    marks = "\u200e\u200f\u061c"
    characters = [chr(number) for number in range(sys.maxunicode + 1)]
    unfit = {
        character
        for character in characters
        if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")
        or unicodedata.bidirectional(character) in directions
        or character in marks
    }
    assert set(UNFIT.findall("".join(characters))) == unfit


def test_judging_ids_costs_less_than_reading_them() -> None:
    """It is done on the event loop, and a crafted answer may be of nothing but ids."""
    body = builders.answer(*(f"{number:04}".ljust(500, "x") for number in range(2000)))
    read, judged = [], []
    for _ in range(5):
        start = time.process_time()
        models = parse(body)
        read.append(time.process_time() - start)
        assert not isinstance(models, Problem)
        start = time.process_time()
        validate_ids(models)
        judged.append(time.process_time() - start)
    assert min(judged) < min(read)


def test_of_duplicates_the_first_counts() -> None:
    first, second = ServedModel("dup", context=1), ServedModel("dup", context=2)
    assert validate_ids((first, *served("other"), second)).models == (first, *served("other"))


def test_the_order_of_the_answer_is_kept_until_it_is_sorted() -> None:
    assert [model.id for model in validate_ids(served("b", "a")).models] == ["b", "a"]


BASE = ServedModel("base", context=40960)
LORA = ServedModel("lora", parent="base")


@pytest.mark.parametrize(
    ("model", "siblings", "spec", "expected"),
    [
        pytest.param(BASE, (), {}, (40960, "Server"), id="the server says"),
        pytest.param(LORA, (BASE,), {}, (40960, "Parent"), id="an adapter has its parent's"),
        pytest.param(LORA, (), {}, (128000, "Default"), id="an adapter without parent"),
        pytest.param(ServedModel("x"), (), {}, (128000, "Default"), id="nobody says"),
        pytest.param(
            BASE,
            (),
            {"modelDefaults": {"contextWindow": 1000}},
            (1000, "Override"),
            id="a default of the CR wins over the server",
        ),
        pytest.param(
            BASE,
            (),
            {
                "modelDefaults": {"contextWindow": 1000},
                "modelOverrides": [{"match": "b*", "contextWindow": 2000}],
            },
            (2000, "Override"),
            id="an override wins over that",
        ),
        pytest.param(
            ServedModel("lora", "base", 512),
            (BASE,),
            {},
            (512, "Server"),
            id="an adapter's own number",
        ),
    ],
)
def test_the_context_is_what(
    model: ServedModel, siblings: tuple[ServedModel, ...], spec: Any, expected: tuple[int, str]
) -> None:
    result = entry(model, *siblings, **spec)
    assert (result.context_window, result.source) == expected


@pytest.mark.parametrize(
    ("context", "most"),
    [(1, 1), (3, 1), (4, 1), (8, 2), (4096, 1024), (32767, 8191), (32768, 8192), (10**9, 8192)],
)
def test_an_answer_takes_a_quarter_of_the_context_and_at_most_8192(context: int, most: int) -> None:
    assert entry(ServedModel("x", context=context)).max_tokens == most
    assert entry(ServedModel("x", context=context), modelDefaults={"maxTokens": 7}).max_tokens == 7


@pytest.mark.parametrize(
    ("context", "limit", "spec", "most", "source"),
    [
        pytest.param(131072, 4096, {}, 4096, "Server", id="LiteLLM's limit"),
        pytest.param(131072, 65536, {}, 8192, "Default", id="a limit beyond the default"),
        pytest.param(4096, 4096, {}, 1024, "Default", id="a limit beyond the context's share"),
        pytest.param(131072, 4096, {"maxTokens": 9}, 9, "Override", id="an override"),
        pytest.param(131072, None, {"reasoning": True}, 32768, "Default", id="a model that thinks"),
        pytest.param(40960, None, {"reasoning": True}, 20480, "Default", id="half of its context"),
        pytest.param(131072, 16384, {"reasoning": True}, 16384, "Server", id="its server's limit"),
    ],
)
def test_the_longest_output_is_limited_by(
    context: int, limit: int | None, spec: dict[str, Any], most: int, source: str
) -> None:
    model = entry(ServedModel("x", "", context, limit), modelDefaults=spec)
    assert (model.max_tokens, model.max_tokens_source) == (most, source)


@pytest.mark.parametrize(("context", "small"), [(27_999, True), (28_000, False), (None, False)])
def test_a_context_is_small(context: int | None, *, small: bool) -> None:
    assert entry(ServedModel("x", context=context)).is_small == small


def test_the_first_override_that_matches_counts_and_lies_over_the_defaults() -> None:
    result = entry(
        BASE,
        modelDefaults={"reasoning": True, "name": "Default", "compat": {"supportsStore": False}},
        modelOverrides=[
            {"match": "no", "name": "Not this"},
            {"match": "b*", "name": "First", "compat": {"supportsTools": False}},
            {"match": "*", "reasoning": False, "name": "Not this either"},
        ],
    )
    assert (result.name, result.settings.reasoning) == ("First", True)
    assert result.settings.compat is not None
    message = result.settings.compat.model_dump(exclude_none=True)
    assert message == {"supportsStore": False, "supportsTools": False}


def test_an_explicit_false_of_an_override_wins_over_a_default() -> None:
    overrides = [{"match": "*", "reasoning": False, "compat": {"supportsTools": False}}]
    defaults = {"reasoning": True, "compat": {"supportsTools": True}}
    result = entry(BASE, modelDefaults=defaults, modelOverrides=overrides)
    assert result.settings.reasoning is False
    assert result.tools is False


def test_an_explicit_model_is_what_it_says_and_nothing_else() -> None:
    spec = builders.spec(
        models=[{"id": "x", "contextWindow": 9000, "name": "X"}, {"id": "y"}],
        modelDefaults={"reasoning": True, "contextWindow": 1},
    )
    x, y = map(build_explicit, spec.models)
    assert (x.name, x.context_window, x.max_tokens, x.source) == ("X", 9000, 2250, "Override")
    assert (y.name, y.context_window, y.source) == ("y", 128_000, "Default")
    assert not y.settings.reasoning
