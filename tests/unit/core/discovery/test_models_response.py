"""A server's list of models: good answers to values, everything else to one and the same reason."""

from typing import Any

import pytest

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.discovery.body_errors import BodyError
from openclaw_vllm.core.discovery.models_response import MODELS_PATH, ServedModel, parse
from openclaw_vllm.core.discovery.refusals import error_refusal
from tests import builders, captures

BASES = (ServedModel("tiny-a", "", 1024), ServedModel("tiny-b", "", 1024))
LORAS = (*BASES, ServedModel("tiny-lora", "tiny-a"))
NO_KEY_LORA = (*BASES, ServedModel("no-key-lora", "tiny-a"))
LITELLM = (
    ServedModel("my-vllm", "", 4096, max_output=4096),
    ServedModel("with-info", "", 4096, max_output=1024),
)
TINY = (ServedModel("tiny", "", 4096),)

CAPTURED: dict[str, tuple[ServedModel, ...]] = {
    "auth-lowercase-scheme": LORAS,
    "auth-second-key": LORAS,
    "embed-models": (ServedModel("tiny-bert", "", 512),),
    "katan-models-key": (ServedModel("my-test-model"),),
    "litellm-models": LITELLM,
    "litellm-models-metadata": (*LITELLM, ServedModel("wild/*")),
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
    result = parse(body)
    assert isinstance(result, Problem), result
    return result


def lists_models(capture: captures.Capture) -> bool:
    if capture.status != 200 or not capture.body.startswith(b"{"):
        return False
    document = capture.json()
    rows = document.get("data") if isinstance(document, dict) else None
    return isinstance(rows, list) and all("id" in row for row in rows)


def test_every_captured_list_is_expected_here() -> None:
    result = {name for name in captures.names() if lists_models(captures.read(name))}
    assert result == set(CAPTURED)


@pytest.mark.parametrize("name", CAPTURED)
def test_a_captured_list_is_read(name: str) -> None:
    assert parse(captures.read(name).body) == CAPTURED[name]


@pytest.mark.parametrize("name", [n for n in captures.names() if n not in CAPTURED])
def test_any_other_captured_answer_is_a_bad_one(name: str) -> None:
    """One that a vLLM sent as an error is told as that error, though the status were 200."""
    capture = captures.read(name)
    errors = (
        (error_refusal(BodyError(capture.status), MODELS_PATH),) if capture.status > 399 else ()
    )
    result = problem(capture.body)
    assert result.reason == Reason.INVALID_ANSWER or result in errors


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
        pytest.param({"max_model_len": "4096"}, 4096, id="a number as text"),
        pytest.param({"max_model_len": "4k"}, None, id="not other text"),
        pytest.param({"max_model_len": 4096.0}, 4096, id="a whole number written as a fraction"),
        pytest.param({"max_model_len": 4096.5}, None, id="not a fraction"),
        pytest.param({"context_window": 2048}, 2048, id="Dynamo 1.6.1's"),
        pytest.param(
            {"loaded_context_length": 4096, "max_context_length": 32768},
            4096,
            id="LM Studio's, loaded",
        ),
        pytest.param(
            {"max_context_length": 32768}, 32768, id="Mistral's, and LM Studio's unloaded"
        ),
        pytest.param(
            {"meta": {"n_ctx": 4096}, "context_length": 9}, 4096, id="the served before the trained"
        ),
        pytest.param({"custom_metadata": {"context_length": 7}}, 7, id="llama-stack 0.7.3's"),
        pytest.param({"parameters": {"max_seq_len": 32768}}, 32768, id="TabbyAPI's"),
        pytest.param({"maxInputTokens": 28672}, 28672, id="Foundry Local's"),
        pytest.param({"context_window": {"context_length": 7}}, 7, id="Poe's"),
        pytest.param({"limits": {"max_input_tokens": 7}}, 7, id="GitHub Models'"),
        pytest.param(
            {"capabilities": {"limits": {"max_context_window_tokens": 7}}}, 7, id="Copilot's"
        ),
        pytest.param(
            {"context_length": 200000, "top_provider": {"context_length": 64000}},
            64000,
            id="OpenRouter's, of the provider that is asked first",
        ),
        pytest.param(
            {"context_length": 9, "top_provider": {"context_length": None}}, 9, id="or of the model"
        ),
        pytest.param(
            {
                "capabilities": {
                    "limits": {"max_context_window_tokens": 128000, "max_prompt_tokens": 64000}
                }
            },
            64000,
            id="Copilot's, of the prompt",
        ),
        pytest.param(
            {"metadata": {"model_id": "x", "max_request_context_length": 32768}},
            32768,
            id="Ray Serve LLM 2.4x's",
        ),
        pytest.param(
            {"metadata": {"model_id": "x", "max_request_context_length": None}},
            None,
            id="Ray Serve LLM 2.4x's without max_model_len",
        ),
        pytest.param(
            {"rayllm_metadata": {"max_request_context_length": 4096}}, 4096, id="RayLLM's"
        ),
        pytest.param({"maxTokensInput": 7}, 7, id="Glama's"),
        pytest.param({"context_size": 7}, 7, id="Novita's"),
        pytest.param({"metadata": {"context_length": 7}}, 7, id="DeepInfra's"),
        pytest.param({"info": {"contextLength": 7}}, 7, id="that of AI/ML API"),
        pytest.param({"model_spec": {"availableContextTokens": 7}}, 7, id="Venice's"),
        pytest.param(
            {"parameters": [1], "limits": "x", "info": None}, None, id="none in odd forms"
        ),
        pytest.param({"max_model_len": 10**9}, 10**9, id="the longest that a person may write"),
        pytest.param({"max_model_len": 10**9 + 1}, None, id="not a longer one"),
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
    "a number": b"5",
    "data missing": b'{"object":"list"}',
    "a first page without the others": b'{"data":[{"id":"x"}],"has_more":true,"last_id":"x"}',
    "models that are text": b'{"models":"x"}',
    "two rows without an id": b'{"data":[{"name":"x"},{"id":""}]}',
    "data an object": b'{"data":{"id":"x"}}',
    "data text": b'{"data":"x"}',
    "a row that is null": b'{"data":[null]}',
    "a row that is a list": b'{"data":[["id"]]}',
    "an id that is null": b'{"data":[{"id":null}]}',
    "an id that is a number": b'{"data":[{"id":5}]}',
    "NaN": with_value("NaN"),
    "infinity": with_value("Infinity"),
    "negative infinity": with_value("-Infinity"),
    "a lone surrogate in an id": rb'{"data":[{"id":"a\ud800"}]}',
    "a lone surrogate in bytes": with_value('"\ud800"'),
    "bytes of no encoding": b'{"data":[{"id":"\xff\xfe"}]}',
    "UTF-16": '{"data":[{"id":"x"}]}'.encode("utf-16"),
    "UTF-16 without a mark": '{"data":[{"id":"x"}]}'.encode("utf-16-le"),
    "UTF-32": '{"data":[{"id":"x"}]}'.encode("utf-32"),
    "a byte order mark": b'\xef\xbb\xbf{"data":[{"id":"x"}]}',
    "a first page, by a token": b'{"data":[{"id":"x"}],"next_page_token":"t"}',
    "a first page, by a link": b'{"data":[{"id":"x"}],"links":{"next":"/v1/models?offset=1"}}',
    "a first page, by its total": b'{"data":[{"id":"x"}],"total":2,"limit":1,"offset":0}',
    "a first page, by its number": b'{"data":[{"id":"x"}],"page":1,"total_pages":3}',
    "a first page, by a total inside": b'{"data":[{"id":"x"}],"result_info":{"page":1,"total":9}}',
    "a first page, by a flag inside": b'{"data":[{"id":"x"}],"pagination":{"has_next":true}}',
    "a first page, by a flag of GraphQL": b'{"data":[{"id":"x"}],"pageInfo":{"hasNextPage":true}}',
    "a first page, by a cursor inside": b'{"data":[{"id":"x"}],"meta":{"next_cursor":"t"}}',
    "a first page, by a link of HAL": b'{"data":[{"id":"x"}],"_links":{"next":{"href":"/2"}}}',
    "a first page, by the next number": b'{"data":[{"id":"x"}],"next_page":2}',
    "a first page without an id to go on from": b'{"data":[{"id":"x"},{}],"has_more":true}',
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
    result = problem(BAD[what])
    assert result.reason == Reason.INVALID_ANSWER
    assert result.message.isascii()
    assert len(result.message) < 200


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(str(2**63 - 1), id="the largest integer"),
        pytest.param(str(-(2**63)), id="the smallest integer"),
        pytest.param("1" + "." + "0" * 5000, id="a fraction of 5000 digits"),
        pytest.param('"' + "9" * 5000 + '"', id="text of 5000 digits"),
        pytest.param("9" * 5000, id="an integer of 5000 digits"),
        pytest.param("-" + "9" * 5000, id="a negative integer of 5000 digits"),
        pytest.param(str(2**63), id="an integer of 64 bits and one"),
        pytest.param(str(-(2**63) - 1), id="a negative integer of 64 bits and one"),
        pytest.param(r'"\ud800"', id="a lone surrogate as an escape"),
        pytest.param(r'"a\udc00"', id="the second half of a pair"),
        pytest.param(r'"\udc00\ud800"', id="a pair in the wrong order"),
        pytest.param(r'{"\ud800":1}', id="a lone surrogate in a key"),
        pytest.param(r'"\uD8AB"', id="a lone surrogate in capitals"),
        pytest.param(r'"\ud83d\ude00"', id="a pair of surrogates"),
        pytest.param(r'"\u0041"', id="an escaped letter"),
        pytest.param(r'"\\ud800"', id="what only looks like an escape"),
    ],
)
def test_it_is_a_good_answer_with(text: str) -> None:
    assert parse(with_value(text)) == (ServedModel("x"),)


