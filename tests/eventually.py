"""The one way in which tests wait: for a condition, never for a time.

A predicate returns what it saw, and a true value ends the wait. An AssertionError in it means
"not yet", so that the `assert` lines of a test can be waited for, and so does a LookupError: a
status lacks its fields until it is written. Any other error is raised.
"""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar, overload

Value = TypeVar("Value")

EVERY = 0.02  # seconds between two looks


def eventually_sync(
    predicate: Callable[[], Value], *, within: float, describe: str = "the condition"
) -> Value:
    """Wait until the predicate returns a true value, and return it."""
    deadline = time.monotonic() + within
    while True:
        try:
            result: object = (value := predicate())
            if value:
                return value
        except (AssertionError, LookupError) as error:
            result = error
        _give_up_after(deadline, within, describe, result)
        time.sleep(EVERY)


@overload
async def eventually(
    predicate: Callable[[], Awaitable[Value]], *, within: float, describe: str = ...
) -> Value: ...
@overload
async def eventually(
    predicate: Callable[[], Value], *, within: float, describe: str = ...
) -> Value: ...
async def eventually(
    predicate: Callable[[], object], *, within: float, describe: str = "the condition"
) -> object:
    """Wait like eventually_sync, for a plain or async predicate, while the loop goes on."""
    deadline = time.monotonic() + within
    while True:
        try:
            result = predicate()
            if inspect.isawaitable(result):
                result = await result
            if result:
                return result
        except (AssertionError, LookupError) as error:
            result = error
        _give_up_after(deadline, within, describe, result)
        await asyncio.sleep(EVERY)


def _give_up_after(deadline: float, within: float, describe: str, result: object) -> None:
    if time.monotonic() > deadline:
        raise AssertionError(f"Not within {within} s: {describe}. Last seen: {result!r}")
