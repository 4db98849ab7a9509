"""One question to a vLLM server, with every bound that an untrusted server makes necessary.

The only door to httpx. A request has a total deadline, goes to addresses that were judged before,
over a connection of its own (vLLM drops idle ones after 5 s), through no proxy of the environment,
follows no redirect, and reads at most 1 MiB of an answer that must not be encoded: a gzip bomb of
200 KB was 64 MB in memory before any limit on decoded bytes could see it (measured). Every failure
is a value.
"""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_address
from typing import Any

import httpcore
import httpx

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.problem import Problem

MAX_ANSWER = 1024 * 1024  # bytes; about 1 960 entries of a real vLLM
CONNECT_TIMEOUT = 3.0  # seconds, per address
READ = (httpx.codes.OK, httpx.codes.BAD_REQUEST)
DEFAULT_PORTS = {"http": 80, "https": 443}
TRANSPORT_ERRORS = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    ssl.SSLError,
)


@dataclass(frozen=True, slots=True)
class Trust:
    """How a server proves itself: a private CA's certificates, another name, or not at all."""

    ca_pem: str = ""
    server_name: str = ""
    verify: bool = True


@dataclass(frozen=True, slots=True)
class Question:
    """A request: `addresses` are the IP addresses of the URL's host that may be connected to."""

    method: str
    url: str
    addresses: tuple[str, ...]
    trust: Trust = Trust()
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    json: object = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A response's status code and body; of other answers than 200 and 400 no body is read."""

    status: int
    body: bytes = field(default=b"", repr=False)


Lookup = Callable[[str, int], Sequence[tuple[Any, ...]]]


def _getaddrinfo(host: str, port: int) -> Sequence[tuple[Any, ...]]:
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)


class Prober:
    """Asks servers. One instance serves the whole process."""

    def __init__(self, getaddrinfo: Lookup = _getaddrinfo) -> None:
        self._getaddrinfo = getaddrinfo
        # its own threads: the default ones are 4 to 6, and a silent name server would hold them all
        self._resolvers = ThreadPoolExecutor(max_workers=64, thread_name_prefix="lookup")
        self._client = httpx.AsyncClient(
            transport=_OneShotTransport(),
            timeout=httpx.Timeout(None, connect=CONNECT_TIMEOUT),
            trust_env=False,
            follow_redirects=False,
            headers={
                "accept": "application/json",
                "accept-encoding": "identity",
                "user-agent": "openclaw-vllm-operator",
            },
        )

    async def close(self) -> None:
        """Close what is open."""
        await self._client.aclose()
        self._resolvers.shutdown(wait=False, cancel_futures=True)

    async def lookup(self, host: str, port: int) -> tuple[str, ...] | Problem:
        """Resolve a host to its addresses, IPv4 and IPv6, in the resolver's order."""
        try:
            return (str(ip_address(host)),)
        except ValueError:
            loop = asyncio.get_running_loop()
        try:
            found = await loop.run_in_executor(self._resolvers, self._getaddrinfo, host, port)
        except (OSError, UnicodeError):
            return Problem(Reason.CONNECTION_FAILED, f"host {host} cannot be resolved")
        return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))

    async def ask(self, question: Question) -> Answer | Problem:
        """Send one request; the caller sets the total deadline, a connection has 3 s an address."""
        try:
            request = self._client.build_request(
                question.method,
                question.url,
                headers=dict(question.headers),
                json=question.json,
                extensions=_extensions(question),
            )
        except ssl.SSLError:
            return Problem(Reason.TLS_FAILED, "the CA bundle holds no certificate that can be read")
        try:
            response = await self._client.send(request, stream=True)
            try:
                return await _read(response)
            finally:
                await response.aclose()
        except TRANSPORT_ERRORS as error:
            return _transport_problem(error)


def _extensions(question: Question) -> dict[str, object]:
    trust = question.trust
    extensions: dict[str, object] = {"addresses": question.addresses, "ssl_context": None}
    if question.url.startswith("https:"):
        extensions["ssl_context"] = _tls_context(trust.ca_pem, verify=trust.verify)
    if trust.server_name:
        extensions["sni_hostname"] = trust.server_name
    return extensions


async def _read(response: httpx.Response) -> Answer | Problem:
    if response.status_code not in READ:
        return Answer(response.status_code)
    if response.headers.get("content-encoding", "identity").strip().lower() != "identity":
        return Problem(
            Reason.INVALID_ANSWER, "the answer is compressed although we accept none of it"
        )
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > MAX_ANSWER:
            return Problem(Reason.ANSWER_TOO_LARGE, f"the answer is longer than {MAX_ANSWER} bytes")
    return Answer(response.status_code, bytes(body))


def _transport_problem(error: Exception) -> Problem:
    """Name the class of a failure; the text of exceptions may hold what a server or a CR wrote."""
    causes = list(_causes(error))
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return Problem(Reason.TLS_FAILED, "the server's certificate cannot be verified")
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return Problem(Reason.TLS_FAILED, "the TLS handshake failed")
    match error:
        case httpcore.TimeoutException():
            return Problem(Reason.TIMED_OUT, "the server could not be connected to in time")
        case httpcore.ConnectError():
            return Problem(Reason.CONNECTION_FAILED, "the connection was refused or cannot be made")
        case httpcore.LocalProtocolError():
            message = "a header of the request holds characters that HTTP does not allow"
            return Problem(Reason.CONNECTION_FAILED, message)
    return Problem(Reason.CONNECTION_FAILED, "the connection ended without a complete HTTP answer")


def _causes(error: BaseException | None) -> Iterable[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


@lru_cache(maxsize=1024)
def _tls_context(ca_pem: str, *, verify: bool) -> ssl.SSLContext:
    """Make a context: 15 KiB with one CA, 786 KiB with the system's (measured), so each once.

    Raises ssl.SSLError when `ca_pem` holds no certificate.
    """
    context = ssl.create_default_context(cadata=ca_pem or None)
    context.verify_flags &= (
        ~ssl.VERIFY_X509_STRICT
    )  # 3.13's default; private CAs often lack keyUsage
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


class _JudgedBackend(httpcore.AsyncNetworkBackend):
    """Connects to the addresses that were judged, never to what a second lookup might say."""

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
        failure: Exception = httpcore.ConnectError("no address")
        for address in self._addresses:
            try:
                return await self._inner.connect_tcp(address, port, timeout=timeout)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure


class _OneShotTransport(httpx.AsyncBaseTransport):
    """One connection per request: a shared pool's bookkeeping costs more than the request
    (measured)."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url, extensions = request.url, request.extensions
        origin = httpcore.Origin(
            url.raw_scheme, url.raw_host, url.port or DEFAULT_PORTS[url.scheme]
        )
        connection = httpcore.AsyncHTTPConnection(
            origin,
            ssl_context=extensions["ssl_context"],
            network_backend=_JudgedBackend(extensions["addresses"]),
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
