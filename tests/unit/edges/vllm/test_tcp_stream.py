"""Streams on real connections: what arrives is read in order, in pieces, and never hoarded."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpcore
import pytest

from openclaw_vllm.edges.vllm.tcp_stream import CHUNK, MAX_BUFFERED, TcpStream, connect

HERE = "127.0.0.1"
AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER: closing resets the connection


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[TcpStream, socket.socket]]:
    """Yield a stream, and the socket of the server that it is connected to."""
    with socket.create_server((HERE, 0)) as listener:
        stream = await connect(HERE, listener.getsockname()[1], 3.0)
        server, _ = listener.accept()
        with server:
            yield stream, server
            await stream.aclose()


async def test_what_arrived_before_a_reset_is_read_before_the_error() -> None:
    async with connected() as (stream, server):
        server.sendall(b"a" * (CHUNK + 1))
        await asyncio.sleep(0)
        assert await stream.read(65_536) == b"a" * CHUNK
        server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        server.close()
        assert await stream.read(65_536) == b"a"
        with pytest.raises(httpcore.ReadError):
            await stream.read(65_536)


async def test_an_end_is_read_as_nothing_again_and_again() -> None:
    async with connected() as (stream, server):
        server.close()
        assert [await stream.read(1), await stream.read(1)] == [b"", b""]


async def test_a_flood_that_nobody_reads_stays_in_the_kernel() -> None:
    async with connected() as (stream, server):
        server.settimeout(0)
        total = 0
        with suppress(BlockingIOError):
            while True:
                total += server.send(b"x" * MAX_BUFFERED)
                await asyncio.sleep(0)
        received = 0
        while received < total:
            received += len(await stream.read(65_536))
        assert received == total


async def test_a_write_after_the_end_fails() -> None:
    async with connected() as (stream, server):
        server.close()
        assert await stream.read(1) == b""
        await asyncio.sleep(0)
        with pytest.raises(httpcore.WriteError):
            await stream.write(b"x")


async def test_a_port_that_nobody_listens_on_is_a_failed_connection() -> None:
    with socket.create_server((HERE, 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(httpcore.ConnectError):
        await connect(HERE, port, 3.0)
