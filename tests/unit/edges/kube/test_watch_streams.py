"""A list by watching ends with its bookmark, or is made anew; kopf is never left in the middle."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import aiohttp
import pytest

from openclaw_vllm.edges.kube import watch_streams
from openclaw_vllm.edges.kube.watch_streams import RELIST, ListStream, WatchStream
from openclaw_vllm.edges.kube.watches import SETTLED, Watch, Watches

ADDED = b'{"type":"ADDED","object":{"metadata":{"name":"a"}}}\n'
BOOKMARK = b'{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"7"}}}\n'
END = (
    b'{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"7",'
    b'"annotations":{"k8s.io/initial-events-end":"true"}}}}\n'
)
SERVICES = Watch("services")
SILENCE = 0.1  # seconds
HANGS = object()


class FakeContent:
    """The body of a response: its chunks, a pause before each, and what follows the last."""

    def __init__(self, *chunks: bytes, then: object = None, pause: float = 0.0) -> None:
        self._chunks, self._then, self._pause = chunks, then, pause

    async def iter_chunked(self, _: int) -> AsyncIterator[bytes]:
        for chunk in self._chunks:
            await asyncio.sleep(self._pause)
            yield chunk
        if self._then is HANGS:
            await asyncio.Event().wait()
        if isinstance(self._then, Exception):
            raise self._then


def body(*chunks: bytes, **content: Any) -> aiohttp.StreamReader:
    return cast(aiohttp.StreamReader, FakeContent(*chunks, **content))


class Reading:
    """What kopf reads of a list, and the reasons for which it is listed without watching."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.watches = Watches(clock=lambda: self.now)
        self.watches.expect([SERVICES])
        self.reasons: list[str] = []

    async def read(self, *chunks: bytes, falls_back: bool = True, **content: Any) -> list[bytes]:
        fall_back = self.reasons.append if falls_back else None
        stream = ListStream(body(*chunks, **content), self.watches, SERVICES, fall_back)
        return [events async for events in stream.iter_chunked(1024)]

    @property
    def has_ended(self) -> bool:
        self.now += SETTLED
        return self.watches.have_synced


@pytest.fixture
def reading(monkeypatch: pytest.MonkeyPatch) -> Reading:
    monkeypatch.setattr(watch_streams, "RELIST_PAUSE", 0.0)
    monkeypatch.setattr(watch_streams, "LONGEST_SILENCE", SILENCE)
    return Reading()


@pytest.mark.parametrize("chunks", [(END,), (ADDED, END), (ADDED + END,), (END[:60], END[60:])])
async def test_a_list_that_ends_goes_on_as_a_watch(
    chunks: tuple[bytes, ...], reading: Reading
) -> None:
    assert b"".join(await reading.read(*chunks, ADDED)) == b"".join((*chunks, ADDED))
    assert reading.has_ended
    assert reading.reasons == []


async def test_a_watch_may_be_silent_after_its_list(reading: Reading) -> None:
    assert await reading.read(END, ADDED, pause=SILENCE / 4) == [END, ADDED]
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(4 * SILENCE):
            await reading.read(END, then=HANGS)
    assert reading.reasons == []


@pytest.mark.parametrize(
    "chunks",
    [
        pytest.param((), id="nothing"),
        pytest.param((ADDED, ADDED), id="objects"),
        pytest.param((ADDED, BOOKMARK), id="another bookmark"),
    ],
)
async def test_a_list_without_an_end_is_repeated_without_watching(
    chunks: tuple[bytes, ...], reading: Reading
) -> None:
    assert await reading.read(*chunks, then=HANGS) == [*chunks, RELIST]
    assert reading.reasons == ["no bookmark ends it"]
    assert not reading.has_ended


async def test_a_list_whose_objects_keep_changing_has_a_last_moment(
    reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch_streams, "LONGEST_LIST", 4 * SILENCE)
    *changes, last = await reading.read(*([ADDED] * 100), pause=SILENCE / 5)
    assert (last, set(changes)) == (RELIST, {ADDED})
    assert len(changes) < 50
    assert reading.reasons == ["no bookmark ends it"]


async def test_where_nothing_else_is_allowed_a_silence_is_borne_longer(
    reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch_streams, "LONGEST_LIST", 20 * SILENCE)
    late = await reading.read(ADDED, END, pause=2 * SILENCE, falls_back=False)
    assert late == [ADDED, END]
    assert await reading.read(then=HANGS, falls_back=False) == [RELIST]


async def test_half_an_event_is_dropped_where_a_connection_is_cut(reading: Reading) -> None:
    """On half a line of JSON kopf ends; it resumes at the version of the last whole event."""
    chunks = (ADDED, ADDED[:20], ADDED[20:] + ADDED[:20])
    watch = WatchStream(body(*chunks), reading.watches, SERVICES)
    assert b"".join([events async for events in watch.iter_chunked(1024)]) == ADDED * 2
    assert b"".join(await reading.read(*chunks)) == ADDED * 2 + RELIST


async def test_a_long_event_is_whole_and_what_it_holds_is_no_error(reading: Reading) -> None:
    event = b'{"type":"ADDED","object":{"a":{"type":"ERROR"},"b":{"type":"ERROR"}}}\n'
    chunks = [event[start : start + 10] for start in range(0, len(event), 10)]
    watch = WatchStream(body(*chunks, event + ADDED), reading.watches, SERVICES)
    read = [events async for events in watch.iter_chunked(1024) if events]
    assert read == [event, event + ADDED]


@pytest.mark.parametrize("before", [b"", ADDED, ADDED * 2])
async def test_an_error_ends_what_precedes_it(before: bytes, reading: Reading) -> None:
    error = b'{"type":"ERROR","object":{"code":500}}\n'
    watch = WatchStream(body(before + error + ADDED, ADDED), reading.watches, SERVICES)
    assert b"".join([events async for events in watch.iter_chunked(1024)]) == before + RELIST


@pytest.mark.parametrize(
    "end", [None, aiohttp.ClientPayloadError("cut"), aiohttp.ClientOSError("reset")]
)
async def test_a_list_that_breaks_off_is_repeated_the_same_way(
    end: Exception | None, reading: Reading
) -> None:
    """kopf would go on after the last object, though others of the list may have older versions."""
    assert await reading.read(ADDED, then=end) == [ADDED, RELIST]
    assert (reading.reasons, reading.has_ended) == ([], False)
