"""Last known good: a list never shrinks by accident."""

from collections.abc import Iterable
from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openclaw_vllm.core.discovery.models_response import ServedModel
from openclaw_vllm.core.discovery.retention import MAX_REMOVED, Retained, merge
from tests.builders import served

HERE, THERE = "http://here/v1", "http://there/v1"


def after(*answers: str, remove_after: int = 3, url: str = HERE) -> Retained:
    """What is known after these good answers; each lists one model per letter."""
    retained: Retained | None = None
    for answer in answers:
        retained = merge(retained, url, served(*answer), remove_after)
    assert retained is not None
    return retained


def ids(retained: Retained) -> str:
    return "".join(retained.served)


@pytest.mark.parametrize(
    ("answers", "retained_ids", "missing"),
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
        pytest.param(["ab", "a"] * 3, "ab", "", id="one that comes and goes is not missing"),
        pytest.param(["ab", "a", "ab", "a", "ab", *["a"] * 4], "ab", "", id="nor for four"),
        pytest.param(["ab", "a", "ab", "a", "ab", *["a"] * 5], "ab", "b", id="but for five"),
        pytest.param(["ab", "a", "ab", "a", "ab", *["a"] * 6], "a", "", id="and goes at its sixth"),
        pytest.param(
            ["ab", "a", "ab", "a", *["ab"] * 7, *["a"] * 3], "a", "", id="a steady one at its third"
        ),
        pytest.param(
            ["ab", *["a"] * 3, "ab", "a", "ab", *["a"] * 5], "ab", "b", id="one that went came back"
        ),
        pytest.param(["abc", "bc", "c"], "abc", "ab", id="each model is counted by itself"),
        pytest.param(["abc", "bc", "c", "c"], "bc", "b", id="and goes by itself"),
        pytest.param(["a", "b"], "ab", "a", id="a replaced model lingers beside the new one"),
    ],
)
def test_after_these_good_answers(answers: list[str], retained_ids: str, missing: str) -> None:
    retained = after(*answers)
    assert ids(retained) == retained_ids
    assert retained.missing == set(missing)


@pytest.mark.parametrize(
    ("remove_after", "answers", "retained_ids"),
    [
        pytest.param(1, ["ab", "a"], "a", id="with 1 it goes at once"),
        pytest.param(2, ["ab", "a"], "ab", id="with 2 it stays once"),
        pytest.param(2, ["ab", "a", "a"], "a", id="with 2 it goes at its second absence"),
        pytest.param(100, ["ab", *["a"] * 99], "ab", id="with 100 it stays for 99 answers"),
        pytest.param(100, ["ab", *["a"] * 100], "a", id="with 100 it goes at the hundredth"),
    ],
)
def test_remove_after_counts_absences(
    remove_after: int, answers: list[str], retained_ids: str
) -> None:
    assert ids(after(*answers, remove_after=remove_after)) == retained_ids


def test_a_lower_remove_after_counts_at_the_next_answer() -> None:
    retained = after("ab", "a", remove_after=10)
    assert ids(merge(retained, HERE, served("a"), 2)) == "a"


def test_another_url_starts_a_new_list() -> None:
    retained = merge(after("abc"), THERE, served("d"), 100)
    assert (retained.base_url, ids(retained), retained.missing) == (THERE, "d", frozenset())


def test_a_missing_model_keeps_what_was_known_of_it() -> None:
    retained = merge(None, HERE, (ServedModel("lora", "base", 4096), *served("base")), 3)
    assert merge(retained, HERE, served("base"), 3).served["lora"] == ServedModel(
        "lora", "base", 4096
    )


def test_a_model_that_is_listed_is_what_the_last_answer_says() -> None:
    retained = merge(None, HERE, served("a", context=2000), 3)
    assert merge(retained, HERE, served("a", context=1000), 3).served["a"].context == 1000


def test_the_same_answers_in_another_order_are_the_same_knowledge() -> None:
    one = merge(after("abc"), HERE, served(*"ba"), 3)
    assert merge(after("cab"), HERE, served(*"ab"), 3) == one


answers_of_a_server = st.lists(st.frozensets(st.sampled_from("abcd"), min_size=1), min_size=1)


