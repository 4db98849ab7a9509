"""Prober: one question to a vLLM server, with every bound that an untrusted server makes necessary.

A request has a total deadline, goes to addresses that were judged before,
over a connection of its own (vLLM drops idle ones after 5 s), through no proxy of the environment,
follows no redirect, and reads at most 1 MiB of an answer that must not be encoded: a gzip bomb of
200 KB was 64 MB in memory before any limit on decoded bytes could see it (measured). Every failure
is a value.

There is no httpx.AsyncClient: it keeps cookies, and reads the Location of a redirect that it is
told not to follow, and raises on `http://010.010.010.010/` there (measured).
"""

import ssl
from http import HTTPStatus

import httpx

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.edges.vllm.failures import (
    SPEAKS_TLS,
    TRANSPORT_ERRORS,
    connection_problem,
    ended_after_handshake,
    ends_without_a_byte,
)
from openclaw_vllm.edges.vllm.probe_request import MAX_ANSWER, ProbeRequest, ProbeResponse
from openclaw_vllm.edges.vllm.resolver import Resolver
from openclaw_vllm.edges.vllm.tcp_stream import OtherProtocolError
from openclaw_vllm.edges.vllm.transport import OneShotTransport, speaks_tls
from openclaw_vllm.edges.vllm.trust import Trust

HEADERS = {
    "accept": "application/json",
    "accept-encoding": "identity",
    "user-agent": "openclaw-vllm-operator",
}
# answers whose body matters; llama.cpp refuses tools and images with a 500
READ = {("GET", 200), *(("POST", status) for status in (200, 400, 422, 500))}


class Prober:
    """Sends requests to servers. One instance serves the whole process."""

    def __init__(self, resolver: Resolver | None = None) -> None:
        self._resolver = resolver or Resolver()
        self._transport = OneShotTransport()

    async def lookup(self, host: str, port: int) -> tuple[str, ...] | Problem:
        """Resolve a host to its addresses, which are checked before a request goes there."""
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
        except TRANSPORT_ERRORS as error:
            return await _name_failure(error, request, question.trust)
        try:
            if _may_want_tls(request, response) and await speaks_tls(request):
                return SPEAKS_TLS
            return await _read(request, response)
        except TRANSPORT_ERRORS as error:
            return connection_problem(error, question.trust)
        finally:
            await response.aclose()


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
        "port": question.port,
        "ssl_context": None,
        "timeout": {"connect": question.connect_timeout},
    }
    if question.url.startswith("https:"):
        extensions["ssl_context"] = trust.context()
    host = httpx.URL(question.url).raw_host.decode("ascii")
    if trust.server_name or host.endswith("."):
        # certificates are for names without a last dot, and Node.js, curl and RFC 6066 leave it out
        extensions["sni_hostname"] = trust.server_name or host.removesuffix(".")
    return extensions


async def _read(request: httpx.Request, response: httpx.Response) -> ProbeResponse | Problem:
    if (request.method, response.status_code) not in READ:
        return ProbeResponse(response.status_code, allow=response.headers.get("allow", ""))
    if response.headers.get("content-encoding", "identity").strip().lower() != "identity":
        message = (
            f"{_answer_to(request)} is compressed although we accept none of it; turn that off"
        )
        return Problem(Reason.INVALID_ANSWER, message)
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > MAX_ANSWER:
            message = f"{_answer_to(request)} is longer than {MAX_ANSWER} bytes; write spec.models"
            return Problem(Reason.ANSWER_TOO_LARGE, message)
    return ProbeResponse(response.status_code, bytes(body))


def _answer_to(request: httpx.Request) -> str:
    """Name the answer by what was asked; the path as it was sent, since a decoded one may hold
    anything."""
    path = request.url.raw_path.partition(b"?")[0].decode("ascii")
    return f"the answer to {request.method} {path}"


def _may_want_tls(request: httpx.Request, response: httpx.Response) -> bool:
    """Go, nginx and Apache answer 400 to plain HTTP at a port that has TLS."""
    is_refused = (request.method, response.status_code) == ("GET", HTTPStatus.BAD_REQUEST)
    return request.url.scheme == "http" and is_refused


async def _name_failure(error: Exception, request: httpx.Request, trust: Trust) -> Problem:
    """Name a failure; where the server said nothing, by asking whether it would have over TLS."""
    is_other = isinstance(error, OtherProtocolError)
    if not is_other and not ends_without_a_byte(error):
        return connection_problem(error, trust)
    if request.url.scheme == "https":
        return connection_problem(error, trust) if is_other else ended_after_handshake(trust)
    if request.method == "GET" and await speaks_tls(request):
        return SPEAKS_TLS
    return connection_problem(error, trust)
