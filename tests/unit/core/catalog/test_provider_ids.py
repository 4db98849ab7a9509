"""Ids and variables that stay, and that no two sources share by accident."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openclaw_vllm.core.catalog.provider_ids import header_variable, key_variable, qualified_id

VALID = re.compile(r"vllm(-[a-z0-9]([a-z0-9-]*[a-z0-9])?)?")
LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", fullmatch=True)
NAME = st.from_regex(r"[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?", fullmatch=True)
ID = st.builds(qualified_id, LABEL, LABEL)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("team-a", "qwen"), "vllm-team-a-qwen"),
        (("qwen",), "vllm-qwen"),
        (("team-a", "qwen", "8001"), "vllm-team-a-qwen-8001"),
        (("team-a", "qwen.v2"), "vllm-team-a-qwen-v2-4038671034"),
        (("n" * 63, "m" * 63), f"vllm-{'n' * 47}-c8d937684c"),
    ],
)
def test_an_id_is_plain_where_it_can_be(parts: tuple[str, ...], expected: str) -> None:
    assert qualified_id(*parts) == expected


@given(LABEL, NAME)
def test_every_id_is_one_that_openclaw_takes(namespace: str, name: str) -> None:
    id_ = qualified_id(namespace, name)
    assert len(id_) <= 63
    assert VALID.fullmatch(id_)


def test_names_that_differ_late_or_in_a_dot_stay_apart() -> None:
    long = [qualified_id("n" * 63, f"{'m' * 60}{end}") for end in ("a", "b", "c")]
    dotted = [qualified_id("team", name) for name in ("a.b", "a-b")]
    assert all(one != other for one, other in pairwise([*long, *dotted]))


def test_variables_are_named_after_the_id() -> None:
    assert key_variable("vllm") == "VLLM_API_KEY"
    assert key_variable("vllm-team-a-qwen") == "VLLM_API_KEY_TEAM_A_QWEN"
    assert header_variable("vllm-team-a-qwen", 1) == "VLLM_HEADER_1_TEAM_A_QWEN"


@given(ID, ID, st.integers(0, 15), st.integers(0, 15))
def test_no_two_providers_share_a_variable(one: str, other: str, first: int, second: int) -> None:
    own = {key_variable(one), header_variable(one, first)}
    foreign = {key_variable(other), header_variable(other, second)}
    assert len(own) == 2
    assert one == other or not own & foreign
