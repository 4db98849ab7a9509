"""One HTTP/1.1 request and its response, over a connection of their own, by h11.

httpcore's connections do the same with locks, traces and states for requests that share one: half
of the CPU of a probe (measured).
"""

from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import h11
import httpcore

LONGEST_HEAD = 100 * 1024  # bytes of a response's status line and headers, or of a chunk's line


class NoAnswerError(httpcore.RemoteProtocolError):
    """The connection ended before anything of a response came."""


class Exchange:
    """A request and its response; raises what the stream raises, and h11.ProtocolError."""

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream
        self._state = h11.Connection(h11.CLIENT, max_incomplete_event_size=LONGEST_HEAD)

    async def send(self, request: h11.Request, body: bytes) -> h11.Response:
        """Send the request, and return the head of its response."""
        data = self._state.send(request) or b""
        if body:
            data += self._state.send(h11.Data(body)) or b""
        data += self._state.send(h11.EndOfMessage()) or b""
        with suppress(httpcore.WriteError):  # a server may answer and close before it was asked
            await self._stream.write(data)
        while not isinstance(event := await self._receive(), h11.Response):
            continue  # an informational one precedes it
        return event

    async def body(self) -> AsyncIterator[bytes]:
        """Yield the response's body as it comes."""
        while isinstance(event := await self._receive(), h11.Data):
            yield bytes(event.data)

    async def close(self) -> None:
        """Close the connection."""
        await self._stream.aclose()

    async def _receive(self) -> Any:
        """Return the next event of h11, which has no common class for them."""
        while (event := self._state.next_event()) is h11.NEED_DATA:
            data = await self._stream.read(LONGEST_HEAD)
            if not data and self._state.their_state is h11.SEND_RESPONSE:
                raise NoAnswerError
            self._state.receive_data(data)
        return event