@given(answers=answers_of_a_server, remove_after=st.integers(1, 5))
@settings(max_examples=200)
def test_a_model_never_goes_before_its_nth_absence_in_a_row(
    answers: list[frozenset[str]], remove_after: int
) -> None:
    retained: Retained | None = None
    for count, answer in enumerate(answers, start=1):
        retained = merge(retained, HERE, served(*answer), remove_after)
        so_far = answers[:count]
        present = {model for model in "abcd" if absences(model, so_far) < remove_after}
        assert set(retained.served) >= present
        assert retained.missing <= set(retained.served) - answer


@given(
    before=answers_of_a_server,
    answer=st.frozensets(st.sampled_from("abcd"), min_size=1),
    remove_after=st.integers(1, 5),
)
@settings(max_examples=100)
def test_a_model_goes_in_the_end_whatever_was_before(
    before: list[frozenset[str]], answer: frozenset[str], remove_after: int
) -> None:
    current: Retained | None = None
    for models in (*before, *[answer] * 32 * remove_after):
        current = merge(current, HERE, served(*models), remove_after)
    assert current is not None
    assert set(current.served) == answer


def absences(model: str, answers: Iterable[frozenset[str]]) -> float:
    """For how many answers in a row, at their end, a model was absent; for ever if never seen."""
    count = float("inf")
    for answer in answers:
        count = 0 if model in answer else count + 1
    return count


LISTS = {
    "large": (ServedModel("m", "", 8192, 4096),),
    "small": (ServedModel("m", "", 4096, 2048), ServedModel("lora", "m")),
}
N = 3


@given(picks=st.lists(st.sampled_from(sorted(LISTS)), min_size=1, max_size=100))
@settings(max_examples=300)
def test_a_mixture_of_two_lists_is_published_at_most_once_for_each_real_change(
    picks: list[str],
) -> None:
    """A change to the list with less is real when N answers in a row show it; one back is real at
    once, since less would break agents' requests."""
    current, writes, row, changes = None, 0, 0, 1
    for pick in picks:
        after = merge(current, HERE, LISTS[pick], N)
        writes += current is None or after.served != current.served
        row, ended = (row + 1, False) if pick == "large" else (0, row >= N)
        changes += row == N or ended
        current = after
    assert writes <= 1 + changes


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize(
    ("share", "most"),
    [
        pytest.param(0.2, 6, id="one in five answers is large"),
        pytest.param(0.5, 12, id="each second one"),
        pytest.param(0.8, 20, id="four in five"),
    ],
)
def test_two_replicas_in_random_order_settle(seed: int, share: float, most: int) -> None:
    """Of 1000 answers; without memory it would be some 250 writes."""
    current, writes = None, 0
    for count in range(1000):
        random = sha256(f"{seed}/{count}".encode()).digest()[0] / 256
        pick = "large" if random < share else "small"
        after = merge(current, HERE, LISTS[pick], N)
        writes += current is not None and after.served != current.served
        current = after
    assert writes <= most


@pytest.mark.parametrize(
    ("before", "answer", "kept"),
    [
        pytest.param(ServedModel("m", "", 4096), ServedModel("m"), 4096, id="no number now"),
        pytest.param(
            ServedModel("m", "", 8192), ServedModel("m", "", 4096), 4096, id="another number"
        ),
        pytest.param(ServedModel("m"), ServedModel("m", "", 4096), 4096, id="the first number"),
        pytest.param(ServedModel("n", "", 4096), ServedModel("m"), None, id="another model's"),
    ],
)
def test_a_context_stays_until_the_server_gives_another(
    before: ServedModel, answer: ServedModel, kept: int | None
) -> None:
    """llama-server b10434 in router mode names it only while the model is loaded."""
    retained = merge(merge(None, HERE, [before], 3), HERE, [answer], 3)
    assert [model.context for model in retained.served.values() if model.id == "m"] == [kept]


def test_a_longest_output_stays_too() -> None:
    first = merge(None, HERE, [ServedModel("m", max_output=4096)], 3)
    assert merge(first, HERE, [ServedModel("m")], 3).served["m"].max_output == 4096


def test_the_numbers_of_another_server_are_forgotten() -> None:
    first = merge(None, HERE, [ServedModel("m", "", 4096)], 3)
    assert merge(first, THERE, [ServedModel("m")], 3).served == {"m": ServedModel("m")}


