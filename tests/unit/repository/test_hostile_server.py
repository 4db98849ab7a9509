"""A hostile server that turned out to be harmless would make the prober's tests worthless."""

import asyncio
import zlib

import pytest

from tests.hostile_server import BEHAVIOURS, HostileServer

ENDLESS = [name for name in BEHAVIOURS if name.endswith("_for_ever")]
SLOW = ["slow_status_line", "slow_body"]
MEGABYTE = 1024**2


async def connect(server: HostileServer) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(b"GET /v1/models HTTP/1.1\r\nhost: x\r\n\r\n")
    return reader, writer


@pytest.mark.parametrize("name", ENDLESS)
async def test_an_endless_answer_has_no_end(name: str) -> None:
    async with HostileServer(name) as server:
        reader, writer = await connect(server)
        assert len(await reader.readexactly(8 * MEGABYTE)) == 8 * MEGABYTE
        writer.close()


@pytest.mark.parametrize("name", ENDLESS)
async def test_it_cannot_send_much_to_a_client_that_does_not_read(name: str) -> None:
    async with HostileServer(name) as server:
        _, writer = await connect(server)
        await asyncio.sleep(0.2)
        assert 0 < server.sent < 16 * MEGABYTE
        writer.close()


@pytest.mark.parametrize("name", SLOW)
async def test_a_slow_answer_sends_a_byte_a_second(name: str) -> None:
    async with HostileServer(name) as server:
        reader, writer = await connect(server)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(), 0.3)
        assert 0 < server.sent < 100
        writer.close()


async def test_silence_lasts_until_the_client_hangs_up() -> None:
    async with HostileServer("silence") as server:
        reader, writer = await connect(server)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(1), 0.2)
        writer.close()
    assert server.sent == 0


@pytest.mark.parametrize("name", ["reset", "reset_in_body"])
async def test_a_reset_is_a_reset(name: str) -> None:
    async with HostileServer(name) as server:
        reader, writer = await connect(server)
        with pytest.raises(ConnectionResetError):
            await reader.readuntil(b"never")
        writer.close()


async def test_the_gzip_bomb_is_a_thousand_times_its_size() -> None:
    async with HostileServer("gzip_bomb") as server:
        reader, writer = await connect(server)
        _, _, compressed = (await reader.read(-1)).partition(b"\r\n\r\n")
        writer.close()
    assert len(compressed) < 2 * MEGABYTE
    head, blocks = compressed[:10], compressed[10:]
    block = blocks[: len(blocks) // 1024]
    assert blocks == block * 1024
    inflate = zlib.decompressobj(wbits=31)
    assert [len(inflate.decompress(part)) for part in (head, block, block)] == [0, *[MEGABYTE] * 2]


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("hang_up", b""),
        ("another_protocol", b"SSH-2.0"),
        ("length_too_long", b"HTTP/1.1 200 OK"),
        ("length_too_short", b"HTTP/1.1 200 OK"),
        ("two_lengths", b"HTTP/1.1 200 OK"),
        ("negative_length", b"HTTP/1.1 200 OK"),
        ("absurd_chunk", b"HTTP/1.1 200 OK"),
    ],
)
async def test_a_short_answer_is_sent_and_the_connection_closed(name: str, start: bytes) -> None:
    async with HostileServer(name) as server:
        reader, writer = await connect(server)
        answer = await asyncio.wait_for(reader.read(-1), 2)
        writer.close()
    assert answer.startswith(start)
    assert bool(answer) == bool(start)
