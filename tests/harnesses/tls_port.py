"""A port that speaks TLS as the servers in C and Go do, which asyncio's do not: with alerts."""

import contextlib
import socket
import ssl
from collections.abc import Iterator
from threading import Thread

HANDSHAKE = b"\x16"  # first byte of a TLS record
CHUNK = 4096


@contextlib.contextmanager
def tls_port(context: ssl.SSLContext, *, plain: bytes = b"") -> Iterator[int]:
    """Yield the port of a server that answers `plain` to who does not speak TLS."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=_serve, args=(listener, context, plain), daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def _serve(listener: socket.socket, context: ssl.SSLContext, plain: bytes) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with contextlib.suppress(OSError):
            _answer(connection, context, plain)


def _answer(connection: socket.socket, context: ssl.SSLContext, plain: bytes) -> None:
    if connection.recv(1, socket.MSG_PEEK) != HANDSHAKE:
        with connection:
            connection.recv(CHUNK)
            connection.sendall(plain)
        return
    with context.wrap_socket(
        connection, server_side=True, do_handshake_on_connect=False
    ) as secured:
        try:
            secured.do_handshake()
            secured.recv(CHUNK)
        except ssl.SSLError:
            secured.shutdown(socket.SHUT_WR)  # the alert arrives before the end
            while secured.recv(CHUNK):
                pass
