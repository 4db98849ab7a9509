"""Coalescing of bursts: the first call acts at once, those soon after it act together."""

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

Key = TypeVar("Key")

WINDOW = 0.2  # seconds after a call in which others act together


class Coalescer(Generic[Key]):
    """Calls `act(key)` at the first call for a key, and after its window again if others came."""

    def __init__(self, act: Callable[[Key], None]) -> None:
        self._act = act
        self._repeated: dict[Key, bool] = {}  # keys within their window: whether others came

    def __call__(self, key: Key) -> None:
        """Act now, or at the end of the window that runs."""
        if key in self._repeated:
            self._repeated[key] = True
        else:
            self._begin(key)

    def _begin(self, key: Key) -> None:
        self._repeated[key] = False
        asyncio.get_running_loop().call_later(WINDOW, self._end, key)
        self._act(key)

    def _end(self, key: Key) -> None:
        if self._repeated.pop(key):
            self._begin(key)
