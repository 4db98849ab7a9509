"""Work that runs beside the watches for as long as the process: when one part ends, all do."""

import asyncio
from collections.abc import Coroutine


class Tasks:
    """Keeps tasks; `stop` is set as soon as one of them has ended by itself."""

    def __init__(self, stop: asyncio.Event) -> None:
        self._stop = stop
        self._tasks: list[asyncio.Task[None]] = []
        self.failure: Exception | None = None

    @property
    def have_ended(self) -> bool:
        """Whether one has ended that should not have."""
        return any(task.done() for task in self._tasks)

    def keep(self, work: Coroutine[None, None, None]) -> None:
        """Run it; if it ends by itself, the others end with it."""

        def ended(_: object) -> None:
            self._stop.set()
            for other in self._tasks:
                other.cancel()  # at once: kopf ends in its own time, and a leader may be lost

        task = asyncio.create_task(work)
        task.add_done_callback(ended)
        self._tasks.append(task)

    async def end(self) -> None:
        """Cancel all, wait for them, and keep in `failure` what ended one of them before."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(outcome, Exception):
                self.failure = outcome
