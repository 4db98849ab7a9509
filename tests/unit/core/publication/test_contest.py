"""A ConfigMap that another manager overwrites again and again: when that is said, and slowed."""

from dataclasses import replace
from functools import reduce

import pytest

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.configmap import ConfigMapState
from openclaw_vllm.core.publication.contest import (
    ANY_TEXTS,
    NO_CONTEST,
    Contest,
    restore_contest,
)
from openclaw_vllm.core.publication.manifest import Manifest
from openclaw_vllm.core.publication.ownership import manifest_of
from tests import builders
from tests.builders import served, spec_of

FLUX, MINUTE = "kustomize-controller", 60.0
RESOURCE = builders.resource()
DESIRED: Manifest = manifest_of(
    RESOURCE, spec_of(RESOURCE), builders.documents(spec_of(RESOURCE), *served("a")), ""
)
WRITTEN = ConfigMapState.read(builders.stored(DESIRED))
START = NO_CONTEST.with_applied(DESIRED["metadata"])


def overwritten(number: int, text: str = "git", manager: str = FLUX) -> ConfigMapState:
    return replace(WRITTEN, resource_version=f"{text} {number}", digest=text, writer=manager)


def after(*times: float, contest: Contest = START) -> Contest:
    return reduce(lambda it, time: it.observe(overwritten(int(time)), time), times, contest)


@pytest.mark.parametrize(
    ("times", "is_contested"),
    [
        ((0,), False),
        ((0, 600), False),
        ((0, 600, 1200), True),
        ((0, 1, 2), True),
        ((0, 3600, 7200), True),
        ((0, 8000, 16000), False),
    ],
)
def test_the_third_time_of_one_text_is_a_contest(
    times: tuple[float, ...], *, is_contested: bool
) -> None:
    problem = after(*times).problem("vllm-openclaw", times[-1])
    assert (problem is not None) == is_contested
    if problem is not None:
        assert problem.reason is Reason.CONTESTED
        assert f"{FLUX} has overwritten ConfigMap vllm-openclaw 3 times" in problem.message


def test_a_view_of_one_overwrite_counts_once() -> None:
    contest = reduce(lambda it, time: it.observe(overwritten(1), time), range(5), START)
    assert len(contest.overwrites) == 1


@pytest.mark.parametrize(
    "existing",
    [
        pytest.param(replace(WRITTEN, resource_version="2", writer=FLUX), id="as it was written"),
        pytest.param(
            replace(WRITTEN, resource_version="2", writer=FLUX, labels={**WRITTEN.labels, "a": ""}),
            id="with a label more",
        ),
        pytest.param(overwritten(1, manager=""), id="changed by nobody else"),
    ],
)
def test_it_is_no_overwrite(existing: ConfigMapState) -> None:
    assert START.observe(existing, 1.0).overwrites == ()


def test_another_damage_each_time_is_no_contest_until_there_were_very_many() -> None:
    contest = START
    for number in range(ANY_TEXTS):
        assert contest.problem("it", number) is None
        contest = contest.observe(overwritten(number, f"text {number}"), number)
        assert number >= contest.held_until
    assert contest.problem("it", ANY_TEXTS) is not None
    assert contest.observe(overwritten(99, "more"), 99).held_until > 99


def test_a_repair_is_never_held_before_there_is_a_contest_and_then_ever_longer() -> None:
    contest, holds = START, []
    for number in range(14):
        now = number * 10 * MINUTE
        contest = contest.observe(overwritten(number), now)
        holds.append(max(0.0, contest.held_until - now))
    assert holds == [0, 0, 0, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]


@pytest.mark.parametrize(
    ("times", "quiet"),
    [((0, 1, 2), 600), ((0, 600, 1200), 1200), ((0, 3600, 7200), 7200)],
)
def test_a_contest_is_over_after_twice_the_longest_pause(
    times: tuple[float, ...], quiet: float
) -> None:
    contest, last = after(*times), times[-1]
    assert contest.problem("it", last + quiet - 1) is not None
    assert contest.next_change(last + quiet - 1) == 1
    assert contest.problem("it", last + quiet) is None
    assert contest.next_change(last + quiet) is None


def test_the_repair_wakes_before_the_end() -> None:
    contest = after(0, 10, 20, 30)
    assert (contest.next_change(30), contest.next_change(32)) == (2, 598)


@pytest.mark.parametrize("manager", [FLUX, "Mozilla/5.0 (X11; Linux)", "kubectl {edit} %s", "ünï"])
@pytest.mark.parametrize("count", [3, 12])
def test_what_a_status_reports_of_a_contest_is_read_back(manager: str, count: int) -> None:
    contest = START
    for number in range(count):
        contest = contest.observe(overwritten(number, manager=manager), float(number))
    problem = contest.problem("vllm-openclaw", float(count))
    assert problem is not None
    restored = restore_contest(problem.message, 0.0)
    assert restored.count == count
    assert restored.problem("vllm-openclaw", 0.0) == problem


def test_a_contest_that_an_earlier_version_has_reported_is_read_back() -> None:
    """So the sentence cannot change, or a version that says it otherwise has to read both."""
    report = f"field manager {FLUX} has overwritten ConfigMap vllm-openclaw 7 times, and more"
    assert restore_contest(report, 0.0).count == 7


def test_a_message_of_another_kind_reports_no_contest() -> None:
    assert restore_contest("field manager of nobody", 0.0) is NO_CONTEST
