"""A smaller number counts at once, a larger one after equal answers in a row."""

import pytest

from openclaw_vllm.core.discovery.settling import NO_RISE, needed_answers, settle

SMALL, LARGE, LARGEST = 4096, 8192, 16384


@pytest.mark.parametrize(
    ("answers", "settled"),
    [
        pytest.param([], None, id="no answer"),
        pytest.param([None], None, id="an answer without a number"),
        pytest.param([None, LARGE], LARGE, id="the first number, whatever its size"),
        pytest.param([LARGE, SMALL], SMALL, id="a smaller number, at once"),
        pytest.param([SMALL, LARGE], SMALL, id="a larger one, not at its first answer"),
        pytest.param([SMALL, LARGE, LARGE], SMALL, id="nor at its second"),
        pytest.param([SMALL, LARGE, LARGE, LARGE], LARGE, id="but at its third in a row"),
        pytest.param([SMALL, LARGE, LARGE, SMALL, LARGE, LARGE], SMALL, id="a row that was ended"),
        pytest.param([SMALL, LARGE, LARGE, LARGEST, LARGEST], SMALL, id="a row of two numbers"),
        pytest.param([SMALL, LARGE, LARGEST, LARGEST, LARGEST], LARGEST, id="the equal ones count"),
        pytest.param([SMALL, LARGE, None, LARGE, None, LARGE], LARGE, id="silence ends no row"),
        pytest.param([LARGE, None, None, None, None], LARGE, id="a number that is given no more"),
        pytest.param([LARGEST, None, SMALL, None], SMALL, id="one that fell in between"),
        pytest.param(
            [SMALL, LARGE, LARGEST, LARGE, LARGEST, LARGE], SMALL, id="two larger ones in turn"
        ),
    ],
)
def test_the_number_after_these_answers(answers: list[int | None], settled: int | None) -> None:
    number, rise = None, NO_RISE
    for answer in answers:
        number, rise = settle(number, rise, answer, needed=3)
    assert number == settled


@pytest.mark.parametrize(
    ("remove_after", "alternations", "needed"),
    [
        pytest.param(3, 0, 3, id="no alternation"),
        pytest.param(3, 1, 3, id="one, as of a server that was restarted"),
        pytest.param(3, 2, 6, id="two"),
        pytest.param(3, 6, 96, id="six"),
        pytest.param(3, 50, 96, id="any more"),
        pytest.param(1, 50, 1, id="each answer is to be believed"),
    ],
)
def test_answers_that_alternate_are_believed_later(
    remove_after: int, alternations: int, needed: int
) -> None:
    assert needed_answers(remove_after, alternations) == needed