X, NO_ID = ServedModel("x"), ServedModel("")


@pytest.mark.parametrize(
    ("body", "models"),
    [
        pytest.param(b'{"object":"list","data":null}', (), id="Ollama 0.17.4's without a model"),
        pytest.param(b'[{"id":"x"}]', (X,), id="a bare array"),
        pytest.param(b'{"models":["x"]}', (X,), id="ids under models, of vLLM's router"),
        pytest.param(b'{"models":[{"id":"x"}]}', (X,), id="rows under models"),
        pytest.param(b'{"models":["y"],"data":[{"id":"x"}]}', (X,), id="data before models"),
        pytest.param(b'{"data":["x"]}', (X,), id="ids under data"),
        pytest.param(b'{"data":[{"id":"x"}],"total":1,"next":null}', (X,), id="the only page"),
        pytest.param(
            b'{"data":[{"id":"x"}],"links":{"next":null},"total_count":1}', (X,), id="OpenRouter's"
        ),
        pytest.param(
            b'{"data":[{"id":"x"}],"page":3,"total_pages":3,"next_page":null}', (X,), id="the last"
        ),
        pytest.param(
            b'{"data":[{"id":"x"}],"meta":{"total":1,"page":1,"has_more":false},"pagination":[]}',
            (X,),
            id="the only page, said inside",
        ),
        pytest.param(
            b'{"data":[{"id":"x"}],"meta":{"total":9}}', (X,), id="a total of something else"
        ),
        pytest.param(b'{"data":[{"id":"x"},{"name":"y"}]}', (X, NO_ID), id="a row without an id"),
        pytest.param(b'{"data":[{"id":"x"},{"id":""}]}', (X, NO_ID), id="an empty id"),
        pytest.param(b'{"data":[{"id":"x"},{"id":null}]}', (X, NO_ID), id="an id that is null"),
        pytest.param(b'{"data":[{"id":"x"},{"id":7}]}', (X, NO_ID), id="an id that is a number"),
        pytest.param(b'{"data":[null,{"id":"x"}]}', (NO_ID, X), id="a row that is null"),
        pytest.param(b'{"data":[[1],{"id":"x"}]}', (NO_ID, X), id="a row that is a list"),
        pytest.param(
            rb'{"data":[{"id":"a\ud800"},{"id":"x"}]}', (NO_ID, X), id="an id that no UTF-8 holds"
        ),
        pytest.param(
            rb'{"data":[{"id":"x","parent":"\ud800"}]}', (X,), id="a parent that no UTF-8 holds"
        ),
    ],
)
def test_a_list_of_another_shape_is_read(body: bytes, models: tuple[ServedModel, ...]) -> None:
    assert parse(body) == models


