"""Whatever a server sends is a value or a Problem, never an exception, and never costs much."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.discovery.ids import validate_ids
from openclaw_vllm.core.discovery.models_response import parse, parse_version
from tests import builders

MEBIBYTE = 1024**2
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)
cards = st.fixed_dictionaries(
    {"id": st.text(max_size=8) | values},
    optional={name: values for name in ("parent", "max_model_len", "meta", "context_length")},
)
documents = st.fixed_dictionaries({"data": st.lists(cards, max_size=3) | values})
texts = (documents | values).map(lambda value: json.dumps(value).encode())


def damaged(body: bytes, at: int, insert: bytes) -> bytes:
    return body[: at % (len(body) + 1)] + insert + body[at % (len(body) + 1) :]


bodies = (
    st.binary(max_size=200)
    | texts
    | st.builds(damaged, texts, st.integers(0, 500), st.binary(max_size=4))
)


@given(body=bodies)
@settings(max_examples=150)
def test_any_bytes_are_a_value_or_a_problem(body: bytes) -> None:
    result = parse(body)
    if isinstance(result, Problem):
        assert result.reason == Reason.INVALID_ANSWER
        return
    for model in result:
        model.id.encode()
        assert model.context is None or 0 < model.context <= 10**9
    listing = validate_ids(result)
    ids, without_id = {model.id for model in result} - {""}, not all(model.id for model in result)
    judged = [*(m.id for m in listing.models), *listing.rejected]
    assert len(judged) == len(set(judged)) == len(ids) + without_id
    assert ids <= set(judged)


@given(body=bodies)
@settings(max_examples=80)
def test_no_message_holds_a_byte_of_the_answer(body: bytes) -> None:
    marked = b"s3cret-of-the-server" + body
    for item in (parse(marked), parse(builders.answer("x") + marked)):
        assert isinstance(item, Problem)
        assert "s3cret" not in item.message


@given(body=bodies)
@settings(max_examples=50)
def test_any_bytes_are_a_version_or_none(body: bytes) -> None:
    assert isinstance(parse_version(body), str)


@pytest.mark.parametrize(
    ("body", "version"),
    [
        (b'{"version":"0.32.0"}', "0.32.0"),
        (b'{"version":"0.33.0rc1+cu130.g1a2b3c"}', "0.33.0rc1+cu130.g1a2b3c"),
        (b'{"version":""}', ""),
        (b'{"version":"<b>1</b>"}', ""),
        (b'{"version":"1\\u202e2"}', ""),
        (b'{"version":"' + b"1" * 65 + b'"}', ""),
        (b'{"version":1}', ""),
        (b'["0.32.0"]', ""),
        (b"0.32.0", ""),
        (b"[" * 100_000, ""),
        (b'{"version":' + b"1" * 5000 + b"}", ""),
        (b'{"version":"0.32.0"}' + b" " * 4076, "0.32.0"),
        (b'{"version":"0.32.0"}' + b" " * 4077, ""),
    ],
)
def test_a_version_is_taken_only_if_it_looks_like_one(body: bytes, version: str) -> None:
    assert parse_version(body) == version


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(builders.answer(*(f"{n:05}" for n in range(60_000))), id="60 000 models"),
        pytest.param(b'{"data":[' + b'{"id":"x"},' * 90_000 + b'{"id":"x"}]}', id="one model"),
        pytest.param(b'{"data":[],"x":[' + b"1," * 500_000 + b"1]}", id="half a million numbers"),
        pytest.param(b'{"data":[],"x":[' + b'"\\u0041",' * 110_000 + b"1]}", id="escapes"),
    ],
)
def test_the_worst_answers_of_1_mib_are_judged_in_little_time(body: bytes) -> None:
    start = time.thread_time()
    result = parse(body[:MEBIBYTE])
    if not isinstance(result, Problem):
        validate_ids(result)
    assert time.thread_time() - start < 0.3
