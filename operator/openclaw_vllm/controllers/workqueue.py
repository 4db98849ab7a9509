"""One run per key: coalescing, resync, backoff with jitter, bounded concurrency.

A key is in at most one worker; whatever happens to it during a run means one more run. Work that
somebody waits for goes before resyncs, and resyncs hold at most three quarters of the slots:
servers that hang keep only their own slots busy, and a changed spec never waits behind them.
"""

import asyncio
import heapq
import logging
import math
import random
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from typing import Any, Generic, TypeVar

Key = TypeVar("Key")
Reconcile = Callable[[Key], Awaitable[float | None]]

FIRST_BACKOFF = 0.5  # seconds; doubles with each failure in a row
MAX_BACKOFF = 60.0
MAX_PASSING_BACKOFF = 5.0  # of what passes by itself, such as an API server that restarts
FEW = 64  # void schedules that are not worth clearing away
logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Item:
    """A key's state: `due` is the time of its latest schedule, so older heap entries are void."""

    waits_in: deque[Any] | None = None
    dirty: bool = False
    forgotten: bool = False
    failures: int = 0
    due: float | None = None
    task: asyncio.Future[float | None] | None = None


class WorkQueue(Generic[Key]):
    """Calls `reconcile(key)` for keys that were added or are due.

    `reconcile` returns the seconds until it wants to run again, or None to forget the key. An
    exception means a retry with backoff; one of `passing` is retried within seconds for as long as
    it lasts, and logged without its traceback.
    """

    def __init__(
        self,
        reconcile: Reconcile[Key],
        *,
        slots: int = 64,
        passing: tuple[type[Exception], ...] = (),
        longest_backoff: Callable[[Key], float] = lambda _: MAX_BACKOFF,
    ) -> None:
        self._reconcile = reconcile
        self._passing = passing
        self._longest_backoff = longest_backoff
        self.slots = slots
        self._resync_slots = max(1, slots * 3 // 4)
        self._items: dict[Key, _Item] = {}
        self._urgent: deque[Key] = deque()
        self._resyncs: deque[Key] = deque()
        self._heap: list[tuple[float, int, Key]] = []
        self._sequence = count()
        self._running: set[asyncio.Future[float | None]] = set()
        self._running_resyncs = 0
        self._wake = asyncio.Event()

    def __len__(self) -> int:
        """Return how many keys wait for a slot."""
        return len(self._urgent) + len(self._resyncs)

    @property
    def active(self) -> int:
        """How many keys are being reconciled."""
        return len(self._running)

    @property
    def scheduled(self) -> int:
        """How many schedules are kept, replaced ones included."""
        return len(self._heap)

    def add(self, key: Key, *, interrupt: bool = False) -> None:
        """Reconcile the key soon; `interrupt` ends a run that works on something outdated."""
        item = self._items.setdefault(key, _Item())
        item.forgotten = False
        if item.task is not None:
            item.dirty = True
            if interrupt:
                item.task.cancel()
        elif item.waits_in is not self._urgent:
            self._enqueue(key, item, self._urgent)

    def add_after(self, key: Key, delay: float) -> None:
        """Reconcile the key as a resync in `delay` seconds; the latest schedule counts.

        A key that is being reconciled for the last time is reconciled anew at once.
        """
        item = self._items.setdefault(key, _Item())
        if item.forgotten:
            self.add(key)
            return
        item.due = asyncio.get_running_loop().time() + delay
        heapq.heappush(self._heap, (item.due, next(self._sequence), key))
        if len(self._heap) > 2 * len(self._items) + FEW:
            self._clear_away_void()
        self._wake.set()

    def forget(self, key: Key) -> None:
        """Drop the key and end its run; one that is added again waits until that has ended."""
        item = self._items.get(key)
        if item is not None and item.task is not None:
            item.forgotten, item.dirty = True, False
            item.task.cancel()
        elif item is not None:
            del self._items[key]

    async def run(self) -> None:
        """Work until cancelled; then wait until the runs under way have ended."""
        try:
            while True:
                self._wake.clear()
                self._collect_due()
                self._start_waiting()
                await self._sleep()
        finally:
            running = tuple(self._running)
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    def _clear_away_void(self) -> None:
        """Drop the schedules that later ones replaced: they would stay until they are due."""
        self._heap = [entry for entry in self._heap if self._is_latest(entry)]
        heapq.heapify(self._heap)

    def _is_latest(self, entry: tuple[float, int, Key]) -> bool:
        due, _, key = entry
        item = self._items.get(key)
        return item is not None and item.due == due

    def _enqueue(self, key: Key, item: _Item, line: deque[Key]) -> None:
        item.waits_in = line
        line.append(key)
        self._wake.set()

    async def _sleep(self) -> None:
        """Sleep until something is added, a slot gets free or the next key is due."""
        delay = self._heap[0][0] - asyncio.get_running_loop().time() if self._heap else None
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), delay)

    def _collect_due(self) -> None:
        now = asyncio.get_running_loop().time()
        while self._heap and self._heap[0][0] <= now:
            entry = heapq.heappop(self._heap)
            if not self._is_latest(entry):
                continue
            key = entry[2]
            item = self._items[key]
            if item.waits_in is None and item.task is None:
                self._enqueue(key, item, self._resyncs)

    def _start_waiting(self) -> None:
        while len(self._running) < self.slots:
            if self._urgent:
                self._start(self._urgent)
            elif self._resyncs and self._running_resyncs < self._resync_slots:
                self._start(self._resyncs)
            else:
                return

    def _start(self, line: deque[Key]) -> None:
        """Start the first of a line, unless it was forgotten or moved to the other line since."""
        key = line.popleft()
        item = self._items.get(key)
        if item is None or item.waits_in is not line:
            return
        item.waits_in = None
        resync = line is self._resyncs
        self._running_resyncs += resync
        item.task = asyncio.ensure_future(self._reconcile(key))
        self._running.add(item.task)

        def ended(task: asyncio.Future[float | None]) -> None:
            self._running.discard(task)
            self._running_resyncs -= resync
            self._settle(key, item, task)
            self._wake.set()

        item.task.add_done_callback(ended)

    def _settle(self, key: Key, item: _Item, task: asyncio.Future[float | None]) -> None:
        """Decide when the key runs again: at once, as it asked, after a backoff, or never."""
        item.task = None
        delay: float | None = None
        if task.cancelled():
            delay = self._backoff(key, item)
        elif error := task.exception():
            passes = isinstance(error, self._passing)
            delay = self._backoff(key, item, MAX_PASSING_BACKOFF if passes else math.inf)
            trace = None if passes else error
            logger.warning("%s, again in %.1f s", error, delay, exc_info=trace, extra={"key": key})
        else:
            item.failures = 0
            delay = task.result()
        if item.dirty:
            item.dirty = False
            self.add(key)
        elif item.forgotten or delay is None:
            del self._items[key]
        else:
            self.add_after(key, delay)

    def _backoff(self, key: Key, item: _Item, longest: float = math.inf) -> float:
        delay: float = FIRST_BACKOFF * 2 ** min(item.failures, 16)
        item.failures += 1
        jitter = random.uniform(0.75, 1.25)  # noqa: S311 jitter needs no secrecy
        return min(delay * jitter, self._longest_backoff(key), longest)
