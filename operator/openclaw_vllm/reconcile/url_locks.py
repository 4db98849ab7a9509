"""Locks by URL: a server gets some requests one at a time."""

import asyncio
from weakref import WeakValueDictionary


class UrlLocks:
    """One lock for each URL, for as long as a task holds it or waits for it."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def of(self, url: str) -> asyncio.Lock:
        """Return the lock of a URL."""
        return self._locks.setdefault(url, asyncio.Lock())
