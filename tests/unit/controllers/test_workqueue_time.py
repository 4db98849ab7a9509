"""The work queue over time: schedules, backoff and the end."""

import asyncio
import logging
from itertools import pairwise

import pytest

from openclaw_vllm.controllers import workqueue
from tests.eventually import eventually
from tests.harnesses.work_queue import QueueHarness, TransientFailure, turns


async def test_a_key_runs_again_when_it_wanted_to() -> None:
    async with QueueHarness() as b:
        b.outcomes["key"] = 0.02
        b.queue.add("key")
        await eventually(lambda: len(b.started) >= 3, within=2)
    gaps = [after - before for before, after in pairwise(b.times)]
    assert min(gaps) >= 0.02


async def test_a_key_that_wants_nothing_is_left_alone() -> None:
    async with QueueHarness() as b:
        b.queue.add("key")
        b.queue.add_after("later", 0.02)
        await b.ran("key", "later")


async def test_a_change_during_a_run_does_not_wait_for_the_next_time() -> None:
    async with QueueHarness() as b:
        b.outcomes["key"] = 3600.0
        await b.hold("key")
        b.queue.add("key")
        b.release("key")
        await b.ran("key", "key")


@pytest.mark.parametrize(
    ("delays", "runs"),
    [
        pytest.param((3600.0, 0.0), ["key", "last"], id="an earlier one replaces a later one"),
        pytest.param((0.0, 3600.0), ["last"], id="a later one replaces an earlier one"),
        pytest.param((0.0, 0.0), ["key", "last"], id="two at once are one"),
    ],
)
async def test_the_latest_schedule_counts(delays: tuple[float, ...], runs: list[str]) -> None:
    async with QueueHarness(slots=1) as b:
        for delay in delays:
            b.queue.add_after("key", delay)
        b.queue.add_after("last", 0.02)
        await eventually(lambda: "last" in b.started, within=2)
        assert b.started == runs


async def test_failures_in_a_row_wait_twice_as_long_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workqueue, "FIRST_BACKOFF", 0.008)
    async with QueueHarness() as b:
        b.outcomes["key"] = RuntimeError("no")
        b.queue.add("key")
        await eventually(lambda: len(b.started) >= 5, within=3)
    gaps = [after - before for before, after in pairwise(b.times)]
    shortest = [0.75 * 0.008 * 2**number for number in range(4)]
    assert [gap >= low for gap, low in zip(gaps, shortest, strict=False)] == [True] * 4


async def test_a_backoff_is_never_longer_than_the_key_allows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(workqueue, "FIRST_BACKOFF", 0.01)
    async with QueueHarness() as b:
        b.longest_backoff = 0.01
        b.outcomes["key"] = RuntimeError("no")
        b.queue.add("key")
        await eventually(lambda: len(b.started) >= 9, within=2)  # 2.5 s if they doubled


async def test_what_passes_by_itself_is_tried_again_within_seconds_for_as_long_as_it_lasts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(workqueue, "FIRST_BACKOFF", 0.01)
    monkeypatch.setattr(workqueue, "MAX_TRANSIENT_BACKOFF", 0.02)
    async with QueueHarness() as b:
        b.outcomes = {"passes": TransientFailure("no"), "stays": RuntimeError("no")}
        for key in b.outcomes:
            b.queue.add(key)
        await eventually(lambda: b.started.count("passes") >= 12, within=2)  # 20 s if they doubled
        assert b.started.count("stays") <= 8


async def test_a_success_starts_backoff_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workqueue, "FIRST_BACKOFF", 0.01)
    async with QueueHarness() as b:
        b.script["key"] = [RuntimeError("no"), 0.0] * 9
        b.queue.add("key")
        await eventually(lambda: len(b.started) == 19, within=2)  # 5 s if failures were added up


async def test_new_work_does_not_wait_for_a_backoff() -> None:
    async with QueueHarness() as b:
        b.outcomes["key"] = RuntimeError("no")
        b.queue.add("key")
        await eventually(lambda: b.ended == ["key"], within=2)
        await turns()
        b.queue.add("key")
        await eventually(lambda: len(b.started) == 2, within=0.3)  # the backoff is 0.5 s


async def test_a_run_that_something_else_cancelled_is_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(workqueue, "FIRST_BACKOFF", 0.01)
    async with QueueHarness() as b:
        b.outcomes["key"] = asyncio.CancelledError()
        b.queue.add("key")
        await eventually(lambda: len(b.started) > 1, within=1)


async def test_a_failure_of_one_key_does_not_concern_another() -> None:
    async with QueueHarness(slots=1) as b:
        b.outcomes["bad"] = RuntimeError("no")
        for key in ("bad", "good"):
            b.queue.add(key)
        await b.ran("bad", "good")


@pytest.mark.parametrize(
    ("error", "traced"),
    [
        pytest.param(RuntimeError("no"), True, id="an unknown one with its traceback"),
        pytest.param(TransientFailure("no"), False, id="a passing one without"),
    ],
)
async def test_a_failure_is_logged(
    error: Exception, *, traced: bool, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        async with QueueHarness() as b:
            b.outcomes["agents/vllm"] = error
            b.queue.add("agents/vllm")
            await eventually(lambda: caplog.records, within=2)
    assert caplog.messages[0].startswith("no, again in ")
    assert vars(caplog.records[0])["key"] == "agents/vllm"
    assert bool(caplog.records[0].exc_info) == traced


async def test_the_end_waits_until_every_run_has_ended() -> None:
    b = QueueHarness()
    async with b:
        for key in ("a", "b"):
            await b.hold(key)
        await b.stop()
        assert sorted(b.ended) == ["a", "b"]
    assert b.cancelled.total() == 2


async def test_nothing_is_started_after_the_end() -> None:
    async with QueueHarness() as b:
        b.queue.add_after("scheduled", 0.01)
        await b.stop()
        b.queue.add("late")
        await asyncio.sleep(0.02)
        assert b.started == []


async def test_schedules_survive_that_others_are_cleared_away() -> None:
    async with QueueHarness() as b:
        b.queue.add_after("last", 0.4)
        b.queue.add_after("gone", 0.01)
        b.queue.remove("gone")
        for _ in range(1000):
            b.queue.add_after("often", 3600.0)
        b.queue.add_after("often", 0.02)
        await b.ran("often", "last")
