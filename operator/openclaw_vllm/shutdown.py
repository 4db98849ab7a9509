"""Shutdown by signals, with a deadline: kopf replaces signal handlers, and may then never return.

A graceful shutdown is requested, and after GRACE the process exits: each write is one whole
request, so nothing can be left half-written.
"""

import asyncio
import logging
import os
import signal
from collections.abc import Collection
from threading import Timer
from typing import Any

GRACE = 8.0  # seconds, of the 10 that the operator promises
PATIENCE = 2.0  # seconds until what was cancelled is cancelled again

logger = logging.getLogger(__name__)


def listen_for_signals(stop: asyncio.Event) -> None:
    """Set `stop` on SIGTERM and SIGINT; the process ends GRACE seconds later at the latest."""

    def end() -> None:
        stop.set()
        logger.info("ending")
        timer = Timer(GRACE, os._exit, (0,))
        timer.daemon = True
        timer.start()

    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_number, end)


async def take_signals_back(stop: asyncio.Event, *, after: asyncio.Event) -> None:
    """Listen again `after` kopf has started, which replaced the handlers; end with `stop`."""
    await after.wait()
    listen_for_signals(stop)
    await stop.wait()


async def cancel_until_done(
    running: asyncio.Task[None], others: Collection[asyncio.Task[Any]], *, spared: str
) -> None:
    """Wait for `running`, which ends what was started beside `others`; cancel that while it stays,
    but for tasks whose names begin with `spared`: those end with what waits for them.

    kopf leaves its watches alone when one has failed. It cancels them five seconds later together
    with their pause-waiters, and a watch whose waiter is the first to end goes on (kopf 1.45.2).
    """
    while not running.done():
        await asyncio.wait({running}, timeout=PATIENCE)
        for task in asyncio.all_tasks().difference(others, {running}):
            if not task.get_name().startswith(spared):
                task.cancel()
