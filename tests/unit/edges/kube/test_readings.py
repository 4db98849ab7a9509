"""What is read by name: how long it is kept, and that a change is never missed."""

import asyncio
from dataclasses import dataclass, field

import pytest

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.edges.kube.readings import Readings
from tests.eventually import eventually

KEY, OTHER = ObjectKey("agents", "corp-ca"), ObjectKey("agents", "other")
MISSING = Problem(Reason.CA_BUNDLE_NOT_FOUND, "missing")
LONG = 600.0
ANEW = "read anew"


@dataclass
class Slow:
    """An API server whose answers wait until a test gives them, and later come at once."""

    requests: list[asyncio.Future[str | Problem]] = field(default_factory=list)
    at_once: str = ""

    async def read(self, _: ObjectKey) -> str | Problem:
        if self.at_once:
            return self.at_once
        self.requests.append(asyncio.get_running_loop().create_future())
        return await self.requests[-1]


Pending = asyncio.Task[str | Problem]


async def begun(slow: Slow, readings: Readings[str], key: ObjectKey = KEY) -> Pending:
    """Ask for an object and return once the API server has been asked."""
    current = len(slow.requests)
    pending = asyncio.create_task(readings.get(key, max_age=LONG))
    await eventually(lambda: len(slow.requests) > current, within=2)
    return pending


async def answered(
    slow: Slow, number: int, value: str | Problem, pending: Pending
) -> str | Problem:
    slow.requests[number].set_result(value)
    return await pending


async def later(slow: Slow, readings: Readings[str], key: ObjectKey = KEY) -> str | Problem:
    """What the next one gets: what is kept, or `ANEW` when the API server is asked."""
    slow.at_once = ANEW
    return await readings.get(key, max_age=LONG)


@pytest.fixture
def slow() -> Slow:
    return Slow()


@pytest.fixture
def readings(slow: Slow) -> Readings[str]:
    return Readings(slow.read)


async def test_a_reading_is_kept(slow: Slow, readings: Readings[str]) -> None:
    assert await answered(slow, 0, "old", await begun(slow, readings)) == "old"
    assert await later(slow, readings) == "old"
    assert await later(slow, readings, OTHER) == ANEW


async def test_what_is_missing_is_asked_for_again(slow: Slow, readings: Readings[str]) -> None:
    assert await answered(slow, 0, MISSING, await begun(slow, readings)) == MISSING
    assert await later(slow, readings) == ANEW


async def test_a_change_while_it_is_read_is_not_missed(slow: Slow, readings: Readings[str]) -> None:
    pending = await begun(slow, readings)
    readings.forget([KEY])
    assert await answered(slow, 0, "old", pending) == "old"
    assert await later(slow, readings) == ANEW


async def test_a_reading_that_began_after_the_change_is_kept_whichever_answers_first(
    slow: Slow, readings: Readings[str]
) -> None:
    before = await begun(slow, readings)
    readings.forget([KEY])
    after = await begun(slow, readings)
    assert await answered(slow, 1, "new", after) == "new"
    assert await answered(slow, 0, "old", before) == "old"
    assert await later(slow, readings) == "new"


async def test_the_old_answer_does_not_end_the_reading_that_began_later(
    slow: Slow, readings: Readings[str]
) -> None:
    before = await begun(slow, readings)
    readings.forget([KEY])
    after = await begun(slow, readings)
    await answered(slow, 0, "old", before)
    readings.forget([KEY])
    await answered(slow, 1, "new, and changed again", after)
    assert await later(slow, readings) == ANEW


async def test_a_change_of_one_object_leaves_the_readings_of_others(
    slow: Slow, readings: Readings[str]
) -> None:
    pending = await begun(slow, readings)
    readings.forget([OTHER])
    await answered(slow, 0, "old", pending)
    assert await later(slow, readings) == "old"


@pytest.mark.parametrize("ends", ["answered", "missing", "failed", "cancelled", "forgotten"])
async def test_nothing_is_held_for_a_reading_that_was(
    slow: Slow, readings: Readings[str], ends: str
) -> None:
    pending = await begun(slow, readings)
    match ends:
        case "answered":
            slow.requests[0].set_result("old")
        case "missing":
            slow.requests[0].set_result(MISSING)
        case "failed":
            slow.requests[0].set_exception(OSError())
        case "cancelled":
            pending.cancel()
        case "forgotten":
            readings.forget([KEY])
            slow.requests[0].set_result("old")
    await asyncio.wait([pending])
    assert vars(readings)["_in_flight"] == {}
