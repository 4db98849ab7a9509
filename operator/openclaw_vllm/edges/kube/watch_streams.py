"""Bodies of watch responses, as kopf reads them: what is not a watch any more asks for a list anew.

kopf lists again after an error event of 410, and ends, with the process, after any other. A list by
watching that breaks off half-way it resumes from the last object, though the API server sends them
in no order; and it waits for the end of such a list for ever (kopf 1.45.2).
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp

from openclaw_vllm.edges.kube.watches import Watch, Watches

END_OF_LIST = b"k8s.io/initial-events-end"  # an annotation of the bookmark that ends a list
RELIST = b'{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired"}}\n'
RELIST_PAUSE = 1.0  # seconds; kopf itself waits 0.1
ERROR_LINE = b'\n{"type":"ERROR"'  # a regular expression took half a watch's CPU of large objects
LONGEST_SILENCE = 5.0  # seconds in a list by watching: its end follows the last object at once
LONGEST_LIST = 60.0  # seconds; where objects change all the time there is no silence

FallBack = Callable[[str], None]  # takes the reason


class ExpiredStream:
    """The stream of a watch that has to list again."""

    def __init__(self, content: aiohttp.StreamReader) -> None:
        self._content = content

    async def iter_chunked(self, _: int) -> AsyncIterator[bytes]:
        """Yield the event after a pause: what answers so may go on for a while."""
        await asyncio.sleep(RELIST_PAUSE)
        yield RELIST

    def __getattr__(self, name: str) -> Any:
        return getattr(self._content, name)


class WatchStream(ExpiredStream):
    """A stream that records activity, and lists again after any error event.

    It yields whole lines: where a connection is cut, kopf would end on half an event.
    """

    def __init__(self, content: aiohttp.StreamReader, watches: Watches, watch: Watch) -> None:
        super().__init__(content)
        self._watches = watches
        self._watch = watch

    async def iter_chunked(self, size: int) -> AsyncIterator[bytes]:
        """Yield events; kopf asks for the next when it has dispatched those before."""
        rest: list[bytes] = []  # of a line that has not ended, which may be long: joined once
        async for chunk in self._content.iter_chunked(size):
            self._watches.record_activity(self._watch)
            end = chunk.rfind(b"\n") + 1
            events = b"".join((*rest, chunk[:end])) if end else b""
            rest = [chunk[end:]] if end else [*rest, chunk]
            if (error := (b"\n" + events).find(ERROR_LINE)) >= 0:
                yield events[:error]
                async for event in super().iter_chunked(size):
                    yield event
                return
            yield events


class ListStream(WatchStream):
    """A stream that begins with a list, and lists again unless that comes to its end.

    `fall_back` is called when the end does not come; without it there is nothing to fall back to,
    and a silence is no reason to give up.
    """

    def __init__(
        self,
        content: aiohttp.StreamReader,
        watches: Watches,
        watch: Watch,
        fall_back: FallBack | None,
    ) -> None:
        super().__init__(content, watches, watch)
        self._fall_back = fall_back

    async def iter_chunked(self, size: int) -> AsyncIterator[bytes]:
        """Yield events; the list has ended when kopf asks for more than its end."""
        stream = super().iter_chunked(size)
        async for events in self._list(stream):
            yield events
            if END_OF_LIST in events:
                self._watches.record_end_of_list(self._watch)
                async for later in stream:
                    yield later
                return
        async for event in ExpiredStream.iter_chunked(self, size):
            yield event

    async def _list(self, stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Yield events until the stream ends, breaks off, or is silent for too long."""
        clock = asyncio.get_running_loop().time
        silence = LONGEST_LIST if self._fall_back is None else LONGEST_SILENCE
        deadline = clock() + LONGEST_LIST
        try:
            while True:
                async with asyncio.timeout(min(silence, deadline - clock())):
                    events = await anext(stream)
                yield events
        except (StopAsyncIteration, aiohttp.ClientError):
            return
        except TimeoutError:
            if self._fall_back is not None:
                self._fall_back("no bookmark ends it")