def test_a_number_goes_with_its_model() -> None:
    first = merge(None, HERE, [ServedModel("m", "", 4096), ServedModel("n")], 1)
    without = merge(first, HERE, [ServedModel("n")], 1)
    back = merge(without, HERE, [ServedModel("m"), ServedModel("n")], 1)
    assert back.served == {"m": ServedModel("m"), "n": ServedModel("n")}


@pytest.mark.parametrize(
    ("own", "answers", "context"),
    [
        pytest.param(2048, 1, 2048, id="smaller, at first"),
        pytest.param(2048, 2, 2048, id="smaller, at its second answer without"),
        pytest.param(2048, 3, None, id="smaller, after as many as a rise needs"),
        pytest.param(8192, 1, None, id="larger, at once"),
    ],
)
def test_an_adapter_s_own_number_gives_way_to_its_base_model_s(
    own: int, answers: int, context: int | None
) -> None:
    base, lora = ServedModel("base", "", 4096), ServedModel("lora", "base")
    retained = merge(None, HERE, [base, ServedModel("lora", "base", own)], 3)
    for _ in range(answers):
        retained = merge(retained, HERE, [lora, base], 3)
    assert retained.served == {"base": base, "lora": replace(lora, context=context)}


def test_an_adapter_without_a_number_follows_its_base_model() -> None:
    current: Retained | None = None
    for context in (4096, 8192, 8192, 8192):
        current = merge(current, HERE, [ServedModel("lora", "m"), ServedModel("m", "", context)], 3)
    assert current is not None
    assert current.served == {"lora": ServedModel("lora", "m"), "m": ServedModel("m", "", 8192)}


def test_the_removed_models_that_are_remembered_are_bounded() -> None:
    current: Retained | None = None
    for number in range(MAX_REMOVED + 10):
        current = merge(current, HERE, served(f"model-{number}"), 1)
    assert current is not None
    assert len(current.removed) == MAX_REMOVED


@pytest.mark.parametrize(
    ("answers", "differs"),
    [
        pytest.param(["ab", "ab"], False, id="the same"),
        pytest.param(["ab", "a"], True, id="one less"),
        pytest.param(["a", "ab"], True, id="one more"),
        pytest.param(["ab", "a", "ab", "a", "ab", "a"], False, id="one that comes and goes"),
    ],
)
def test_a_list_differs_from_the_one_before(answers: list[str], *, differs: bool) -> None:
    assert after(*answers[:-1]).differs_from(frozenset(answers[-1])) is differs


def test_of_several_replicas_answers_are_believed_later() -> None:
    """And none of a model that only some of them serve is told as missing."""
    retained = replace(after("ab"), of_several=True)
    for count in range(1, 12):
        retained = merge(retained, HERE, served("a"), 3)
        assert ids(retained) == "ab"
        assert retained.missing == (set("b") if count > 8 else set())
    assert ids(merge(retained, HERE, served("a"), 3)) == "a"


def test_what_alternated_in_a_rollout_delays_no_model_that_it_removed() -> None:
    """At each step others are ready; after the last, four times `removeAfter` are enough."""
    retained = after("a")
    for answers in ("ababab", "abbabb"):
        retained = retained.of_replicas(several=True, changed=True)
        for answer in answers:
            retained = merge(retained, HERE, served(answer), 3)
    assert retained.alternations > 2
    retained = merge(retained, HERE, served("a"), 3).of_replicas(several=True, changed=True)
    for _ in range(12):
        assert ids(retained) == "ab"
        retained = merge(retained, HERE, served("b"), 3)
    assert ids(retained) == "b"


@pytest.mark.parametrize("seed", range(20))
def test_two_replicas_of_a_service_are_written_at_most_once(seed: int) -> None:
    retained, writes = merge(None, HERE, LISTS["large"], N), 0
    for count in range(100):
        is_large = sha256(f"{seed}/{count}".encode()).digest()[0] % 2
        answer = LISTS["large" if is_large else "small"]
        after = merge(replace(retained, of_several=True), HERE, answer, N)
        writes += (after.served, after.missing) != (retained.served, retained.missing)
        retained = after
    assert writes == 1
