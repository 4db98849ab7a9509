"""Read-through cache of Secrets and users' ConfigMaps, with an age limit per use.

Secrets are never listed or watched: permission to read one name is less than to read all. So a
reading has an age, and each use says how old it may be.
"""

import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.problem import Problem

Value = TypeVar("Value")
Read = Callable[[ObjectKey], Awaitable[Value | Problem]]


@dataclass(frozen=True, slots=True)
class _Reading(Generic[Value]):
    value: Value
    read_at: float


class Readings(Generic[Value]):
    """Readings of one kind of object; `read` gets one by name from the API server."""

    def __init__(self, read: Read[Value]) -> None:
        self._read = read
        self._readings: dict[ObjectKey, _Reading[Value]] = {}
        self._in_flight: dict[ObjectKey, set[object]] = {}

    async def get(self, key: ObjectKey, *, max_age: float) -> Value | Problem:
        """Return the object as it was at most `max_age` seconds ago; 0 reads it again.

        A Problem is not cached: once the object is created, the next read returns it.
        """
        reading = self._readings.get(key)
        if reading is not None and time.monotonic() - reading.read_at < max_age:
            return reading.value
        return await self._read_again(key)

    def forget(self, keys: Iterable[ObjectKey]) -> None:
        """Drop readings of objects that changed, or that nothing refers to any more.

        Those in flight too: they may date from before the change.
        """
        for key in keys:
            self._readings.pop(key, None)
            self._in_flight.pop(key, None)

    async def _read_again(self, key: ObjectKey) -> Value | Problem:
        token = object()
        self._in_flight.setdefault(key, set()).add(token)
        try:
            value = await self._read(key)
        finally:
            is_current = self._finish(key, token)
        if isinstance(value, Problem):
            self._readings.pop(key, None)
        elif is_current:
            self._readings[key] = _Reading(value, time.monotonic())
        return value

    def _finish(self, key: ObjectKey, token: object) -> bool:
        """Remove a reading from those in flight; False when it was forgotten meanwhile."""
        tokens = self._in_flight.get(key, set())
        if token not in tokens:
            return False
        tokens.remove(token)
        if not tokens:
            del self._in_flight[key]
        return True
