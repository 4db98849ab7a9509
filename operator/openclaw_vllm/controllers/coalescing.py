"""Coalescing of bursts: the first call acts at once, those soon after it act together."""

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

Key = TypeVar("Key")

MOMENT = 0.2  # seconds


class Coalescer(Generic[Key]):
    """Calls `act(key)` at the first call for a key, and once more a moment later if others came."""

    def __init__(self, act: Callable[[Key], None]) -> None:
        self._act = act
        self._repeated: dict[Key, bool] = {}  # keys within their moment: whether others came

    def __call__(self, key: Key) -> None:
        """Act now, or at the end of the moment that runs."""
        if key in self._repeated:
            self._repeated[key] = True
        else:
            self._begin(key)

    def _begin(self, key: Key) -> None:
        self._repeated[key] = False
        asyncio.get_running_loop().call_later(MOMENT, self._end, key)
        self._act(key)

    def _end(self, key: Key) -> None:
        if self._repeated.pop(key):
            self._begin(key)
