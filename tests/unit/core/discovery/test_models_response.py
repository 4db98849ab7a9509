"""A server's list of models: good answers to values, everything else to one and the same reason."""

from typing import Any

import pytest

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.discovery.models_response import ServedModel, parse
from tests import builders, captures

BASES = (ServedModel("tiny-a", "", 1024), ServedModel("tiny-b", "", 1024))
LORAS = (*BASES, ServedModel("tiny-lora", "tiny-a"))
NO_KEY_LORA = (*BASES, ServedModel("no-key-lora", "tiny-a"))
TINY = (ServedModel("tiny", "", 4096),)

CAPTURED: dict[str, tuple[ServedModel, ...]] = {
    "auth-lowercase-scheme": LORAS,
    "auth-second-key": LORAS,
    "embed-models": (ServedModel("tiny-bert", "", 512),),
    "katan-models-key": (ServedModel("my-test-model"),),
    "litellm-models": (ServedModel("my-vllm", "", 4096), ServedModel("with-info", "", 4096)),
    "litellm-models-metadata": (
        ServedModel("my-vllm", "", 4096),
        ServedModel("with-info", "", 4096),
        ServedModel("wild/*"),
    ),
    "lora-models": LORAS,
    "lora-models-after-load": (*LORAS, ServedModel("late-lora", "tiny-a")),
    "lora-models-after-sagemaker": NO_KEY_LORA,
    "lora-models-after-unload": BASES,
    "models-asleep": NO_KEY_LORA,
    "models-plain": (ServedModel("/models/tiny-llama", "", 2048),),
    "pooling-llama-models": (ServedModel("llama-as-embedder", "", 4096),),
    "render-models": (ServedModel("tiny-render", "", 4096),),
    "router-models": (ServedModel("tiny-a", "", 4096), ServedModel("tiny-lora", "tiny-a")),
    "tls-h2": TINY,
    "tls-rootpath-models-plainpath": TINY,
    "tls-rootpath-models-prefixed": TINY,
    "vision-models": (ServedModel("tiny-llava", "", 1024),),
    "weird-names": tuple(
        ServedModel(id_, "", 2000)
        for id_ in ("org/Model-7B:q4", "a b", "ünï☃", "dup", "dup", '{"x":1}')
    ),
}


def problem(body: bytes) -> Problem:
    found = parse(body)
    assert isinstance(found, Problem), found
    return found


def lists_models(capture: captures.Capture) -> bool:
    if capture.status != 200 or not capture.body.startswith(b"{"):
        return False
    document = capture.json()
    rows = document.get("data") if isinstance(document, dict) else None
    return isinstance(rows, list) and all("id" in row for row in rows)


def test_every_captured_list_is_expected_here() -> None:
    found = {name for name in captures.names() if lists_models(captures.read(name))}
    assert found == set(CAPTURED)


@pytest.mark.parametrize("name", CAPTURED)
def test_a_captured_list_is_read(name: str) -> None:
    assert parse(captures.read(name).body) == CAPTURED[name]


@pytest.mark.parametrize("name", [n for n in captures.names() if n not in CAPTURED])
def test_any_other_captured_answer_is_a_bad_one(name: str) -> None:
    assert problem(captures.read(name).body).reason == Reason.INVALID_ANSWER


@pytest.mark.parametrize(
    ("card", "context"),
    [
        pytest.param({"max_model_len": 4096}, 4096, id="vLLM's"),
        pytest.param({"max_input_tokens": 4096}, 4096, id="LiteLLM's"),
        pytest.param({"context_length": 4096}, 4096, id="that of OpenRouter and others"),
        pytest.param({"meta": {"n_ctx": 4096, "n_ctx_train": 9}}, 4096, id="llama.cpp's"),
        pytest.param({"max_model_len": 1, "max_input_tokens": 2}, 1, id="the first of several"),
        pytest.param({"max_model_len": None, "context_length": 2}, 2, id="the next if null"),
        pytest.param({"meta": {"n_ctx_train": 9}}, None, id="not the length of training"),
        pytest.param({"meta": None}, None, id="none without meta"),
        pytest.param({"meta": [1]}, None, id="none from a meta of another form"),
        pytest.param({"max_model_len": 0}, None, id="not zero"),
        pytest.param({"max_model_len": -1}, None, id="not a negative number"),
        pytest.param({"max_model_len": True}, None, id="not a truth value"),
        pytest.param({"max_model_len": "4096"}, None, id="not text"),
        pytest.param({"max_model_len": 4096.0}, None, id="not a fraction"),
        pytest.param({"max_model_len": 10**9}, 10**9, id="the longest that a person may write"),
        pytest.param({"max_model_len": 10**9 + 1}, None, id="not a longer one"),
        pytest.param({"max_output_tokens": 5}, None, id="not the length of an output"),
    ],
)
def test_the_context_is(card: dict[str, Any], context: int | None) -> None:
    assert parse(builders.answer({"id": "x", **card})) == (ServedModel("x", "", context),)


