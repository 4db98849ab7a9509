"""TCP and TLS streams of asyncio for httpcore, whose own streams of anyio cost twice the CPU of a
probe (measured).

They raise what `failures` names: ConnectError and ConnectTimeout before there is a connection,
ReadError on one that breaks off, OtherProtocolError at first bytes of another protocol, and
ssl.SSLError as it is.
"""

import asyncio
import ssl
from collections import deque
from typing import cast

import httpcore
from typing_extensions import override

CHUNK = 2048  # bytes parsed at once: a hostile 64 KiB block the event loop for 300 ms (measured)
MAX_BUFFERED = 65_536  # bytes that are taken from the kernel before they are read


async def connect(
    address: str, port: int, seconds: float | None, first_bytes: bytes = b""
) -> "TcpStream":
    """Connect to an IP address within so many seconds; None waits for the kernel's own limit.

    `first_bytes` are those that whatever is received has to begin with.
    """
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(seconds):
            _, buffer = await loop.create_connection(_Buffer, address, port)
    except TimeoutError as error:
        raise httpcore.ConnectTimeout from error
    except OSError as error:
        raise httpcore.ConnectError from error
    return TcpStream(buffer, first_bytes)


class OtherProtocolError(httpcore.RemoteProtocolError):
    """Other first bytes came: a gRPC server sends frames of HTTP/2, and then waits."""


class TcpStream(httpcore.AsyncNetworkStream):
    """A connection that is read in small pieces, so that other work runs between them."""

    def __init__(self, buffer: "_Buffer", first_bytes: bytes = b"") -> None:
        self._buffer = buffer
        self._first_bytes = first_bytes

    @override
    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return what has arrived, empty after the end; the caller has a deadline for all."""
        try:
            data = await self._buffer.read(min(max_bytes, CHUNK))
        except ssl.SSLError:
            raise
        except OSError as error:
            raise httpcore.ReadError from error
        if not data.startswith(self._first_bytes[: len(data)]):
            raise OtherProtocolError
        self._first_bytes = self._first_bytes[len(data) :]
        return data

    @override
    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send; a request is small, so that none has to wait until the last was taken."""
        if self._buffer.transport.is_closing():
            raise httpcore.WriteError
        self._buffer.transport.write(buffer)

    async def aclose(self) -> None:
        """Close without a farewell, as whoever may stay silent deserves no patience."""
        self._buffer.transport.abort()
        await asyncio.sleep(0)  # the event loop closes the socket in its next round

    @override
    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Speak TLS from now on."""
        try:
            async with asyncio.timeout(timeout):
                await self._buffer.start_tls(ssl_context, server_hostname)
        except TimeoutError as error:
            await self.aclose()
            raise httpcore.ConnectTimeout from error
        except OSError as error:
            await self.aclose()
            raise httpcore.ConnectError from error
        return self

    def get_extra_info(self, info: str) -> object:
        """Return what asyncio knows of the connection."""
        return self._buffer.transport.get_extra_info(info)


class _Buffer(asyncio.Protocol):
    """What has arrived and was not read yet; an end or an error comes after it."""

    transport: asyncio.Transport

    def __init__(self) -> None:
        self._arrived: deque[bytes] = deque()
        self._size = 0
        self._ended = False
        self._error: Exception | None = None
        self._reader: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is none by its class

    def data_received(self, data: bytes) -> None:
        self._arrived.append(data)
        self._size += len(data)
        if self._size > MAX_BUFFERED:
            self.transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        self._ended = True
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended, self._error = True, exc
        self._wake()

    async def read(self, max_bytes: int) -> bytes:
        if self._arrived:
            await asyncio.sleep(0)  # let others run between the pieces of a flood
        while not self._arrived and not self._ended:
            self._reader = asyncio.get_running_loop().create_future()
            await self._reader
        if self._arrived:
            return self._take(max_bytes)
        if self._error is not None:
            raise self._error
        return b""

    def _take(self, max_bytes: int) -> bytes:
        data = self._arrived.popleft()
        if len(data) > max_bytes:
            self._arrived.appendleft(data[max_bytes:])
            data = data[:max_bytes]
        self._size -= len(data)
        if self._size <= MAX_BUFFERED:
            self.transport.resume_reading()
        return data

    async def start_tls(self, context: ssl.SSLContext, server_name: str | None) -> None:
        loop = asyncio.get_running_loop()
        try:
            transport = await loop.start_tls(
                self.transport, self, context, server_hostname=server_name
            )
        except ConnectionResetError as error:
            if error.errno is not None:
                raise
            raise _ended_in_handshake() from error  # asyncio's way to say so
        self.transport = cast(asyncio.Transport, transport)

    def _wake(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)


def _ended_in_handshake() -> ssl.SSLError:
    """Return what OpenSSL says when it meets the end of a stream in a handshake."""
    error = ssl.SSLEOFError()
    error.reason = "UNEXPECTED_EOF_WHILE_READING"
    return error
