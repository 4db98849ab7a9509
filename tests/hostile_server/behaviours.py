"""The behaviours by name: each gets a connection after the client's request and does its worst."""

import zlib
from collections.abc import Awaitable, Callable

from tests.hostile_server.connection import Connection

Behaviour = Callable[[Connection], Awaitable[None]]

BLOCK = b" " * 65536
GZIP_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
LIST = b'{"object":"list","data":[{"id":"org/tiny","max_model_len":4096}]}'


async def silence(connection: Connection) -> None:
    await connection.silence()


async def hang_up(connection: Connection) -> None:
    """What a TLS port does to plain HTTP."""


async def reset(connection: Connection) -> None:
    connection.reset()


async def reset_in_body(connection: Connection) -> None:
    await connection.send(OK + b"content-length: 1000\r\n\r\n" + LIST)
    connection.reset()


async def another_protocol(connection: Connection) -> None:
    await connection.send(b"SSH-2.0-OpenSSH_9.9\r\n")


async def frames_of_http_2(connection: Connection) -> None:
    await connection.send(b"\0\0\x06\x04\0\0\0\0\0\0\x04\0\0\xff\xff")  # SETTINGS
    await connection.silence()


async def slow_status_line(connection: Connection) -> None:
    await connection.drip(OK)


async def slow_body(connection: Connection) -> None:
    await connection.send(OK + b"content-length: 1000\r\n\r\n")
    await connection.drip(b" " * 1000)


async def headers_for_ever(connection: Connection) -> None:
    await connection.send(OK)
    await connection.send_for_ever(b"x-more: " + b"a" * 1000 + b"\r\n")


async def header_line_for_ever(connection: Connection) -> None:
    await connection.send(OK + b"x-more: ")
    await connection.send_for_ever(BLOCK.replace(b" ", b"a"))


async def hints_for_ever(connection: Connection) -> None:
    await connection.send_for_ever(b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n" * 100)


async def body_for_ever(connection: Connection) -> None:
    """Send no length: the body lasts until the connection closes."""
    await connection.send(OK + b"connection: close\r\n\r\n")
    await connection.send_for_ever(BLOCK)


async def chunks_for_ever(connection: Connection) -> None:
    await connection.send(OK + b"transfer-encoding: chunked\r\n\r\n")
    await connection.send_for_ever(b"10000\r\n" + BLOCK + b"\r\n")


async def bytewise_chunks_for_ever(connection: Connection) -> None:
    await connection.send(OK + b"transfer-encoding: chunked\r\n\r\n")
    await connection.send_for_ever(b"1\r\n \r\n" * 1000)


async def huge_body(connection: Connection) -> None:
    await connection.send(OK + b"content-length: 209715200\r\n\r\n")
    for _ in range(3200):
        await connection.send(BLOCK)


async def gzip_bomb(connection: Connection) -> None:
    """Send 1 GiB of zeros in 1 MiB, compressed although nobody asked for that."""
    await connection.send(OK + b"content-encoding: gzip\r\nconnection: close\r\n\r\n" + GZIP_HEAD)
    mebibyte = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    block = mebibyte.compress(bytes(1024**2)) + mebibyte.flush(zlib.Z_FULL_FLUSH)
    for _ in range(1024):
        await connection.send(block)


async def length_too_long(connection: Connection) -> None:
    await connection.send(OK + b"content-length: 1000\r\n\r\n" + LIST)


async def length_too_short(connection: Connection) -> None:
    await connection.send(OK + b"content-length: 10\r\n\r\n" + LIST)


async def two_lengths(connection: Connection) -> None:
    length = b"content-length: 10\r\ncontent-length: %d\r\n\r\n" % len(LIST)
    await connection.send(OK + length + LIST)


async def negative_length(connection: Connection) -> None:
    await connection.send(OK + b"content-length: -1\r\n\r\n" + LIST)


async def absurd_chunk(connection: Connection) -> None:
    await connection.send(OK + b"transfer-encoding: chunked\r\n\r\nffffffffffffffff\r\n" + LIST)


BEHAVIOURS: dict[str, Behaviour] = {
    behaviour.__name__: behaviour
    for behaviour in (
        silence,
        hang_up,
        reset,
        reset_in_body,
        another_protocol,
        frames_of_http_2,
        slow_status_line,
        slow_body,
        headers_for_ever,
        header_line_for_ever,
        hints_for_ever,
        body_for_ever,
        chunks_for_ever,
        bytewise_chunks_for_ever,
        huge_body,
        gzip_bomb,
        length_too_long,
        length_too_short,
        two_lengths,
        negative_length,
        absurd_chunk,
    )
}