@pytest.mark.parametrize(
    ("body", "words"),
    [
        pytest.param(b'"data"', "is text", id="text"),
        pytest.param(b"null", "is null", id="null"),
        pytest.param(b'{"object":"list"}', "is an object without data", id="no list"),
        pytest.param(b'{"data":{"id":"x"}}', "has an object as its data", id="an object"),
        pytest.param(b'{"models":5}', "has a number as its models", id="a number"),
        pytest.param(b'{"data":[1,2]}', "lists 2 rows, none of them with an id", id="no ids"),
        pytest.param(
            b'{"error":{"message":"no"}}',
            "status 200 to GET /v1/models, with an error: ask",
            id="an error",
        ),
        pytest.param(
            b'{"models":[{"name":"models/x"}]}', "another API than OpenAI's", id="Gemini, Ollama"
        ),
        pytest.param(
            b'{"models":[{"type":"llm","key":"x"}]}', "another API than OpenAI's", id="LM Studio's"
        ),
        pytest.param(b"<!doctype html><html>", "is a web page; write the path", id="Open WebUI's"),
        pytest.param(b" ", "is empty; write the path", id="nothing"),
        pytest.param(b"", "is empty; write the path", id="mlx-lm 0.32.2 without a cache"),
        pytest.param(b"OK", "is not JSON that can be read; write the path", id="a health check"),
    ],
)
def test_a_refused_answer_is_classified_by_its_shape(body: bytes, words: str) -> None:
    assert words in problem(body).message
