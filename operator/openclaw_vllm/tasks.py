"""Background tasks of the process: when one ends, all do."""

import asyncio
from collections.abc import Coroutine


class Tasks:
    """Runs tasks; `stop` is set as soon as one of them ends on its own."""

    def __init__(self, stop: asyncio.Event) -> None:
        self._stop = stop
        self._tasks: list[asyncio.Task[None]] = []
        self.failure: Exception | None = None

    @property
    def have_ended(self) -> bool:
        """Whether a task has ended on its own."""
        return any(task.done() for task in self._tasks)

    def keep(self, coroutine: Coroutine[None, None, None]) -> None:
        """Run a coroutine as a task; if it ends on its own, the others end with it."""

        def end_others(_: object) -> None:
            self._stop.set()
            for other in self._tasks:
                other.cancel()  # at once: kopf ends in its own time, and a leader may be lost

        task = asyncio.create_task(coroutine)
        task.add_done_callback(end_others)
        self._tasks.append(task)

    async def end(self) -> None:
        """Cancel all tasks and wait; an error that ended one before is stored in `failure`."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(outcome, Exception):
                self.failure = outcome
