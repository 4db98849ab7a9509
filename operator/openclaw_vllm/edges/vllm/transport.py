"""Connections to the addresses that were checked before, one for each request.

With `prober`, `exchange`, `tcp_stream` and `failures` the only modules that import httpx, httpcore
and h11.
"""

import asyncio
from dataclasses import dataclass
from ssl import CERT_NONE, PROTOCOL_TLS_CLIENT, SSLContext

import httpcore
import httpx

from openclaw_vllm.edges.vllm.probe_request import ProbeRequest
from openclaw_vllm.edges.vllm.tcp_stream import TcpStream, connect

HTTP = b"HTTP/"  # the first bytes of a response
DEFAULT_PORTS = {"http": 80, "https": 443}
HANDSHAKE_TIMEOUT = 1.0  # seconds


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a request goes: the addresses that were checked, never those of a second lookup."""

    url: httpx.URL
    question: ProbeRequest
    context: SSLContext | None  # None for plain HTTP

    async def connect(self) -> httpcore.AsyncNetworkStream:
        """Connect, with TLS where the URL says so; raises what `failures` names."""
        timeout = self.question.connect_timeout
        stream = await self._connect_tcp(timeout)
        if self.context is None:
            return stream
        name = self.question.trust.server_name or self.url.raw_host.decode("ascii")
        try:
            return await stream.start_tls(self.context, name, timeout)
        except BaseException:
            await stream.aclose()
            raise

    async def speaks_tls(self) -> bool:
        """Return whether the port answers a TLS handshake; no byte of a request is sent."""
        context = SSLContext(PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, CERT_NONE
        try:
            async with asyncio.timeout(HANDSHAKE_TIMEOUT):
                stream = await self._connect_tcp(None)
                try:
                    await stream.start_tls(context, self.url.host)
                finally:
                    await stream.aclose()
        except (TimeoutError, httpcore.NetworkError, httpcore.TimeoutException):
            return False
        return True

    async def _connect_tcp(self, seconds: float | None) -> TcpStream:
        port = self.question.port or self.url.port or DEFAULT_PORTS[self.url.scheme]
        last_error: Exception = httpcore.ConnectError("no address")
        for address in self.question.addresses:
            try:
                return await connect(address, port, seconds, HTTP)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last_error = error
        raise last_error
