"""The ways in which a server that speaks HTTP can still be of no use.

What does not even speak HTTP is in `tests/hostile_server.py`.
"""

import asyncio
import gzip
import socket
import struct
from dataclasses import dataclass
from typing import Self

from aiohttp import web

HARD_CLOSE = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class Hang:
    """Take the request and never answer, as a stopped process or a sleeping model does."""


@dataclass(frozen=True)
class Reset:
    """Drop the connection without an answer."""


@dataclass(frozen=True)
class Drip:
    """Answer as usual, but one byte at a time."""

    every: float = 1.0


@dataclass(frozen=True)
class Answer:
    """Answer exactly this."""

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = (("content-type", "application/json"),)

    @classmethod
    def redirect(cls, location: str, status: int = 307) -> Self:
        return cls(status, headers=(("location", location),))

    @classmethod
    def gzipped(cls, body: bytes) -> Self:
        headers = (("content-type", "application/json"), ("content-encoding", "gzip"))
        return cls(200, gzip.compress(body), headers)


Fault = Hang | Reset | Drip | Answer


async def misbehave(
    fault: Fault, request: web.Request, usual: web.StreamResponse
) -> web.StreamResponse:
    """Answer wrongly; `usual` is what a healthy server would have said."""
    match fault:
        case Hang():
            await asyncio.Event().wait()
        case Reset():
            _reset(request)
        case Drip():
            return await _drip(fault, request, usual)
        case Answer():
            return web.Response(status=fault.status, body=fault.body, headers=fault.headers)
    return usual


def _reset(request: web.Request) -> None:
    transport = request.transport
    if transport is None:
        return
    connection = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, HARD_CLOSE)
    transport.abort()


async def _drip(fault: Drip, request: web.Request, usual: web.StreamResponse) -> web.StreamResponse:
    body = usual.body if isinstance(usual, web.Response) else None
    data = body if isinstance(body, bytes) else b"[DONE]"
    response = web.StreamResponse(headers={"content-length": str(len(data))})
    await response.prepare(request)
    for byte in data:
        await response.write(bytes([byte]))
        await asyncio.sleep(fault.every)
    return response
