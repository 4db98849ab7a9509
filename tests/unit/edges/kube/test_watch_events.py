"""Events go to their handlers in order, and kopf learns how far they have come."""

import json
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest

from openclaw_vllm.edges.kube.watch_events import AT_ONCE, DeliveringStream
from openclaw_vllm.edges.kube.watch_streams import RELIST, ExpiredStream

END = (
    b'{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"7",'
    b'"annotations":{"k8s.io/initial-events-end":"true"}}}}\n'
)


def event(version: int, type_: str = "ADDED") -> bytes:
    metadata = {"name": f"n{version}", "resourceVersion": str(version)}
    return json.dumps({"type": type_, "object": {"metadata": metadata}}).encode() + b"\n"


class Chunks:
    """A stream of these chunks."""

    def __init__(self, *chunks: bytes) -> None:
        self._chunks = chunks

    async def iter_chunked(self, _: int) -> AsyncIterator[bytes]:
        for chunk in self._chunks:
            yield chunk


class Reading:
    """What the handler gets, and what kopf reads."""

    def __init__(self) -> None:
        self.handled: list[tuple[str | None, str]] = []

    def on_event(self, type_: str | None, manifest: dict[str, Any]) -> None:
        version = manifest["metadata"]["resourceVersion"]
        self.handled.append((type_, version))
        if version == "13":
            raise ValueError("unlucky")

    async def read(self, *chunks: bytes, listing: bool = False) -> list[dict[str, Any]]:
        content = cast(ExpiredStream, Chunks(*chunks))
        stream = DeliveringStream(content, self.on_event, listing=listing)
        return [json.loads(line) async for line in stream.iter_chunked(1024)]


def versions(bookmarks: list[dict[str, Any]]) -> list[str]:
    assert {one["type"] for one in bookmarks} <= {"BOOKMARK"}
    return [one["object"]["metadata"]["resourceVersion"] for one in bookmarks]


async def test_every_event_is_handled_once_and_kopf_reads_the_last_version_of_each_chunk() -> None:
    reading = Reading()
    changes = (event(1), event(2, "MODIFIED") + event(3, "DELETED"))
    assert versions(await reading.read(*changes)) == ["1", "3"]
    assert reading.handled == [("ADDED", "1"), ("MODIFIED", "2"), ("DELETED", "3")]


async def test_a_list_says_nothing_of_versions_before_its_end() -> None:
    """Its objects come in no order; kopf takes the first bookmark for the end."""
    reading = Reading()
    chunks = (event(9), event(4), event(5) + END, event(10))
    assert versions(await reading.read(*chunks, listing=True)) == ["7", "10"]
    assert len(reading.handled) == 4


async def test_an_event_beside_the_end_of_a_list_counts_after_it() -> None:
    assert versions(await Reading().read(END + event(8), listing=True)) == ["7", "8"]


async def test_a_bookmark_is_not_followed_by_an_older_version() -> None:
    bookmark = b'{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"20"}}}\n'
    assert versions(await Reading().read(event(4) + bookmark)) == ["20"]


async def test_an_error_makes_kopf_list_again() -> None:
    reading = Reading()
    (error,) = await reading.read(event(1) + RELIST)
    assert (error["type"], error["object"]["code"]) == ("ERROR", 410)
    assert reading.handled == [("ADDED", "1")]


async def test_a_handler_that_fails_fails_for_one_event(caplog: pytest.LogCaptureFixture) -> None:
    reading = Reading()
    assert versions(await reading.read(event(13) + event(14))) == ["14"]
    assert [version for _, version in reading.handled] == ["13", "14"]
    assert "an event of n13 cannot be handled" in caplog.text


async def test_a_long_chunk_is_handled_to_its_end() -> None:
    reading = Reading()
    many = b"".join(event(number) for number in range(100, 100 + 3 * AT_ONCE))
    await reading.read(many)
    assert len(reading.handled) == 3 * AT_ONCE
