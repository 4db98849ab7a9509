"""An HTTP proxy before the API server, as companies have one: it tunnels what CONNECT names.

It knows no DNS but the names of the API server: whatever is named leads there.
"""

import asyncio
from base64 import b64decode
from contextlib import suppress
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from tests.apiserver.servers import ServerThread
from tests.controlplane.plane import ControlPlane

CHUNK = 2**16
END_OF_HEAD = b"\r\n\r\n"
BASIC = b"proxy-authorization: basic "


class ForwardProxy:
    """Tunnels to the API server, and remembers where to and as whom it was asked."""

    def __init__(self, thread: ServerThread, plane: ControlPlane) -> None:
        self.asked: list[tuple[str, str]] = []  # what CONNECT named, and user and password
        self.refusal = ""  # status and reason with which it opens no tunnel
        self._thread = thread
        self._upstream = urlsplit(plane.server)
        self._server: asyncio.Server | None = None
        self._tunnels: set[asyncio.StreamWriter] = set()

    def __enter__(self) -> Self:
        self._thread.run(self._start())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._thread.run(self._stop())

    @property
    def address(self) -> str:
        assert self._server is not None
        host, port = self._server.sockets[0].getsockname()[:2]
        return f"{host}:{port}"

    def cut(self) -> None:
        """Close every tunnel of this moment."""
        self._thread.run(self._cut())

    async def _start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)

    async def _stop(self) -> None:
        assert self._server is not None
        self._server.close()
        await self._cut()

    async def _cut(self) -> None:
        for writer in self._tunnels.copy():
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(END_OF_HEAD)
        line, *headers = head.split(b"\r\n")
        method, target, _ = line.decode().split(" ")
        sent = (header[len(BASIC) :] for header in headers if header.lower().startswith(BASIC))
        self.asked.append((target, b64decode(next(sent, b"")).decode()))
        if refusal := self.refusal or ("" if method == "CONNECT" else "405 Method Not Allowed"):
            writer.write(f"HTTP/1.1 {refusal}\r\nContent-Length: 0".encode() + END_OF_HEAD)
            writer.close()
            return
        upstream = await asyncio.open_connection(self._upstream.hostname, self._upstream.port)
        writer.write(b"HTTP/1.1 200 OK" + END_OF_HEAD)
        self._tunnels |= {writer, upstream[1]}
        await asyncio.gather(_pump(reader, upstream[1]), _pump(upstream[0], writer))
        self._tunnels -= {writer, upstream[1]}


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while chunk := await reader.read(CHUNK):
            writer.write(chunk)
            await writer.drain()
    writer.close()
