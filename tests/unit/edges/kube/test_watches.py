"""Watches are listened to as kopf reads them: openings, events, bookmarks, the end of a list."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from openclaw_vllm.edges.kube.watch_session import session
from openclaw_vllm.edges.kube.watches import (
    REFUSALS,
    SETTLED,
    SILENCE,
    Watch,
    Watches,
    expected_watches,
)
from tests.fakes.connection import connection

ADDED = b'{"type":"ADDED","object":{"metadata":{"name":"a"}}}\n'
BOOKMARK = b'{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"7"}}}\n'
END = (
    b'{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"7",'
    b'"annotations":{"k8s.io/initial-events-end":"true"}}}}\n'
)
SERVICES = Watch("services")
JSON = {"Content-Type": "application/json"}
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
        response = web.StreamResponse(status=self.status, headers=JSON)
        await response.prepare(request)
        while message := await self.says.get():
            await response.write(message)
        return response

    @asynccontextmanager
    async def read(self, path: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """Open a path and read as kopf does."""
        async with (
            session(self.watches, connection(self.url)) as client,
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
        for text in (ADDED, BOOKMARK):
            scene.now += 60
            assert scene.silence == 60
            scene.says.put_nowait(text)
            assert await anext(chunks) == text
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
        read = b""
        for text in filter(None, (ADDED, END[:split], END[split:])):
            scene.says.put_nowait(text)
            read += await anext(chunks)
            scene.now += SETTLED
            assert not scene.watches.have_synced
        assert read == ADDED + END
        scene.says.put_nowait(BOOKMARK)
        await anext(chunks)
        assert scene.watches.have_synced  # at once: all of it was handled


EVERY_KIND = [watch.resource for watch in expected_watches((), catalogs=True)]


@pytest.mark.parametrize("kind", EVERY_KIND)
async def test_objects_of_any_kind_that_are_listed_by_watching_call_for_a_relist(
    kind: str, scene: Scene
) -> None:
    """What was deleted before the list is not in it, and no event tells; first or again."""
    scene.watches.expect([Watch(kind)])
    for _ in range(2):
        async with scene.read(f"/api/v1/{kind}{STREAMING}") as chunks:
            for text in (ADDED, END, BOOKMARK):
                assert not scene.watches.listed.is_set()
                scene.says.put_nowait(text)
                await anext(chunks)
            assert scene.watches.listed.is_set()
        scene.watches.listed.clear()


@pytest.mark.parametrize("kind", EVERY_KIND)
async def test_objects_of_any_kind_that_are_listed_first_call_for_a_relist(
    kind: str, scene: Scene
) -> None:
    """Once the watch is open: until then kopf may not have dispatched them."""
    scene.watches.expect([Watch(kind)])
    for _ in range(2):
        async with scene.read(f"/api/v1/{kind}"):
            assert not scene.watches.listed.is_set()
        async with scene.read(f"/api/v1/{kind}?watch=true&resourceVersion=7"):
            assert scene.watches.listed.is_set()
        scene.watches.listed.clear()


async def test_a_watch_that_is_resumed_calls_for_no_relist(scene: Scene) -> None:
    async with scene.read("/api/v1/services?watch=true&resourceVersion=7"):
        assert not scene.watches.listed.is_set()


async def test_other_lists_call_for_no_relist(scene: Scene) -> None:
    """As those of kinds, from which kopf learns what there is."""
    for path in ("/api/v1", "/api/v1/pods", "/api/v1/pods?watch=true&resourceVersion=7"):
        async with scene.read(path):
            assert not scene.watches.listed.is_set()


async def test_without_streaming_the_list_has_come_before_the_watch(scene: Scene) -> None:
    async with scene.read("/api/v1/services?watch=true&resourceVersion=7"):
        assert not scene.watches.have_synced
        scene.now += SETTLED
        assert scene.watches.have_synced


def test_lists_are_complete_once_no_event_is_left_and_stay_so() -> None:
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


@pytest.mark.parametrize("by_watching", [True, False])
def test_lists_are_complete_at_once_where_all_watches_begin_with_them(*, by_watching: bool) -> None:
    now = 1000.0
    watches, others = Watches(clock=lambda: now), Watch("configmaps")
    watches.expect([SERVICES, others])
    watches.record_list(SERVICES, by_watching=True)
    watches.record_list(others, by_watching=by_watching)
    watches.record_end_of_list(SERVICES)
    assert not watches.have_synced
    watches.record_end_of_list(others)
    assert watches.have_synced == by_watching
    now += SETTLED
    assert watches.have_synced


def test_a_kind_is_as_silent_as_its_most_silent_namespace() -> None:
    now = 1000.0
    watches = Watches(clock=lambda: now)
    watches.expect(expected_watches(("a", "b"), catalogs=False))
    now += SILENCE
    assert watches.stale_watches == []
    now += 1
    for kind in ("vllmproviders", "configmaps", "endpointslices"):
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
    scene.watches.expect(expected := expected_watches(namespaces, catalogs=True))
    assert watch in expected
    scene.now += 100
    async with scene.read(f"{path}?watch=true"):
        active = {kind for kind, silence in scene.watches.silences().items() if silence == 0}
        assert active == {watch.resource}


SLICES = Watch("endpointslices")
SLICES_PATH = "/apis/discovery.k8s.io/v1/endpointslices?watch=true"


async def test_a_watch_of_slices_that_stays_refused_is_expected_no_longer(scene: Scene) -> None:
    """Until the right is granted: kopf goes on trying."""
    refused: list[Watch] = []
    scene.watches.on_refusal = refused.append
    scene.watches.expect([SLICES])
    scene.status = 403
    for _ in range(REFUSALS):
        assert refused == []
        assert not scene.watches.have_synced
        async with scene.read(SLICES_PATH):
            pass
    scene.now += SILENCE + 1
    assert refused == [SLICES]
    assert scene.watches.stale_watches == []
    assert scene.watches.have_synced
    scene.status = 200
    async with scene.read(SLICES_PATH):
        scene.now += SILENCE + 1
        assert scene.watches.stale_watches == ["endpointslices"]


async def test_refusals_that_pass_change_nothing(scene: Scene) -> None:
    """An API server that starts refuses everything until it has read the roles."""
    refused: list[Watch] = []
    scene.watches.on_refusal = refused.append
    scene.watches.expect([SLICES])
    for status in [*[403] * (REFUSALS - 1), 200] * 2:
        scene.status = status
        async with scene.read(SLICES_PATH):
            assert "endpointslices" in scene.watches.silences()
    assert refused == []
