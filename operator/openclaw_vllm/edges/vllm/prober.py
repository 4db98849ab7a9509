"""Prober: one question to a vLLM server, with every bound that an untrusted server makes necessary.

A request has a total deadline, goes to addresses that were judged before,
over a connection of its own (vLLM drops idle ones after 5 s), through no proxy of the environment,
follows no redirect, and reads at most 1 MiB of an answer that must not be encoded: a gzip bomb of
200 KB was 64 MB in memory before any limit on decoded bytes could see it (measured). Every failure
is a value.

There is no httpx.AsyncClient: it keeps cookies, and reads the Location of a redirect that it is
told not to follow, and raises on `http://010.010.010.010/` there (measured). Of httpx there is the
URL, which writes one as browsers do.
"""

import json
import ssl
from http import HTTPStatus
from typing import Any

import h11
import httpx

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.edges.vllm.exchange import Exchange
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
from openclaw_vllm.edges.vllm.transport import Destination

HEADERS = {
    "accept": "application/json",
    "accept-encoding": "identity",
    "user-agent": "openclaw-vllm-operator",
}
COMPACT: Any = {"ensure_ascii": False, "separators": (",", ":"), "allow_nan": False}
# answers whose body matters; llama.cpp refuses tools and images with a 500
READ = {("GET", 200), *(("POST", status) for status in (200, 400, 422, 500))}


class Prober:
    """Sends requests to servers. One instance serves the whole process."""

    def __init__(self, resolver: Resolver | None = None) -> None:
        self._resolver = resolver or Resolver()

    async def lookup(self, host: str, port: int) -> tuple[str, ...] | Problem:
        """Resolve a host to its addresses, which are checked before a request goes there."""
        return await self._resolver.lookup(host, port)

    async def ask(self, question: ProbeRequest) -> ProbeResponse | Problem:
        """Send one request; the caller sets the total deadline, a connection has 3 s an address."""
        try:
            destination = _destination(question)
        except ssl.SSLError:
            return Problem(Reason.TLS_FAILED, "the CA bundle holds no certificate that can be read")
        except httpx.InvalidURL:
            message = "the host of the URL is none that an HTTP request can carry; write another"
            return Problem(Reason.INVALID_SPEC, message)
        try:
            exchange, response = await _send(destination)
        except TRANSPORT_ERRORS as error:
            return await _name_failure(error, destination)
        try:
            if _may_want_tls(destination, response) and await destination.speaks_tls():
                return SPEAKS_TLS
            return await _read(destination, exchange, response)
        except TRANSPORT_ERRORS as error:
            return connection_problem(error, question.trust)
        finally:
            await exchange.close()


def _destination(question: ProbeRequest) -> Destination:
    is_encrypted = question.url.startswith("https:")
    context = question.trust.context() if is_encrypted else None
    return Destination(httpx.URL(question.url), question, context)


async def _send(destination: Destination) -> tuple[Exchange, h11.Response]:
    """Send the request over a connection of its own, which is closed where that fails."""
    content = destination.question.json
    body = b"" if content is None else json.dumps(content, **COMPACT).encode()
    request = _request(destination, body)
    exchange = Exchange(await destination.connect())
    try:
        return exchange, await exchange.send(request, body)
    except BaseException:
        await exchange.close()
        raise


def _request(destination: Destination, body: bytes) -> h11.Request:
    """Write the head of a request; headers of the question replace ours of the same name."""
    question, url = destination.question, destination.url
    ours = {**HEADERS, "host": url.netloc.decode("ascii")}
    if body:
        ours |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
    both = (*ours.items(), *question.headers.items())
    headers = {name.lower(): (name, value) for name, value in both}
    return h11.Request(method=question.method, target=url.raw_path, headers=list(headers.values()))


async def _read(
    destination: Destination, exchange: Exchange, response: h11.Response
) -> ProbeResponse | Problem:
    status = response.status_code
    if (destination.question.method, status) not in READ:
        return ProbeResponse(status, allow=_header(response, b"allow"))
    if _header(response, b"content-encoding").strip().lower() not in ("", "identity"):
        message = (
            f"{_answer_to(destination)} is compressed although we accept none of it; turn that off"
        )
        return Problem(Reason.INVALID_ANSWER, message)
    body = bytearray()
    async for chunk in exchange.body():
        body += chunk
        if len(body) > MAX_ANSWER:
            message = (
                f"{_answer_to(destination)} is longer than {MAX_ANSWER} bytes; write spec.models"
            )
            return Problem(Reason.ANSWER_TOO_LARGE, message)
    return ProbeResponse(status, bytes(body))


def _header(response: h11.Response, name: bytes) -> str:
    """Return the values of a header, given in lower case; empty without one."""
    return ", ".join(value.decode("latin-1") for key, value in response.headers if key == name)


def _answer_to(destination: Destination) -> str:
    """Name the answer by what was asked; the path as it was sent, since a decoded one may hold
    anything."""
    path = destination.url.raw_path.partition(b"?")[0].decode("ascii")
    return f"the answer to {destination.question.method} {path}"


def _may_want_tls(destination: Destination, response: h11.Response) -> bool:
    """Go, nginx and Apache answer 400 to plain HTTP at a port that has TLS."""
    is_refused = response.status_code == HTTPStatus.BAD_REQUEST
    return is_refused and destination.context is None and destination.question.method == "GET"


async def _name_failure(error: Exception, destination: Destination) -> Problem:
    """Name a failure; where the server said nothing, by asking whether it would have over TLS."""
    is_other, trust = isinstance(error, OtherProtocolError), destination.question.trust
    if not is_other and not ends_without_a_byte(error):
        return connection_problem(error, trust)
    if destination.context is not None:
        return connection_problem(error, trust) if is_other else ended_after_handshake(trust)
    if destination.question.method == "GET" and await destination.speaks_tls():
        return SPEAKS_TLS
    return connection_problem(error, trust)
