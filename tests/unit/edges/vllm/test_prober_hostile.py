"""Servers that no HTTP library would let one write: named rightly, at little cost to us."""

import asyncio
import threading
import time
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import pytest

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.edges.vllm import transport
from openclaw_vllm.edges.vllm.failures import SPEAKS_NO_HTTP
from tests import builders
from tests.fakes.context import fake_context
from tests.hostile_server import BEHAVIOURS, HostileServer

MEBIBYTE = 1024**2
IN_THE_KERNEL = 12 * MEBIBYTE  # what its buffers take of an answer that nobody reads any more
REASONS = {
    "silence": Reason.TIMED_OUT,
    "hang_up": Reason.CONNECTION_FAILED,
    "reset": Reason.CONNECTION_FAILED,
    "reset_in_body": Reason.CONNECTION_FAILED,
    "another_protocol": Reason.CONNECTION_FAILED,
    "frames_of_http_2": Reason.CONNECTION_FAILED,
    "slow_status_line": Reason.TIMED_OUT,
    "slow_body": Reason.TIMED_OUT,
    "headers_for_ever": Reason.CONNECTION_FAILED,
    "header_line_for_ever": Reason.CONNECTION_FAILED,
    "body_for_ever": Reason.ANSWER_TOO_LARGE,
    "chunks_for_ever": Reason.ANSWER_TOO_LARGE,
    "huge_body": Reason.ANSWER_TOO_LARGE,
    "gzip_bomb": Reason.INVALID_ANSWER,
    "length_too_long": Reason.CONNECTION_FAILED,
    "length_too_short": Reason.INVALID_ANSWER,
    "two_lengths": Reason.CONNECTION_FAILED,
    "negative_length": Reason.CONNECTION_FAILED,
    "absurd_chunk": Reason.CONNECTION_FAILED,
}
# they are tried over TLS, and no more
ENDS_AT_ONCE = ("hang_up", "reset", "another_protocol", "frames_of_http_2")
# Here either the bound or the deadline may be first.
SLOW_FLOODS = ("hints_for_ever", "bytewise_chunks_for_ever")


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a TLS handshake with what does not speak TLS end soon."""
    monkeypatch.setattr(transport, "HANDSHAKE_TIMEOUT", 0.2)


async def probed(server: HostileServer, patience: str = "300ms") -> Problem:
    spec = builders.wire_spec(baseUrl=server.base_url, discovery={"timeout": patience})
    async with fake_context() as here:
        problem = await here.probe(builders.resource(spec))
    assert isinstance(problem, Problem), problem
    return problem


async def reason(server: HostileServer, patience: str = "300ms") -> Reason:
    return (await probed(server, patience)).reason


def test_every_behaviour_has_its_expectation() -> None:
    assert {*REASONS, *SLOW_FLOODS} == set(BEHAVIOURS)


@pytest.mark.parametrize(("behaviour", "expected"), REASONS.items(), ids=list(REASONS))
async def test_a_hostile_answer_is_named(behaviour: str, expected: Reason) -> None:
    patience = "300ms" if expected is Reason.TIMED_OUT else "5s"
    async with HostileServer(behaviour) as server:
        assert await reason(server, patience) == expected
    assert len(server.connections) == 1 + (behaviour in ENDS_AT_ONCE)
    assert server.sent <= MEBIBYTE + IN_THE_KERNEL


@pytest.mark.parametrize("behaviour", ["another_protocol", "frames_of_http_2"])
async def test_a_port_of_another_protocol_is_named(behaviour: str) -> None:
    async with HostileServer(behaviour) as server:
        assert await probed(server, "5s") == SPEAKS_NO_HTTP


@pytest.mark.parametrize("behaviour", SLOW_FLOODS)
async def test_a_flood_of_small_pieces_ends_within_the_deadline(behaviour: str) -> None:
    async with HostileServer(behaviour) as server, asyncio.timeout(3):
        result = await reason(server)
    assert result in (Reason.TIMED_OUT, Reason.ANSWER_TOO_LARGE, Reason.CONNECTION_FAILED)
    assert server.sent <= MEBIBYTE + IN_THE_KERNEL


@pytest.mark.parametrize("behaviour", ["huge_body", "gzip_bomb", "chunks_for_ever"])
async def test_a_large_answer_takes_little_memory(behaviour: str) -> None:
    async with HostileServer(behaviour) as server:
        tracemalloc.start()
        try:
            await reason(server)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 16 * MEBIBYTE  # the server of the test included


@pytest.mark.parametrize("behaviour", ["headers_for_ever", "chunks_for_ever", *SLOW_FLOODS])
async def test_no_answer_holds_the_event_loop_for_long(behaviour: str) -> None:
    with served_by_a_thread(behaviour) as server:
        async with heartbeat() as beat:
            await reason(server)
    assert beat.longest < 0.1


@dataclass
class Beat:
    """The longest time for which nothing else could run, in seconds of this thread's CPU."""

    longest: float = 0.0


@asynccontextmanager
async def heartbeat() -> AsyncIterator[Beat]:
    beat = Beat()

    async def listen() -> None:
        while True:
            start = time.thread_time()
            await asyncio.sleep(0.001)
            beat.longest = max(beat.longest, time.thread_time() - start)

    task = asyncio.create_task(listen())
    await asyncio.sleep(0)
    yield beat
    task.cancel()


@contextmanager
def served_by_a_thread(behaviour: str) -> Iterator[HostileServer]:
    """Serve on a loop of its own, so that what the server costs is not taken for ours."""
    server, ready, loop = HostileServer(behaviour), threading.Event(), asyncio.new_event_loop()
    ended = asyncio.Event()

    async def serve() -> None:
        async with server:
            ready.set()
            await ended.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    ready.wait()
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()
        loop.close()
