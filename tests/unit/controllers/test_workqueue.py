"""The work queue on a real event loop; reconciles wait for gates instead of times."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.eventually import eventually
from tests.harnesses.work_queue import QueueHarness, turns


@asynccontextmanager
async def bench(slots: int = 4) -> AsyncIterator[QueueHarness]:
    created = QueueHarness(slots)
    async with created:
        yield created


async def test_a_key_that_is_added_often_while_it_waits_runs_once() -> None:
    async with bench(slots=1) as b:
        await b.hold("first")
        for _ in range(5):
            b.queue.add("later")
        assert len(b.queue) == 1
        b.release("first")
        await b.ran("first", "later")
        await turns()
        assert b.started == ["first", "later"]


async def test_changes_during_a_run_mean_exactly_one_more_run() -> None:
    async with bench() as b:
        await b.hold("key")
        for _ in range(5):
            b.queue.add("key")
        await turns()
        assert b.started == ["key"]
        b.release("key")
        await b.ran("key", "key")
        await turns()
        assert b.started == ["key", "key"]


async def test_a_key_is_in_one_run_at_a_time_whatever_happens_to_it() -> None:
    async with bench() as b:
        for _ in range(200):
            b.queue.add("key")
            b.queue.add_after("key", 0)
            await asyncio.sleep(0)
        await eventually(lambda: not b.running.total(), within=2)
        assert len(b.started) > 1
        assert b.most_at_once["key"] == 1


async def test_no_more_than_the_slots_run_at_once() -> None:
    async with bench(slots=2) as b:
        for key in "abc":
            b.held[key].clear()
            b.queue.add(key)
        await b.ran("a", "b")
        await turns()
        assert (b.started, b.queue.active, len(b.queue)) == (["a", "b"], 2, 1)
        b.release("a")
        await b.ran("a", "b", "c")


async def test_new_work_goes_before_resyncs() -> None:
    async with bench(slots=1) as b:
        await b.hold("first")
        b.queue.add_after("resync", 0)
        await eventually(lambda: len(b.queue) == 1, within=2)
        b.queue.add("new")
        b.release("first")
        await b.ran("first", "new", "resync")


async def test_a_resync_that_becomes_new_work_moves_ahead_and_runs_once() -> None:
    async with bench(slots=1) as b:
        await b.hold("first")
        for key in ("a", "b"):
            b.queue.add_after(key, 0)
        await eventually(lambda: len(b.queue) == 2, within=2)
        b.queue.add("b")
        b.release("first")
        await b.ran("first", "b", "a")
        await turns()
        assert b.started == ["first", "b", "a"]


@pytest.mark.parametrize(
    ("slots", "resyncs"),
    [
        pytest.param(4, 3, id="three of four slots"),
        pytest.param(8, 6, id="six of eight slots"),
        pytest.param(1, 1, id="the only slot"),
    ],
)
async def test_hanging_resyncs_leave_a_quarter_of_the_slots_free(slots: int, resyncs: int) -> None:
    async with bench(slots) as b:
        for number in range(slots + 1):
            b.held[f"resync {number}"].clear()
            b.queue.add_after(f"resync {number}", 0)
        await eventually(lambda: b.running.total() == resyncs, within=2)
        await turns()
        assert b.running.total() == resyncs
        if resyncs < slots:
            b.queue.add("new")
            await eventually(lambda: "new" in b.started, within=2)


async def test_a_resync_slot_that_gets_free_is_used_again() -> None:
    async with bench(slots=1) as b:
        for key in ("a", "b", "c"):
            b.queue.add_after(key, 0)
        await eventually(lambda: sorted(b.started) == ["a", "b", "c"], within=2)


async def test_an_interrupt_ends_the_run_and_starts_another() -> None:
    async with bench() as b:
        await b.hold("key")
        b.queue.add("key", interrupt=True)
        await b.ran("key", "key")
        assert b.cancelled == Counter({"key": 1})


async def test_an_addition_alone_interrupts_nothing() -> None:
    async with bench() as b:
        await b.hold("key")
        b.queue.add("key")
        await turns()
        assert (b.running["key"], b.cancelled) == (1, Counter())


async def test_a_removed_key_that_waits_does_not_run() -> None:
    async with bench(slots=1) as b:
        await b.hold("first")
        b.queue.add("gone")
        b.queue.remove("gone")
        b.release("first")
        await turns()
        assert b.started == ["first"]


async def test_a_removed_key_that_runs_is_ended_and_not_run_again() -> None:
    async with bench() as b:
        await b.hold("gone")
        b.queue.add("gone")
        b.queue.remove("gone")
        await eventually(lambda: b.queue.active == 0, within=2)
        await turns()
        assert (b.started, b.cancelled) == (["gone"], Counter({"gone": 1}))


async def test_a_removed_schedule_is_void() -> None:
    async with bench() as b:
        b.queue.add_after("gone", 0.02)
        b.queue.remove("gone")
        b.queue.add_after("other", 0.03)
        await b.ran("other")


async def test_a_key_that_comes_back_after_it_was_removed_runs_again() -> None:
    async with bench() as b:
        await b.hold("key")
        b.queue.remove("key")
        b.release("key")
        b.queue.add("key")
        await b.ran("key", "key")
        await eventually(lambda: not b.queue.active, within=2)
        assert b.most_at_once["key"] == 1


async def test_a_key_that_is_scheduled_while_its_removed_run_ends_runs_then() -> None:
    async with bench() as b:
        await b.hold("key")
        b.queue.remove("key")
        b.queue.add_after("key", 0)
        b.release("key")
        await b.ran("key", "key")


async def test_the_run_of_an_interrupted_key_that_was_not_started_yet_is_the_only_one() -> None:
    async with bench() as b:
        b.queue.add("key", interrupt=True)
        b.queue.add("key", interrupt=True)
        await b.ran("key")
        await turns()
        assert (b.started, b.cancelled) == (["key"], Counter())


@pytest.mark.parametrize("turns_later", range(5))
async def test_a_queue_ends_though_it_wakes_as_it_is_cancelled(turns_later: int) -> None:
    """asyncio.wait_for of Python 3.11 swallows a cancellation that comes with its end."""
    b = QueueHarness()
    running = asyncio.create_task(b.queue.run())
    b.queue.add_after("later", 60)
    await turns()
    b.queue.add("key")
    for _ in range(turns_later):
        await asyncio.sleep(0)
    running.cancel()
    await asyncio.wait({running}, timeout=1)
    assert running.cancelled()
