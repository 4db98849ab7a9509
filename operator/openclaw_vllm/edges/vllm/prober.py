"""One question to a vLLM server, with every bound that an untrusted server makes necessary.

A request has a total deadline, goes to addresses that were judged before,
over a connection of its own (vLLM drops idle ones after 5 s), through no proxy of the environment,
follows no redirect, and reads at most 1 MiB of an answer that must not be encoded: a gzip bomb of
200 KB was 64 MB in memory before any limit on decoded bytes could see it (measured). Every failure
is a value.

There is no httpx.AsyncClient: it keeps cookies, and reads the Location of a redirect that it is
told not to follow, and raises on `http://010.010.010.010/` there (measured).
"""

import ssl
from collections.abc import Iterable

import httpcore
import httpx

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.edges.vllm.probe_request import MAX_ANSWER, ProbeRequest, ProbeResponse
from openclaw_vllm.edges.vllm.resolver import Resolver
from openclaw_vllm.edges.vllm.transport import OneShotTransport

CONNECT_TIMEOUT = 3.0  # seconds, per address
HEADERS = {
    "accept": "application/json",
    "accept-encoding": "identity",
    "user-agent": "openclaw-vllm-operator",
}
# answers whose body says something; llama.cpp refuses tools and images with a 500
READ = {("GET", 200), *(("POST", status) for status in (200, 400, 422, 500))}
TRANSPORT_ERRORS = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    ssl.SSLError,
)


class Prober:
    """Asks servers. One instance serves the whole process."""

    def __init__(self, resolver: Resolver | None = None) -> None:
        self._resolver = resolver or Resolver()
        self._transport = OneShotTransport()

    async def lookup(self, host: str, port: int) -> tuple[str, ...] | Problem:
        """Resolve a host to its addresses, to be judged before they are asked."""
        return await self._resolver.lookup(host, port)

    async def ask(self, question: ProbeRequest) -> ProbeResponse | Problem:
        """Send one request; the caller sets the total deadline, a connection has 3 s an address."""
        try:
            request = _request(question)
        except ssl.SSLError:
            return Problem(Reason.TLS_FAILED, "the CA bundle holds no certificate that can be read")
        except httpx.InvalidURL:
            message = "the host of the URL is none that an HTTP request can carry; write another"
            return Problem(Reason.INVALID_SPEC, message)
        try:
            response = await self._transport.handle_async_request(request)
            try:
                return await _read(question.method, response)
            finally:
                await response.aclose()
        except TRANSPORT_ERRORS as error:
            return _transport_problem(error)


def _request(question: ProbeRequest) -> httpx.Request:
    """Write a request; with Host, since httpx decodes a name to write it, and refuses emoji."""
    url = httpx.URL(question.url)
    headers = httpx.Headers({**HEADERS, "host": url.netloc.decode("ascii")})
    headers.update(question.headers)
    extensions = _extensions(question)
    return httpx.Request(
        question.method, url, headers=headers, json=question.json, extensions=extensions
    )


def _extensions(question: ProbeRequest) -> dict[str, object]:
    trust = question.trust
    extensions: dict[str, object] = {
        "addresses": question.addresses,
        "ssl_context": None,
        "timeout": {"connect": CONNECT_TIMEOUT},
    }
    if question.url.startswith("https:"):
        extensions["ssl_context"] = trust.context()
    if trust.server_name:
        extensions["sni_hostname"] = trust.server_name
    return extensions


async def _read(method: str, response: httpx.Response) -> ProbeResponse | Problem:
    if (method, response.status_code) not in READ:
        return ProbeResponse(response.status_code, allow=response.headers.get("allow", ""))
    if response.headers.get("content-encoding", "identity").strip().lower() != "identity":
        return Problem(
            Reason.INVALID_ANSWER, "the answer is compressed although we accept none of it"
        )
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > MAX_ANSWER:
            return Problem(Reason.ANSWER_TOO_LARGE, f"the answer is longer than {MAX_ANSWER} bytes")
    return ProbeResponse(response.status_code, bytes(body))


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
