"""HTTP transport with one connection per request, to an address that was checked before.

Besides `prober` the only module that imports httpx and httpcore.
"""

from collections.abc import AsyncIterator, Iterable
from ssl import SSLContext

import httpcore
import httpx

DEFAULT_PORTS = {"http": 80, "https": 443}
CHUNK = 2048  # bytes parsed at once: a hostile 64 KiB block the event loop for 300 ms (measured)


class _PinnedAddressBackend(httpcore.AsyncNetworkBackend):
    """Connects to the addresses that were checked, never to those of a second lookup."""

    def __init__(self, addresses: tuple[str, ...]) -> None:
        self._addresses = addresses
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        last_error: Exception = httpcore.ConnectError("no address")
        for address in self._addresses:
            try:
                return _ChunkedStream(await self._inner.connect_tcp(address, port, timeout=timeout))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last_error = error
        raise last_error


class _ChunkedStream(httpcore.AsyncNetworkStream):
    """A stream that is read in small pieces, so that other work runs between them."""

    def __init__(self, inner: httpcore.AsyncNetworkStream) -> None:
        self._inner = inner

    async def read(
        self,
        max_bytes: int,
        timeout: float | None = None,  # noqa: ASYNC109 httpcore's signature
    ) -> bytes:
        return await self._inner.read(min(max_bytes, CHUNK), timeout)

    async def write(
        self,
        buffer: bytes,
        timeout: float | None = None,  # noqa: ASYNC109 httpcore's signature
    ) -> None:
        await self._inner.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def start_tls(
        self,
        ssl_context: SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 httpcore's signature
    ) -> httpcore.AsyncNetworkStream:
        return _ChunkedStream(await self._inner.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> object:
        return self._inner.get_extra_info(info)


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
            network_backend=_PinnedAddressBackend(extensions["addresses"]),
        )
        core_request = httpcore.Request(
            request.method,
            httpcore.URL(
                scheme=origin.scheme, host=origin.host, port=origin.port, target=url.raw_path
            ),
            headers=request.headers.raw,
            content=request.stream,
            extensions=extensions,
        )
        try:
            response = await connection.handle_async_request(core_request)
        except BaseException:
            await connection.aclose()
            raise
        return httpx.Response(
            response.status, headers=response.headers, stream=_OneShotStream(response, connection)
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