@pytest.mark.parametrize("parent", [None, 5, [], {}, True])
def test_a_parent_of_another_form_is_none(parent: object) -> None:
    assert parse(builders.answer({"id": "x", "parent": parent})) == (ServedModel("x"),)


def test_a_list_without_models_is_good() -> None:
    assert parse(b'{"data":[]}') == ()


def test_unknown_keys_are_of_no_interest() -> None:
    body = b'{"models":[1],"object":7,"data":[{"id":"x","object":null,"aliases":["y"]}],"x":1e999}'
    assert parse(body) == (ServedModel("x"),)


def with_value(text: str) -> bytes:
    """A good answer but for one value deep in an unknown key."""
    return b'{"data":[{"id":"x","more":{"a":[%s]}}]}' % text.encode("utf-8", "surrogatepass")


BAD: dict[str, bytes] = {
    "nothing": b"",
    "blank": b"   ",
    "HTML": b"<html><body>sign in</body></html>",
    "half a document": b'{"data":[{"id":"x"}',
    "two documents": b'{"data":[]}{"data":[]}',
    "text": b'"data"',
    "null": b"null",
    "a list": b'[{"id":"x"}]',
    "a number": b"5",
    "data missing": b'{"object":"list"}',
    "data null": b'{"object":"list","data":null}',
    "data an object": b'{"data":{"id":"x"}}',
    "data text": b'{"data":"x"}',
    "a row that is text": b'{"data":["x"]}',
    "a row that is null": b'{"data":[null]}',
    "a row that is a list": b'{"data":[["id"]]}',
    "a row without id": b'{"data":[{"id":"x"},{"name":"y"}]}',
    "an id that is null": b'{"data":[{"id":null}]}',
    "an id that is a number": b'{"data":[{"id":5}]}',
    "an empty id": b'{"data":[{"id":"x"},{"id":""}]}',
    "NaN": with_value("NaN"),
    "infinity": with_value("Infinity"),
    "negative infinity": with_value("-Infinity"),
    "an integer of 5000 digits": with_value("9" * 5000),
    "a negative integer of 5000 digits": with_value("-" + "9" * 5000),
    "an integer of 64 bits and one": with_value(str(2**63)),
    "a negative integer of 64 bits and one": with_value(str(-(2**63) - 1)),
    "a lone surrogate as an escape": with_value(r'"\ud800"'),
    "the second half of a pair": with_value(r'"a\udc00"'),
    "a pair in the wrong order": with_value(r'"\udc00\ud800"'),
    "a lone surrogate in a key": with_value(r'{"\ud800":1}'),
    "a lone surrogate in capitals": with_value(r'"\uD8AB"'),
    "a lone surrogate in an id": rb'{"data":[{"id":"a\ud800"}]}',
    "a lone surrogate beside the data": rb'{"data":[{"id":"a"}],"x":"\udfff"}',
    "a lone surrogate in bytes": with_value('"\ud800"'),
    "bytes of no encoding": b'{"data":[{"id":"\xff\xfe"}]}',
    "UTF-16": '{"data":[{"id":"x"}]}'.encode("utf-16"),
    "UTF-16 without a mark": '{"data":[{"id":"x"}]}'.encode("utf-16-le"),
    "UTF-32": '{"data":[{"id":"x"}]}'.encode("utf-32"),
    "a byte order mark": b'\xef\xbb\xbf{"data":[{"id":"x"}]}',
    "a control character in text": b'{"data":[{"id":"a\nb"}]}',
    "a hundred thousand arrays": b"[" * 100_000 + b"]" * 100_000,
    "a hundred thousand arrays in a row": with_value("[" * 100_000 + "]" * 100_000),
    "ten thousand objects in one another": b'{"data":[{"id":"x","a":'
    + b'{"a":' * 10_000
    + b"1"
    + b"}" * 10_000
    + b"}]}",
}


@pytest.mark.parametrize("what", BAD)
def test_it_is_a_bad_answer(what: str) -> None:
    found = problem(BAD[what])
    assert found.reason == Reason.INVALID_ANSWER
    assert found.message.isascii()
    assert len(found.message) < 200


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(str(2**63 - 1), id="the largest integer"),
        pytest.param(str(-(2**63)), id="the smallest integer"),
        pytest.param("1" + "." + "0" * 5000, id="a fraction of 5000 digits"),
        pytest.param('"' + "9" * 5000 + '"', id="text of 5000 digits"),
        pytest.param(r'"\ud83d\ude00"', id="a pair of surrogates"),
        pytest.param(r'"\u0041"', id="an escaped letter"),
        pytest.param(r'"\\ud800"', id="what only looks like an escape"),
    ],
)
def test_it_is_a_good_answer_with(text: str) -> None:
    assert parse(with_value(text)) == (ServedModel("x"),)
