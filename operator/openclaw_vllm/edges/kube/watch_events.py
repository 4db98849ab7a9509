"""Delivery of watch events to their handlers, past kopf's queues.

kopf runs a task, a chain of handlers and a memory for each object that an event is about: a sixth
of the CPU of a burst, most of the CPU and of the memory of a start with many objects (measured). It
keeps what is hard about a watch: to log in, to open it again, and to list again when it is lost.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any, cast

import aiohttp

from openclaw_vllm.edges.kube.watch_streams import END_OF_LIST, ExpiredStream

OnEvent = Callable[[str | None, dict[str, Any]], None]  # takes an event's type and its object

OBJECTS = ("ADDED", "MODIFIED", "DELETED")  # types of events; others are bookmarks and errors
AT_ONCE = 20  # events that are handled before others may run

logger = logging.getLogger(__name__)


class DeliveringStream(ExpiredStream):
    """The stream of a watch that hands every event to `on_event`.

    kopf reads its bookmarks and errors, and after the list that it may begin with also how far the
    events have come, as bookmarks: it goes on from there when the watch is opened again.
    """

    def __init__(self, content: ExpiredStream, on_event: OnEvent, *, listing: bool) -> None:
        super().__init__(cast(aiohttp.StreamReader, content))
        self._on_event = on_event
        self._listing = listing

    async def iter_chunked(self, size: int) -> AsyncIterator[bytes]:
        """Yield what kopf has to know, when the events before it were handled."""
        async for lines in self._content.iter_chunked(size):
            version = ""
            for number, line in enumerate(lines.splitlines(), start=1):
                event = json.loads(line)
                if event["type"] in OBJECTS:
                    version = self._deliver(event)
                else:
                    self._listing = self._listing and END_OF_LIST not in line
                    version = ""
                    yield line + b"\n"
                if number % AT_ONCE == 0:
                    await asyncio.sleep(0)
            if version and not self._listing:
                yield _bookmark(version)

    def _deliver(self, event: dict[str, Any]) -> str:
        """Hand an event to its handler; return the version that the watch has come to."""
        metadata = event["object"]["metadata"]
        try:
            self._on_event(event["type"], event["object"])
        except Exception:
            logger.exception("an event of %s cannot be handled", metadata.get("name"))
        return str(metadata["resourceVersion"])


def _bookmark(version: str) -> bytes:
    bookmark = {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": version}}}
    return json.dumps(bookmark).encode() + b"\n"
