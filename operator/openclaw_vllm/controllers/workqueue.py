"""Work queue: one run per key, coalescing, resync, backoff with jitter, bounded concurrency.

A key is in at most one worker; whatever happens to it during a run means one more run. Work that
a user waits for goes before resyncs, and resyncs hold at most three quarters of the slots:
servers that hang keep only their own slots busy, and a changed spec never waits behind them.
"""

import asyncio
import logging
import math
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from openclaw_vllm.controllers.schedule import Schedule
from openclaw_vllm.edges.backoffs import jittered

Key = TypeVar("Key")
Reconcile = Callable[[Key], Awaitable[float | None]]

FIRST_BACKOFF = 0.5  # seconds; doubles with each failure in a row
MAX_BACKOFF = 60.0
MAX_TRANSIENT_BACKOFF = 5.0  # of transient errors, such as an API server that restarts
logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Item:
    """A key's state."""

    waits_in: deque[Any] | None = None  # of the two queues, for a slot
    dirty: bool = False  # added during its run
    removed: bool = False  # dropped when its run ends
    failures: int = 0  # in a row
    task: asyncio.Future[float | None] | None = None


class WorkQueue(Generic[Key]):
    """Calls `reconcile(key)` for keys that were added or are due.

    `reconcile` returns the seconds until it wants to run again, or None to remove the key. An
    exception means a retry with backoff; one of `transient` is retried within seconds, however
    long it lasts, and logged without its traceback.
    """

    def __init__(
        self,
        reconcile: Reconcile[Key],
        *,
        slots: int = 64,
        transient: tuple[type[Exception], ...] = (),
        longest_backoff: Callable[[Key], float] = lambda _: MAX_BACKOFF,
    ) -> None:
        self._reconcile = reconcile
        self._transient = transient
        self._longest_backoff = longest_backoff
        self.slots = slots
        self._resync_slots = max(1, slots * 3 // 4)
        self._items: dict[Key, _Item] = {}
        self._urgent: deque[Key] = deque()
        self._resyncs: deque[Key] = deque()
        self._schedule = Schedule[Key]()
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

    def add(self, key: Key, *, interrupt: bool = False) -> None:
        """Reconcile the key soon; `interrupt` ends a run that works on something outdated."""
        item = self._items.setdefault(key, _Item())
        item.removed = False
        if item.task is not None:
            item.dirty = True
            if interrupt:
                item.task.cancel()
        elif item.waits_in is not self._urgent:
            self._enqueue(key, item, self._urgent)

    def add_after(self, key: Key, delay: float) -> None:
        """Reconcile the key as a resync in `delay` seconds; the latest schedule counts.

        A key whose last run has not ended is reconciled again as soon as it has.
        """
        item = self._items.setdefault(key, _Item())
        if item.removed:
            self.add(key)
            return
        self._schedule.put(key, asyncio.get_running_loop().time() + delay)
        self._wake.set()

    def remove(self, key: Key) -> None:
        """Drop the key and end its run; one that is added again waits until that has ended."""
        item = self._items.get(key)
        if item is not None and item.task is not None:
            item.removed, item.dirty = True, False
            item.task.cancel()
        elif item is not None:
            self._drop(key)

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

    def _drop(self, key: Key) -> None:
        del self._items[key]
        self._schedule.drop(key)

    def _enqueue(self, key: Key, item: _Item, queue: deque[Key]) -> None:
        item.waits_in = queue
        queue.append(key)
        self._wake.set()

    async def _sleep(self) -> None:
        """Sleep until something is added, a slot gets free or the next key is due.

        Without asyncio.wait_for, which swallows a cancellation that comes with the end (Python
        3.11), and makes a task of each sleep.
        """
        due = self._schedule.next_due
        timer = None if due is None else asyncio.get_running_loop().call_at(due, self._wake.set)
        try:
            await self._wake.wait()
        finally:
            if timer is not None:
                timer.cancel()

    def _collect_due(self) -> None:
        for key in self._schedule.pop_due(asyncio.get_running_loop().time()):
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

    def _start(self, queue: deque[Key]) -> None:
        """Start the first key of a queue, unless it was removed or moved to the other one since."""
        key = queue.popleft()
        item = self._items.get(key)
        if item is None or item.waits_in is not queue:
            return
        item.waits_in = None
        resync = queue is self._resyncs
        self._running_resyncs += resync
        item.task = asyncio.ensure_future(self._reconcile(key))
        self._running.add(item.task)

        def on_done(task: asyncio.Future[float | None]) -> None:
            self._running.discard(task)
            self._running_resyncs -= resync
            self._settle(key, item, task)
            self._wake.set()

        item.task.add_done_callback(on_done)

    def _settle(self, key: Key, item: _Item, task: asyncio.Future[float | None]) -> None:
        """Decide when the key runs again: at once, after its delay, after a backoff, or never."""
        item.task = None
        delay: float | None = None
        if task.cancelled():
            delay = self._backoff(key, item)
        elif error := task.exception():
            is_transient = isinstance(error, self._transient)
            delay = self._backoff(key, item, MAX_TRANSIENT_BACKOFF if is_transient else math.inf)
            trace = None if is_transient else error
            logger.warning("%s, again in %.1f s", error, delay, exc_info=trace, extra={"key": key})
        else:
            item.failures = 0
            delay = task.result()
        if item.dirty:
            item.dirty = False
            self.add(key)
        elif item.removed or delay is None:
            self._drop(key)
        else:
            self.add_after(key, delay)

    def _backoff(self, key: Key, item: _Item, longest: float = math.inf) -> float:
        delay: float = FIRST_BACKOFF * 2 ** min(item.failures, 16)
        item.failures += 1
        return min(jittered(delay), self._longest_backoff(key), longest)
