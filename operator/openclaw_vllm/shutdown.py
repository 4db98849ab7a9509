"""Shutdown by signals, with a deadline: kopf replaces signal handlers, and may then never return.

A graceful shutdown is requested, and after GRACE the process exits: each write is one whole
request, so nothing can be left half-written.
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
