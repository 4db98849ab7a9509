"""Watches are listened to as kopf reads them: openings, events, bookmarks, the end of a list."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from openclaw_vllm import handlers
from openclaw_vllm.edges.kube.watch_session import session
from openclaw_vllm.edges.kube.watches import SETTLED, SILENCE, Watch, Watches

ADDED = b'{"type":"ADDED","object":{"metadata":{"name":"a"}}}\n'
BOOKMARK = b'{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"7"}}}\n'
END = (
    b'{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"7",'
    b'"annotations":{"k8s.io/initial-events-end":"true"}}}}\n'
)
SERVICES = Watch("services")
PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
INSIDE = END.index(b"events-end")
STREAMING = "?watch=true&sendInitialEvents=true"


@dataclass
class Scene:
    """Watches by a clock that is moved by hand, and an API server that says what it is given."""

    now: float = 1000.0
    says: asyncio.Queue[bytes] = field(default_factory=asyncio.Queue)
    status: int = 200
    url: str = ""
    watches: Watches = field(init=False)

    def __post_init__(self) -> None:
        self.watches = Watches(clock=lambda: self.now)
        self.watches.expect([SERVICES])

    @property
    def silence(self) -> float:
        return self.watches.silences()["services"]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=self.status)
        await response.prepare(request)
        while said := await self.says.get():
            await response.write(said)
        return response

    @asynccontextmanager
    async def read(self, path: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """Open a path and read as kopf does."""
        async with (
            session(self.watches, PLAIN, {}, None) as client,
            client.get(f"{self.url}{path}") as response,
        ):
            yield response.content.iter_chunked(1024)
            self.says.put_nowait(b"")


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    scene = Scene()
    app = web.Application()
    app.router.add_get("/{path:.*}", scene.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    scene.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield scene
    await runner.cleanup()


async def test_an_opening_an_event_and_a_bookmark_break_the_silence(scene: Scene) -> None:
    scene.now += 100
    assert scene.silence == 100
    async with scene.read("/api/v1/services?watch=true") as chunks:
        assert scene.silence == 0
        for said in (ADDED, BOOKMARK):
            scene.now += 60
            assert scene.silence == 60
            scene.says.put_nowait(said)
            assert await anext(chunks) == said
            assert scene.silence == 0


async def test_an_answer_that_refuses_the_watch_does_not_break_the_silence(scene: Scene) -> None:
    scene.now, scene.status = scene.now + 100, 403
    async with scene.read("/api/v1/services?watch=true"):
        assert scene.silence == 100


async def test_other_requests_are_left_alone(scene: Scene) -> None:
    scene.now += 100
    async with scene.read("/api/v1/services") as chunks:
        scene.says.put_nowait(ADDED)
        assert await anext(chunks) == ADDED
    assert scene.silence == 100


@pytest.mark.parametrize("split", [0, 10, INSIDE])
async def test_a_list_has_ended_when_what_came_before_its_end_was_asked_for(
    scene: Scene, split: int
) -> None:
    """kopf asks for more when it has handed out all it got; the end may come in two parts."""
    async with scene.read(f"/api/v1/services{STREAMING}") as chunks:
        for said in filter(None, (ADDED, END[:split], END[split:])):
            scene.says.put_nowait(said)
            assert await anext(chunks) == said
            scene.now += SETTLED
            assert not scene.watches.have_synced
        scene.says.put_nowait(BOOKMARK)
        await anext(chunks)
        scene.now += SETTLED
        assert scene.watches.have_synced


async def test_without_streaming_the_list_has_come_before_the_watch(scene: Scene) -> None:
    async with scene.read("/api/v1/services?watch=true&resourceVersion=7"):
        assert not scene.watches.have_synced
        scene.now += SETTLED
        assert scene.watches.have_synced


def test_lists_are_taken_in_once_no_event_is_left_and_stay_so() -> None:
    now = 1000.0
    watches = Watches(clock=lambda: now)
    watches.expect([SERVICES, Watch("configmaps")])
    watches.record_end_of_list(SERVICES)
    now += SETTLED
    assert not watches.have_synced
    watches.record_end_of_list(Watch("configmaps"))
    for _ in range(3):
        now += SETTLED / 2
        watches.record_event()
        assert not watches.have_synced
    now += SETTLED
    assert watches.have_synced
    watches.record_event()
    assert watches.have_synced


def test_a_kind_is_as_silent_as_its_most_silent_namespace() -> None:
    now = 1000.0
    watches = Watches(clock=lambda: now)
    watches.expect(handlers.expected(("a", "b"), catalogs=False))
    now += SILENCE
    assert watches.stale_watches == []
    now += 1
    for kind in ("vllmproviders", "configmaps"):
        for namespace in ("a", "b"):
            watches.record_activity(Watch(kind, namespace))
    watches.record_activity(Watch("services", "a"))
    assert watches.stale_watches == ["services"]


@pytest.mark.parametrize(
    ("namespaces", "path", "watch"),
    [
        ((), "/apis/openclaw-vllm.dev/v1alpha1/vllmproviders", Watch("vllmproviders")),
        (("a",), "/api/v1/namespaces/a/configmaps", Watch("configmaps", "a")),
        (("a",), "/apis/openclaw-vllm.dev/v1alpha1/vllmcatalogs", Watch("vllmcatalogs")),
        ((), "/api/v1/namespaces", Watch("namespaces")),
    ],
)
async def test_a_watch_is_known_by_its_path(
    scene: Scene, namespaces: tuple[str, ...], path: str, watch: Watch
) -> None:
    scene.watches.expect(expected := handlers.expected(namespaces, catalogs=True))
    assert watch in expected
    scene.now += 100
    async with scene.read(f"{path}?watch=true"):
        heard = {kind for kind, silence in scene.watches.silences().items() if silence == 0}
        assert heard == {watch.resource}
