"""What tests tell the stand-in to do, it does: new models, new keys, and every fault."""

import asyncio
import gc
import socket
import time

import httpx
import pytest

from tests.certificates import NO_AUTHORITIES
from tests.vllm_server import Answer, Drip, Hang, Model, Reset, VllmServer


async def get(server: VllmServer, path: str, key: str = "") -> httpx.Response:
    headers = {"authorization": key} if key else {}
    async with httpx.AsyncClient(verify=NO_AUTHORITIES, trust_env=False, timeout=5) as client:
        return await client.get(server.base_url.removesuffix("/v1") + path, headers=headers)


async def test_every_answer_has_a_new_permission_and_may_have_a_new_order() -> None:
    models = tuple(Model(f"model-{number}") for number in range(8))
    async with VllmServer(models=models, shuffle=True) as server:
        first, second = [(await get(server, "/v1/models")).json() for _ in range(2)]
    assert first["data"][0]["permission"] != second["data"][0]["permission"]
    ids = [[card["id"] for card in document["data"]] for document in (first, second)]
    assert ids[0] != ids[1]
    assert sorted(ids[0]) == sorted(ids[1]) == sorted(model.id for model in models)


async def test_state_changes_while_it_runs_and_requests_are_counted() -> None:
    async with VllmServer(models=(Model("a"),)) as server:
        server.models = (*server.models, Model("b"))
        listed = (await get(server, "/v1/models")).json()["data"]
        server.keys = ("k",)
        refused = await get(server, "/v1/models", key="Bearer no")
    assert [card["id"] for card in listed] == ["a", "b"]
    assert refused.status_code == 401
    assert server.count("/v1/models") == 2
    assert server.seen[-1].headers["authorization"] == "Bearer no"


@pytest.mark.parametrize(
    ("fault", "error"), [(Hang(), httpx.ReadTimeout), (Reset(), httpx.ReadError)]
)
async def test_a_faulty_server_gives_no_answer(fault: Hang | Reset, error: type[Exception]) -> None:
    async with (
        VllmServer(fault=fault) as server,
        httpx.AsyncClient(verify=NO_AUTHORITIES, trust_env=False) as client,
    ):
        with pytest.raises(error):
            await client.get(f"{server.base_url}/models", timeout=0.2)
    assert server.count("/v1/models") == 1


async def test_a_dripping_server_sends_the_right_answer_slowly() -> None:
    async with VllmServer(fault=Drip(every=0.001)) as server:
        started = time.monotonic()
        answer = await get(server, "/v1/models")
    assert answer.json()["data"]
    assert time.monotonic() - started > 0.001 * len(answer.content)


@pytest.mark.parametrize(
    ("fault", "status", "body", "header"),
    [
        (Answer(503), 503, b"", ("content-type", "application/json")),
        (Answer(body=b"\xff{"), 200, b"\xff{", ("content-type", "application/json")),
        (Answer.gzipped(b"{}"), 200, b"{}", ("content-encoding", "gzip")),
        (Answer.redirect("http://x/"), 307, b"", ("location", "http://x/")),
    ],
)
async def test_a_faulty_path_answers_as_configured(
    fault: Answer, status: int, body: bytes, header: tuple[str, str]
) -> None:
    async with VllmServer(path_faults={"/v1/models": fault}) as server:
        answer = await get(server, "/v1/models")
        healthy = await get(server, "/health")
    assert (answer.status_code, answer.content) == (status, body)
    assert answer.headers[header[0]] == header[1]
    assert healthy.status_code == 200


async def test_a_stopped_server_refuses_and_comes_back_on_its_port() -> None:
    server = VllmServer()
    async with server:
        port = server.port
    with pytest.raises(httpx.ConnectError):
        await get(server, "/health")
    async with server:
        assert server.port == port
        assert (await get(server, "/health")).status_code == 200


async def test_a_hanging_request_does_not_delay_the_stop() -> None:
    async with VllmServer(fault=Hang()) as server:
        pending = asyncio.create_task(get(server, "/v1/models"))
        await asyncio.wait_for(server.arrived.wait(), 5)
        started = time.monotonic()
    assert time.monotonic() - started < 2
    with pytest.raises(httpx.TransportError):
        await pending


@pytest.mark.parametrize("turns", range(6))
async def test_a_connection_that_arrives_while_it_stops_is_not_left_open(turns: int) -> None:
    """At one of these turns of the loop it is accepted and has no transport yet."""
    async with VllmServer(models=(Model("a"),)) as server:
        clients = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(3)]
        for _ in range(turns):
            await asyncio.sleep(0)
    for client in clients:
        client.close()
    gc.collect()  # an open transport complains when it is collected, which fails the test
