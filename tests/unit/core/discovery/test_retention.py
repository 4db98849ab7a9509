"""Last known good: a list never shrinks by accident."""

from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openclaw_vllm.core.discovery.models_response import ServedModel
from openclaw_vllm.core.discovery.retention import Retained, merge
from tests.builders import served

HERE, THERE = "http://here/v1", "http://there/v1"


def after(*answers: str, remove_after: int = 3, url: str = HERE) -> Retained:
    """What is known after these good answers; each lists one model per letter."""
    known: Retained | None = None
    for answer in answers:
        known = merge(known, url, served(*answer), remove_after)
    assert known is not None
    return known


def ids(known: Retained) -> str:
    return "".join(known.served)


@pytest.mark.parametrize(
    ("answers", "kept", "missing"),
    [
        pytest.param(["ab"], "ab", "", id="what is listed is known"),
        pytest.param(["ba"], "ab", "", id="in whatever order"),
        pytest.param(["a", "ab"], "ab", "", id="a new model comes at once"),
        pytest.param(["ab", "a"], "ab", "b", id="a model stays at its first absence"),
        pytest.param(["ab", "a", "a"], "ab", "b", id="and at its second"),
        pytest.param(["ab", "a", "a", "a"], "a", "", id="and goes at its third"),
        pytest.param(["ab", "a", "a", "ab"], "ab", "", id="a model that is back is there"),
        pytest.param(
            ["ab", "a", "a", "ab", "a", "a"], "ab", "b", id="one that was back is counted anew"
        ),
        pytest.param(
            ["ab", "a", "a", "ab", "a", "a", "a"], "a", "", id="and goes after three in a row"
        ),
        pytest.param(["abc", "bc", "c"], "abc", "ab", id="each model is counted by itself"),
        pytest.param(["abc", "bc", "c", "c"], "bc", "b", id="and goes by itself"),
        pytest.param(["a", "b"], "ab", "a", id="a replaced model lingers beside the new one"),
    ],
)
def test_after_these_good_answers(answers: list[str], kept: str, missing: str) -> None:
    known = after(*answers)
    assert ids(known) == kept
    assert known.missing == set(missing)


@pytest.mark.parametrize(
    ("remove_after", "answers", "kept"),
    [
        pytest.param(1, ["ab", "a"], "a", id="with 1 it goes at once"),
        pytest.param(2, ["ab", "a"], "ab", id="with 2 it stays once"),
        pytest.param(2, ["ab", "a", "a"], "a", id="with 2 it goes at its second absence"),
        pytest.param(100, ["ab", *["a"] * 99], "ab", id="with 100 it stays for 99 answers"),
        pytest.param(100, ["ab", *["a"] * 100], "a", id="with 100 it goes at the hundredth"),
    ],
)
def test_remove_after_counts_absences(remove_after: int, answers: list[str], kept: str) -> None:
    assert ids(after(*answers, remove_after=remove_after)) == kept


def test_a_lower_remove_after_counts_at_the_next_answer() -> None:
    known = after("ab", "a", remove_after=10)
    assert ids(merge(known, HERE, served("a"), 2)) == "a"


def test_another_url_starts_a_new_list() -> None:
    known = merge(after("abc"), THERE, served("d"), 100)
    assert (known.base_url, ids(known), known.missing) == (THERE, "d", frozenset())


def test_a_missing_model_keeps_what_was_known_of_it() -> None:
    known = merge(None, HERE, (ServedModel("lora", "base", 4096), *served("base")), 3)
    assert merge(known, HERE, served("base"), 3).served["lora"] == ServedModel("lora", "base", 4096)


def test_a_model_that_is_listed_is_what_the_last_answer_says() -> None:
    known = merge(None, HERE, served("a", context=1000), 3)
    assert merge(known, HERE, served("a", context=2000), 3).served["a"].context == 2000


def test_the_same_answers_in_another_order_are_the_same_knowledge() -> None:
    one = merge(after("abc"), HERE, served(*"ba"), 3)
    assert merge(after("cab"), HERE, served(*"ab"), 3) == one


answers_of_a_server = st.lists(st.frozensets(st.sampled_from("abcd"), min_size=1), min_size=1)


@given(answers=answers_of_a_server, remove_after=st.integers(1, 5))
@settings(max_examples=200, deadline=None)
def test_a_model_goes_exactly_at_its_nth_absence_in_a_row(
    answers: list[frozenset[str]], remove_after: int
) -> None:
    known: Retained | None = None
    for count, answer in enumerate(answers, start=1):
        known = merge(known, HERE, served(*answer), remove_after)
        so_far = answers[:count]
        expected = {model for model in "abcd" if absences(model, so_far) < remove_after}
        assert set(known.served) == expected
        assert known.missing == expected - answer


def absences(model: str, answers: Iterable[frozenset[str]]) -> float:
    """For how many answers in a row, at their end, a model was absent; for ever if never seen."""
    count = float("inf")
    for answer in answers:
        count = 0 if model in answer else count + 1
    return count
