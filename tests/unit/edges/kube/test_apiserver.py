"""What is sent again, and what is an answer: told by the code, and where that is not enough by the
structure of the Status, as a real API server words it (1.37.2)."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from kubernetes.aio.client import Configuration

from openclaw_vllm.edges.kube.apiserver import ATTEMPTS, ApiServer, Unavailable

Json = dict[str, Any]

UNKNOWN_FIELD: Json = {
    "kind": "Status",
    "message": "failed to create typed patch object (agents/guide; openclaw-vllm.dev/v1alpha1,"
    " Kind=VllmProvider): .status.news: field not declared in schema",
    "code": 500,
}
DENIED: Json = {"kind": "Status", "message": 'admission webhook "a.b" denied the request: no'}
BY_FIELD: Json = {
    "kind": "Status",
    "details": {"causes": [{"reason": "FieldValueInvalid", "field": "status.news"}]},
}
INTERNAL: Json = {
    "kind": "Status",
    "reason": "InternalError",
    "message": 'Internal error occurred: failed calling webhook "a.b": connection refused',
    "details": {"causes": [{"message": 'failed calling webhook "a.b": connection refused'}]},
}
NO_LEADER: Json = {"kind": "Status", "message": "etcdserver: leader changed", "code": 500}
NAMED_SO: Json = {"kind": "Status", "message": "etcd: failed to create typed patch object", "x": 1}
PAGE: Json = {}
WRITES, ALL = ("PATCH",), ("GET", "PATCH")


@dataclass
class Script:
    """An API server that gives the same answer to everything."""

    code: int = 200
    body: bytes = b"{}"
    retry_after: str = ""
    requests: int = 0
    pauses: list[float] = field(default_factory=list)

    async def answer(self, _: web.Request) -> web.Response:
        self.requests += 1
        headers = {"Retry-After": self.retry_after} if self.retry_after else {}
        return web.Response(status=self.code, body=self.body, headers=headers)


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Script:
    created = Script()

    async def sleep(seconds: float) -> None:
        created.pauses.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    monkeypatch.setattr(random.SystemRandom, "uniform", lambda *_: 1.0)
    return created


@pytest.fixture
async def server(script: Script) -> AsyncIterator[ApiServer]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", script.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    configuration = Configuration()
    configuration.host = "http://{}:{}".format(*runner.addresses[0][:2])
    server = ApiServer(configuration)
    yield server
    await server.close()
    await runner.cleanup()


async def ask(server: ApiServer, method: str) -> int:
    """Return the code that a read or a write comes to; 0 when it is to be tried again later."""
    try:
        reply = await (server.get("/a") if method == "GET" else server.apply("/a", {}, "tests"))
    except Unavailable:
        return 0
    return reply.code


@pytest.mark.parametrize(
    ("code", "body", "methods"),
    [
        pytest.param(200, PAGE, ALL, id="a page of a proxy that wants a login"),
        pytest.param(408, PAGE, ALL, id="a gateway that waited in vain"),
        pytest.param(409, NO_LEADER, ("GET",), id="a read that conflicts with nothing"),
        pytest.param(410, NO_LEADER, ALL, id="gone"),
        pytest.param(429, NO_LEADER, ALL, id="too busy"),
        pytest.param(500, PAGE, ALL, id="a page of a gateway"),
        pytest.param(500, NO_LEADER, ALL, id="no reason, as of etcd"),
        pytest.param(500, INTERNAL, ALL, id="a webhook that is away"),
        pytest.param(500, NAMED_SO, ALL, id="words that something else begins with"),
        pytest.param(503, UNKNOWN_FIELD | {"message": "no"}, ALL, id="not available"),
        pytest.param(520, PAGE, ALL, id="a code of one gateway"),
    ],
)
async def test_trouble_is_tried_again(
    code: int, body: Json, methods: tuple[str, ...], script: Script, server: ApiServer
) -> None:
    script.code, script.body = code, json.dumps(body).encode() if body else b"<html>"
    for method in methods:
        script.requests = 0
        assert await ask(server, method) == 0
        assert script.requests == ATTEMPTS


@pytest.mark.parametrize(
    ("code", "body"),
    [
        pytest.param(500, UNKNOWN_FIELD, id="an unknown field"),
        pytest.param(500, BY_FIELD, id="a cause that names a field"),
        pytest.param(500, DENIED, id="a webhook's own code"),
        pytest.param(409, DENIED, id="a write that conflicts"),
        pytest.param(422, BY_FIELD, id="invalid"),
        pytest.param(404, PAGE, id="not there"),
    ],
)
async def test_an_answer_to_what_was_written_is_one_at_once(
    code: int, body: Json, script: Script, server: ApiServer
) -> None:
    script.code, script.body = code, json.dumps(body).encode()
    assert await ask(server, "PATCH") == code
    assert script.requests == 1


@pytest.mark.parametrize(
    ("retry_after", "pause"), [("3", 3.0), ("3600", 5.0), ("Sun, 29 Nov 2026 03:00:00 GMT", 0.2)]
)
async def test_retry_after_is_heeded_for_seconds(
    retry_after: str, pause: float, script: Script, server: ApiServer
) -> None:
    script.code, script.retry_after = 429, retry_after
    assert await ask(server, "PATCH") == 0
    assert script.pauses[0] == pause
