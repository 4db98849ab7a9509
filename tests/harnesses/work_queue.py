"""A running work queue whose reconciles record what they do and wait where a test holds them."""

import asyncio
from collections import Counter, defaultdict
from contextlib import suppress
from types import TracebackType
from typing import Self

from openclaw_vllm.controllers.workqueue import WorkQueue
from tests.eventually import eventually


def _open() -> asyncio.Event:
    gate = asyncio.Event()
    gate.set()
    return gate


class TransientFailure(Exception):
    """A failure that needs no traceback."""


class QueueHarness:
    """Runs a queue. `held[key].clear()` makes the key's runs wait; their ends are those of
    `script[key]`, one after the other, and then `outcomes[key]`.
    """

    def __init__(self, slots: int = 4) -> None:
        self.queue = WorkQueue(
            self._reconcile,
            slots=slots,
            transient=(TransientFailure,),
            longest_backoff=lambda _: self.longest_backoff,
        )
        self.held: defaultdict[str, asyncio.Event] = defaultdict(_open)
        self.outcomes: dict[str, float | BaseException | None] = {}
        self.script: defaultdict[str, list[float | Exception]] = defaultdict(list)
        self.longest_backoff = 60.0
        self.started: list[str] = []
        self.times: list[float] = []
        self.ended: list[str] = []
        self.running: Counter[str] = Counter()
        self.most_at_once: Counter[str] = Counter()
        self.cancelled: Counter[str] = Counter()

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self.queue.run())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.stop()

    async def stop(self) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def hold(self, key: str) -> None:
        """Have the key in a run that does not end."""
        self.held[key].clear()
        self.queue.add(key)
        await eventually(lambda: self.running[key], within=2)

    def release(self, key: str) -> None:
        self.held[key].set()

    async def ran(self, *keys: str) -> None:
        """Wait until these runs were started, in this order, and no others."""
        await eventually(lambda: len(self.started) >= len(keys), within=2, describe=repr(keys))
        assert self.started == list(keys)

    async def _reconcile(self, key: str) -> float | None:
        self.started.append(key)
        self.times.append(asyncio.get_running_loop().time())
        self.running[key] += 1
        self.most_at_once[key] = max(self.most_at_once[key], self.running[key])
        try:
            await self.held[key].wait()
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            self.cancelled[key] += 1
            raise
        finally:
            await turns()  # what closing a connection takes
            self.running[key] -= 1
            self.ended.append(key)
        script = self.script[key]
        outcome = script.pop(0) if script else self.outcomes.get(key)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome


async def turns(count: int = 20) -> None:
    """Let everything that can run now do so."""
    for _ in range(count):
        await asyncio.sleep(0)
