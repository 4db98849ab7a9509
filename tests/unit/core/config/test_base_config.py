"""The user's own configuration: what is read, and what is refused with which words."""

import json
from typing import Any

import pytest

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.config.base_config import MAX_DEPTH, MAX_JSON5, parse

Json = dict[str, Any]

UNUSABLE = "the base configuration cannot be used: "
TOO_DEEP = "it is nested too deeply"
NOT_JSON = (
    "it holds what no reader of JSON can: NaN, Infinity, a number beyond 1.8e308, or half a "
    "surrogate pair"
)
POISONED = "it has a key __proto__; remove it"
PADDING = " " * MAX_JSON5


def stops(line: int, column: int, end: str = "") -> str:
    place = f"line {line}, column {column}{end}"
    return f"it stops being JSON5 at {place}, or one character before"


def large(what: str) -> str:
    return f"{what} is not strict JSON, and JSON5 may have at most {MAX_JSON5} characters"


def nested(depth: int) -> str:
    return '{"a":' * (depth - 1) + "{}" + "}" * (depth - 1)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("", "it is empty; write at least {}", id="nothing"),
        pytest.param(" \n\t", "it is empty; write at least {}", id="white space"),
        pytest.param(PADDING + " ", "it is empty; write at least {}", id="much white space"),
        pytest.param("// later\n", stops(2, 1, " (its end)"), id="comments only"),
        pytest.param("[]", "it has to be an object: { ... }", id="a list"),
        pytest.param("null", "it has to be an object: { ... }", id="null"),
        pytest.param("'a'", "it has to be an object: { ... }", id="a string"),
        pytest.param("{a: 1,\n b: ]}", stops(2, 5), id="a wrong bracket"),
        pytest.param("{a: 1,\r\n b: ]}", stops(2, 5), id="lines of Windows"),
        pytest.param('{\n"a": "é" 1}', stops(2, 10), id="no comma"),
        pytest.param("{a: 'x\n'}", stops(1, 7), id="a broken string"),
        pytest.param("{}\n{}", stops(2, 1), id="two documents"),
        pytest.param("{a: 1, ]\n", stops(1, 9), id="a bracket for a key, at column 8"),
        pytest.param("{a: 1, ]", stops(1, 9, " (its end)"), id="such a bracket at the end"),
        pytest.param("a: 1\n", stops(1, 1), id="YAML"),
        pytest.param("{\n a: {", stops(2, 6, " (its end)"), id="cut short"),
        pytest.param(
            '{"a": 1,\n"b": ]}' + PADDING, large("line 2, column 6"), id="large JSON with an error"
        ),
        pytest.param(
            '{"a": 1\n' + PADDING, large(f"line 2, column {MAX_JSON5 + 1}"), id="large, cut short"
        ),
        pytest.param("{a: 1}" + PADDING, large("line 1, column 2"), id="large JSON5"),
        pytest.param("//" + "x" * 2**20, large("line 1, column 1"), id="1 MiB of a comment"),
        pytest.param('{"a": NaN}', NOT_JSON, id="NaN"),
        pytest.param("{a: -Infinity}", NOT_JSON, id="Infinity"),
        pytest.param("{a: 1e999}", NOT_JSON, id="a number beyond all"),
        pytest.param('{"a": NaN}' + PADDING, NOT_JSON, id="NaN in a large one"),
        pytest.param('{"a": [-' + "9" * 309 + "]}", NOT_JSON, id="more than JavaScript can count"),
        pytest.param('{"a": ' + "1" * 5000 + "}" + PADDING, NOT_JSON, id="thousands of digits"),
        pytest.param("{a: 0x" + "f" * 5000 + "}", NOT_JSON, id="thousands of hexadecimal digits"),
        pytest.param('{"a": "\\ud800"}', NOT_JSON, id="half a surrogate pair"),
        pytest.param("{'\\ud800': 1}", NOT_JSON, id="half a surrogate pair in a key"),
        pytest.param('{"__proto__": {}}', POISONED, id="__proto__"),
        pytest.param("{a: [{__proto__: 1}]}", POISONED, id="__proto__ further in"),
        pytest.param("{'\\u005f_proto__': 1}", POISONED, id="__proto__ in disguise"),
        pytest.param(nested(MAX_DEPTH + 1), TOO_DEEP, id="one level too many"),
        pytest.param(nested(900), TOO_DEEP, id="more levels than we could look into"),
        pytest.param(nested(100_000), TOO_DEEP, id="more levels than a reader of JSON takes"),
        pytest.param("{a:" * 900 + "1" + "}" * 900, TOO_DEEP, id="many levels of JSON5"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_place_or_its_cause(text: str, why: str) -> None:
    assert parse(text) == Problem(Reason.BASE_CONFIG_INVALID, UNUSABLE + why)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("{}", {}, id="an empty object"),
        pytest.param("\ufeff{a: 1}", {"a": 1}, id="a byte order mark"),
        pytest.param("// a\n{/* b */ a: 1} // c", {"a": 1}, id="comments"),
        pytest.param("{a: [1, 2,],}", {"a": [1, 2]}, id="trailing commas"),
        pytest.param("{'a': 'it\\'s \"b\"'}", {"a": 'it\'s "b"'}, id="single quotes"),
        pytest.param("{a: 'b\\\nc'}", {"a": "bc"}, id="a string on two lines"),
        pytest.param("{a: 0x1F, b: +.5}", {"a": 31, "b": 0.5}, id="numbers of JSON5"),
        pytest.param("{a: 1, a: 2}", {"a": 2}, id="the last of equal keys, as in JavaScript"),
        pytest.param('{"a": 1, "a": 2}', {"a": 2}, id="the last of equal keys of JSON"),
        pytest.param("{$include: './a.json'}", {"$include": "./a.json"}, id="an include"),
        pytest.param("{constructor: 1}", {"constructor": 1}, id="constructor, which is harmless"),
        pytest.param("{a: ['__proto__']}", {"a": ["__proto__"]}, id="__proto__ as a value"),
        pytest.param('{"a": 1}' + PADDING, {"a": 1}, id="large JSON"),
        pytest.param(nested(MAX_DEPTH), json.loads(nested(MAX_DEPTH)), id="just deep enough"),
    ],
)
def test_what_javascript_would_read_is_read(text: str, expected: Json) -> None:
    assert parse(text) == expected


def test_json5_may_have_exactly_so_many_characters() -> None:
    text = "{a: 1}//"
    fits = text + "x" * (MAX_JSON5 - len(text))
    assert parse(fits) == {"a": 1}
    assert isinstance(parse(fits + "x"), Problem)
