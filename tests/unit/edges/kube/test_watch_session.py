"""What would end kopf arrives as what it survives: a list anew, or a request that is sent again."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from openclaw_vllm.edges.kube import watch_session, watch_streams
from openclaw_vllm.edges.kube.watch_session import session
from openclaw_vllm.edges.kube.watch_streams import RELIST, FallBack
from openclaw_vllm.edges.kube.watches import Watch, Watches
from tests.fakes.connection import connection

ADDED = b'{"type":"ADDED","object":{"metadata":{"name":"a"}}}\n'
LINES = {"data": {"a": '\n{"type":"ERROR"}\n'}}
QUOTED = json.dumps({"type": "ADDED", "object": LINES}).encode() + b"\n"
NESTED = b'{"type":"ADDED","object":{"spec":'
NESTED_END = b'{"type":"ERROR"}}}\n'
TROUBLED = b'{"type":"ERROR","object":{"kind":"Status","code":500,"message":"etcd"}}\n'
TOO_OLD = b'{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired"}}\n'
WATCH = "/api/v1/services?watch=true"
LIST = "/api/v1/services"
LIST_BY_WATCHING = f"{WATCH}&sendInitialEvents=true"


@dataclass
class Scene:
    """An API server with one answer, in chunks, and how a session shows it."""

    status: int = 200
    type: str = "application/json"
    chunks: tuple[bytes, ...] = ()
    headers: dict[str, str] = field(default_factory=dict)
    url: str = ""
    watches: Watches = field(default_factory=Watches)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        headers = {"Content-Type": self.type, **self.headers}
        response = web.StreamResponse(status=self.status, headers=headers)
        await response.prepare(request)
        for chunk in self.chunks:
            await response.write(chunk)
            await asyncio.sleep(0.01)  # or they arrive as one
        return response

    async def read(self, path: str, fall_back: FallBack | None = None) -> tuple[int, bytes]:
        """Return the status and all that kopf reads."""
        async with (
            session(self.watches, connection(self.url), fall_back) as client,
            client.get(f"{self.url}{path}") as response,
        ):
            return response.status, b"".join(
                [chunk async for chunk in response.content.iter_chunked(1024)]
            )


@pytest.fixture
async def scene(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scene]:
    monkeypatch.setattr(watch_streams, "RELIST_PAUSE", 0.0)
    monkeypatch.setattr(watch_session, "REFUSAL_PAUSE", 0.0)
    scene = Scene()
    app = web.Application()
    app.router.add_get("/{path:.*}", scene.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    scene.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield scene
    await runner.cleanup()


async def test_a_watch_that_is_answered_with_410_lists_again(scene: Scene) -> None:
    scene.status, scene.chunks = 410, (b"gone",)
    scene.watches.expect([Watch("services")])
    assert await scene.read(WATCH) == (200, RELIST)
    assert not scene.watches.have_synced


@pytest.mark.parametrize(
    ("chunks", "read"),
    [
        pytest.param((TROUBLED,), RELIST, id="at once"),
        pytest.param((TOO_OLD,), RELIST, id="that kopf knows"),
        pytest.param((ADDED + TROUBLED + ADDED,), ADDED + RELIST, id="among others"),
        pytest.param((ADDED, TROUBLED), ADDED + RELIST, id="in a chunk of its own"),
    ],
)
async def test_an_error_event_of_any_code_lists_again(
    chunks: tuple[bytes, ...], read: bytes, scene: Scene
) -> None:
    scene.chunks = chunks
    assert await scene.read(WATCH) == (200, read)


@pytest.mark.parametrize("chunks", [(QUOTED,), (NESTED, NESTED_END)])
async def test_what_an_object_contains_is_no_error_event(
    chunks: tuple[bytes, ...], scene: Scene
) -> None:
    scene.chunks = chunks
    assert await scene.read(WATCH) == (200, b"".join(chunks))


@pytest.mark.parametrize("path", [WATCH, LIST])
@pytest.mark.parametrize(
    ("status", "expected"),
    [(401, 503), (403, 403), (404, 404), (408, 503), (409, 503), (425, 503), (429, 503)],
)
async def test_a_status_that_passes_by_itself_is_one_that_kopf_tries_again(
    status: int, expected: int, path: str, scene: Scene
) -> None:
    scene.status = status
    assert (await scene.read(path))[0] == expected


@pytest.mark.parametrize("path", [WATCH, LIST, LIST_BY_WATCHING])
async def test_a_page_is_no_answer_and_asked_for_again(path: str, scene: Scene) -> None:
    """kopf would end on it, as on everything that it cannot read."""
    scene.type, scene.chunks = "text/html", (b"<title>Log in</title>",)
    scene.watches.expect([Watch("services")])
    assert (await scene.read(path))[0] == 503
    assert not scene.watches.listed.is_set()


async def test_a_list_that_is_answered_with_410_is_asked_for_again(scene: Scene) -> None:
    scene.status = 410
    assert (await scene.read(LIST))[0] == 503


@pytest.mark.parametrize("status", [400, 422])
async def test_a_list_by_watching_that_is_refused_is_repeated_without_watching(
    status: int, scene: Scene
) -> None:
    scene.status, reasons = status, list[str]()
    assert await scene.read(LIST_BY_WATCHING, reasons.append) == (200, RELIST)
    assert reasons == [f"status {status}"]


@pytest.mark.parametrize("path", [WATCH, LIST])
async def test_what_else_is_refused_is_no_reason_to_list_without_watching(
    path: str, scene: Scene
) -> None:
    scene.status, reasons = 422, list[str]()
    assert (await scene.read(path, reasons.append))[0] == 422
    assert reasons == []


async def test_a_refusal_is_shown_where_nothing_but_listing_by_watching_is_allowed(
    scene: Scene,
) -> None:
    scene.status = 422
    assert (await scene.read(LIST_BY_WATCHING))[0] == 422


@pytest.mark.parametrize(
    ("retry_after", "pause"), [("3", 3.0), ("3600", 5.0), ("Sun, 29 Nov 2026 03:00:00 GMT", 0.0)]
)
async def test_retry_after_is_heeded_for_seconds(
    retry_after: str, pause: float, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    scene.status, scene.headers = 429, {"Retry-After": retry_after}
    monkeypatch.setattr(asyncio, "sleep", sleep)
    assert (await scene.read(WATCH))[0] == 503
    assert pause in pauses
