"""One question to a real server: how it is asked, and what every end of it is called."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.edges.vllm.probe_request import ProbeRequest, ProbeResponse
from openclaw_vllm.edges.vllm.prober import Prober
from tests import vllm_server
from tests.eventually import eventually
from tests.vllm_server import VllmServer

HERE = ("127.0.0.1",)
LIMIT = 1024**2


@pytest.fixture
def prober() -> Prober:
    return Prober()


def question(server: VllmServer, **changes: Any) -> ProbeRequest:
    return replace(ProbeRequest("GET", f"{server.base_url}/models", HERE), **changes)


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


async def reason(prober: Prober, question: ProbeRequest) -> Reason:
    problem = await prober.ask(question)
    assert isinstance(problem, Problem), problem
    return problem.reason


async def test_a_good_answer_comes_with_its_body(prober: Prober) -> None:
    async with VllmServer() as server:
        answer = await prober.ask(question(server))
    assert isinstance(answer, ProbeResponse)
    assert answer.status == 200
    assert answer.body.startswith(b'{"object":"list"')


@pytest.mark.parametrize("status", [204, 307, 400, 401, 403, 404, 500, 503])
async def test_any_other_status_is_an_answer_without_a_body(prober: Prober, status: int) -> None:
    fault = vllm_server.Answer(status, b"" if status == 204 else b"what a server says")
    async with VllmServer(fault=fault) as server:
        assert await prober.ask(question(server)) == ProbeResponse(status)


async def test_no_encoding_but_identity_is_asked_for(prober: Prober) -> None:
    async with VllmServer() as server:
        await prober.ask(question(server, headers={"X-Tenant": "a"}))
    sent = server.seen[0].headers
    assert sent["accept-encoding"] == "identity"
    assert sent["accept"] == "application/json"
    assert sent["x-tenant"] == "a"


async def test_a_compressed_answer_is_a_bad_one(prober: Prober) -> None:
    async with VllmServer(fault=vllm_server.Answer.gzipped(b'{"data":[]}')) as server:
        answer = await prober.ask(question(server, url=f"{server.base_url}/models?after=a%0Ab"))
    message = (
        "the answer to GET /v1/models is compressed although we accept none of it; turn that off"
    )
    assert answer == Problem(Reason.INVALID_ANSWER, message)


@pytest.mark.parametrize(
    ("size", "taken"),
    [
        pytest.param(LIMIT, True, id="of 1 MiB is taken"),
        pytest.param(LIMIT + 1, False, id="of one byte more is too large"),
    ],
)
async def test_an_answer(prober: Prober, size: int, *, taken: bool) -> None:
    async with VllmServer(fault=vllm_server.Answer(200, b" " * size)) as server:
        answer = await prober.ask(question(server))
    if taken:
        assert answer == ProbeResponse(200, b" " * size)
    else:
        message = f"the answer to GET /v1/models is longer than {LIMIT} bytes; write spec.models"
        assert answer == Problem(Reason.ANSWER_TOO_LARGE, message)


@pytest.mark.parametrize(
    "target",
    ["http://010.010.010.010/", "http://xn--0.com/", "http://[v1.x]/", "http://x:port/", "//", ""],
)
async def test_a_redirect_is_not_even_read(prober: Prober, target: str) -> None:
    async with VllmServer(fault=vllm_server.Answer.redirect(target, 302)) as server:
        assert await prober.ask(question(server)) == ProbeResponse(302)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_never_followed(prober: Prober, status: int) -> None:
    async with VllmServer() as other, VllmServer() as server:
        server.fault = vllm_server.Answer.redirect(f"{other.base_url}/models", status)
        assert await prober.ask(question(server)) == ProbeResponse(status)
    assert (len(server.seen), len(other.seen)) == (1, 0)


async def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    dead = f"http://127.0.0.1:{unused_port()}"
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, dead)
        monkeypatch.setenv(name.upper(), dead)
    prober = Prober()
    async with VllmServer() as server:
        assert isinstance(await prober.ask(question(server)), ProbeResponse)


async def test_it_connects_to_the_given_addresses_and_asks_no_resolver(prober: Prober) -> None:
    async with VllmServer() as server:
        url = f"http://vllm.invalid:{server.port}/v1/models"
        assert isinstance(await prober.ask(question(server, url=url)), ProbeResponse)
    assert server.seen[0].headers["host"] == f"vllm.invalid:{server.port}"


async def test_one_replica_is_asked_at_its_own_port_by_the_name_of_its_service(
    prober: Prober,
) -> None:
    async with VllmServer() as server:
        url = "http://vllm.models.svc.cluster.local/v1/models"
        asked = question(server, url=url, port=server.port)
        assert isinstance(await prober.ask(asked), ProbeResponse)
    assert server.seen[0].headers["host"] == "vllm.models.svc.cluster.local"


async def test_an_address_that_refuses_is_followed_by_the_next(prober: Prober) -> None:
    async with VllmServer() as server:
        several = question(server, addresses=("127.0.0.2", "127.0.0.1"))
        assert isinstance(await prober.ask(several), ProbeResponse)


@pytest.mark.parametrize(
    "host", ["xn--bcher-kva.example", "xn--i-7iq.example", "xn--abc-.example", "a_b.example", "1.2"]
)
async def test_a_host_that_dns_may_have_is_asked_as_it_is_written(
    prober: Prober, host: str
) -> None:
    async with VllmServer() as server:
        url = f"http://{host}:{server.port}/v1/models"
        assert isinstance(await prober.ask(question(server, url=url)), ProbeResponse)
    assert server.seen[0].headers["host"] == f"{host}:{server.port}"


@pytest.mark.parametrize("host", ["010.010.010.010", "[v1.x]"])
async def test_a_host_that_no_request_can_carry_is_an_invalid_spec(
    prober: Prober, host: str
) -> None:
    async with VllmServer() as server:
        request = question(server, url=f"http://{host}:{server.port}/v1/models")
        assert await reason(prober, request) == Reason.INVALID_SPEC
    assert not server.seen


async def test_no_address_is_no_connection(prober: Prober) -> None:
    async with VllmServer() as server:
        assert await reason(prober, question(server, addresses=())) == Reason.CONNECTION_FAILED
    assert not server.seen


async def test_a_refused_connection_has_failed(prober: Prober) -> None:
    url = f"http://127.0.0.1:{unused_port()}/v1/models"
    assert await reason(prober, ProbeRequest("GET", url, HERE)) == Reason.CONNECTION_FAILED


async def test_an_unfit_header_is_a_failure_and_not_an_exception(prober: Prober) -> None:
    async with VllmServer() as server:
        unfit = question(server, headers={"Authorization": "Bearer a\nb"})
        assert await reason(prober, unfit) == Reason.CONNECTION_FAILED


async def test_what_a_server_sets_as_a_cookie_is_sent_to_no_server(prober: Prober) -> None:
    fault = vllm_server.Answer(200, b"{}", (("set-cookie", "session=of-another; Path=/"),))
    async with VllmServer(fault=fault) as server:
        for _ in range(2):
            await prober.ask(question(server))
    assert ["cookie" in request.headers for request in server.seen] == [False, False]


async def test_every_request_has_a_connection_of_its_own_that_is_closed(prober: Prober) -> None:
    async with keep_alive_server() as server:
        url = f"http://127.0.0.1:{server.port}/v1/models"
        for _ in range(3):
            assert await prober.ask(ProbeRequest("GET", url, HERE)) == ProbeResponse(200, b"{}")
        await eventually(lambda: server.closed == 3, within=2)
    assert server.requests == [1, 1, 1]


def test_nothing_secret_is_in_the_text_form() -> None:
    headers = ProbeRequest(
        "GET", "http://vllm.test/", HERE, headers={"Authorization": "Bearer s3cret"}
    )
    assert "s3cret" not in repr(headers)
    assert "s3cret" not in repr(ProbeResponse(200, b"s3cret"))


@dataclass
class KeepAlive:
    port: int
    requests: list[int]
    closed: int = 0


@asynccontextmanager
async def keep_alive_server() -> AsyncIterator[KeepAlive]:
    """Serve as many requests on a connection as a client sends, and count them."""
    state = KeepAlive(0, [])

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        state.requests.append(0)
        number = len(state.requests) - 1
        while not reader.at_eof():
            if (await reader.readline()) == b"\r\n":
                state.requests[number] += 1
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
        writer.close()
        state.closed += 1

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    state.port = server.sockets[0].getsockname()[1]
    try:
        yield state
    finally:
        server.close()
