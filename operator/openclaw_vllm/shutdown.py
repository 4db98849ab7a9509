"""How the process is told to end: kopf takes the signals for itself, and may then never come back.

Ending in good order is asked for, and after GRACE it is no longer waited for: each write is one
whole request, so nothing can be left half-written.
"""

import asyncio
import logging
import os
import signal
from threading import Timer

GRACE = 8.0  # seconds, of the 10 that the operator promises

logger = logging.getLogger(__name__)


def listen_for_signals(stop: asyncio.Event) -> None:
    """Set `stop` on SIGTERM and SIGINT; the process ends GRACE seconds later at the latest."""

    def end() -> None:
        stop.set()
        logger.info("ending")
        last = Timer(GRACE, os._exit, (0,))
        last.daemon = True
        last.start()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end)


async def take_signals_back(stop: asyncio.Event, *, after: asyncio.Event) -> None:
    """Listen again `after` kopf has started, which took the signals over; end with `stop`."""
    await after.wait()
    listen_for_signals(stop)
    await stop.wait()
