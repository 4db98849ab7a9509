"""Secrets and users' ConfigMaps, read by name when needed, and anew when they may be stale.

Secrets are never listed or watched: a read permission for a name is less than one for all. So a
reading has an age, and each use says how old it may be.
"""

import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.problem import Problem

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class _Reading(Generic[Value]):
    value: Value
    at: float


class Readings(Generic[Value]):
    """Readings of one kind of object; `read` asks the API server for one by name."""

    def __init__(self, read: Callable[[ObjectKey], Awaitable[Value | Problem]]) -> None:
        self._read = read
        self._readings: dict[ObjectKey, _Reading[Value]] = {}
        self._under_way: dict[ObjectKey, set[object]] = {}

    async def get(self, key: ObjectKey, *, max_age: float) -> Value | Problem:
        """Return the object as it was at most `max_age` seconds ago; 0 reads it anew.

        That it is missing is not kept: creating the object heals at the next try.
        """
        reading = self._readings.get(key)
        if reading is not None and time.monotonic() - reading.at < max_age:
            return reading.value
        return await self._anew(key)

    def forget(self, keys: Iterable[ObjectKey]) -> None:
        """Drop readings: of objects that changed, or that nobody names any more.

        Those under way too: their answer may be of before the change.
        """
        for key in keys:
            self._readings.pop(key, None)
            self._under_way.pop(key, None)

    async def _anew(self, key: ObjectKey) -> Value | Problem:
        mine = object()
        self._under_way.setdefault(key, set()).add(mine)
        try:
            value = await self._read(key)
        finally:
            is_wanted = self._end(key, mine)
        if isinstance(value, Problem):
            self._readings.pop(key, None)
        elif is_wanted:
            self._readings[key] = _Reading(value, time.monotonic())
        return value

    def _end(self, key: ObjectKey, reading: object) -> bool:
        """Take a reading off those under way; False when it was forgotten meanwhile."""
        others = self._under_way.get(key, set())
        if reading not in others:
            return False
        others.remove(reading)
        if not others:
            del self._under_way[key]
        return True
