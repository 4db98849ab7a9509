"""HTTP transport with one connection per request, to an address that was checked before.

With `prober`, `tcp_stream` and `failures` the only modules that import httpx and httpcore.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from ssl import CERT_NONE, PROTOCOL_TLS_CLIENT, SSLContext

import httpcore
import httpx
from typing_extensions import override

from openclaw_vllm.edges.vllm.tcp_stream import connect

HTTP = b"HTTP/"  # the first bytes of a response
DEFAULT_PORTS = {"http": 80, "https": 443}
HANDSHAKE_TIMEOUT = 1.0  # seconds


class _PinnedAddressBackend(httpcore.AsyncNetworkBackend):
    """Connects to the addresses that were checked, never to those of a second lookup."""

    def __init__(self, addresses: tuple[str, ...], port: int) -> None:
        self._addresses = addresses
        self._port = port  # 0: the URL's

    @override
    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        last_error: Exception = httpcore.ConnectError("no address")
        for address in self._addresses:
            try:
                return await connect(address, self._port or port, timeout, HTTP)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last_error = error
        raise last_error


async def speaks_tls(request: httpx.Request) -> bool:
    """Return whether the request's port answers a TLS handshake; no byte of the request is sent."""
    context = SSLContext(PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, CERT_NONE
    host, port = request.url.host, request.url.port or DEFAULT_PORTS[request.url.scheme]
    backend = _PinnedAddressBackend(request.extensions["addresses"], request.extensions["port"])
    try:
        async with asyncio.timeout(HANDSHAKE_TIMEOUT):
            stream = await backend.connect_tcp(host, port)
            try:
                await stream.start_tls(context, host)
            finally:
                await stream.aclose()
    except (TimeoutError, httpcore.NetworkError, httpcore.TimeoutException):
        return False
    return True


class OneShotTransport(httpx.AsyncBaseTransport):
    """One connection per request: a shared pool's bookkeeping costs more than the request
    (measured)."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; its extensions hold the addresses and the TLS context."""
        url, extensions = request.url, request.extensions
        origin = httpcore.Origin(
            url.raw_scheme, url.raw_host, url.port or DEFAULT_PORTS[url.scheme]
        )
        connection = httpcore.AsyncHTTPConnection(
            origin,
            ssl_context=extensions["ssl_context"],
            network_backend=_PinnedAddressBackend(extensions["addresses"], extensions["port"]),
        )
        try:
            response = await connection.handle_async_request(_core_request(request, origin))
        except BaseException:
            await connection.aclose()
            raise
        return httpx.Response(
            response.status, headers=response.headers, stream=_OneShotStream(response, connection)
        )


def _core_request(request: httpx.Request, origin: httpcore.Origin) -> httpcore.Request:
    target = request.url.raw_path
    return httpcore.Request(
        request.method,
        httpcore.URL(scheme=origin.scheme, host=origin.host, port=origin.port, target=target),
        headers=request.headers.raw,
        content=request.stream,
        extensions=request.extensions,
    )


class _OneShotStream(httpx.AsyncByteStream):
    """A response's body; closing it closes the connection."""

    def __init__(
        self, response: httpcore.Response, connection: httpcore.AsyncHTTPConnection
    ) -> None:
        self._response = response
        self._connection = connection

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._response.aiter_stream():
            yield chunk

    async def aclose(self) -> None:
        await self._connection.aclose()
