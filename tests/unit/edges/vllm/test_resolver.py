"""Names to addresses."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.edges.vllm.resolver import Resolver

Addresses = list[tuple[Any, ...]]


@contextmanager
def resolver(getaddrinfo: Callable[[str, int], Addresses]) -> Iterator[Resolver]:
    yield Resolver(getaddrinfo)


def several(host: str, port: int) -> Addresses:
    assert host == "several.test"
    addresses = ("10.0.0.2", "fd00::1", "10.0.0.2", "10.0.0.1")
    return [(0, 0, 0, "", (address, port)) for address in addresses]


@pytest.mark.parametrize(
    ("host", "addresses"),
    [
        pytest.param("10.1.2.3", ("10.1.2.3",), id="an IPv4 address is itself"),
        pytest.param("fd00:0::1", ("fd00::1",), id="an IPv6 address is itself in its short form"),
        pytest.param(
            "several.test",
            ("10.0.0.2", "fd00::1", "10.0.0.1"),
            id="a name is all its addresses, each once, in the resolver's order",
        ),
    ],
)
async def test_a_host(host: str, addresses: tuple[str, ...]) -> None:
    with resolver(several) as names:
        assert await names.lookup(host, 8000) == addresses


@pytest.mark.parametrize("error", [socket.gaierror(), TimeoutError(), UnicodeError()])
async def test_a_name_that_leads_nowhere_is_a_failed_connection(error: Exception) -> None:
    def fail(host: str, port: int) -> Addresses:
        raise error

    with resolver(fail) as names:
        result = await names.lookup("vllm.test", 8000)
    assert isinstance(result, Problem)
    assert result.reason == Reason.CONNECTION_FAILED
    assert "vllm.test" in result.message


async def test_a_silent_name_server_holds_up_no_other() -> None:
    answered = threading.Event()

    def silent_for_one(host: str, port: int) -> Addresses:
        if host == "silent.test":
            answered.wait()
        return [(0, 0, 0, "", ("10.0.0.1", port))]

    with resolver(silent_for_one) as names:
        waiting = [asyncio.create_task(names.lookup("silent.test", 80)) for _ in range(32)]
        async with asyncio.timeout(2):
            assert await names.lookup("other.test", 80) == ("10.0.0.1",)
        assert not any(task.done() for task in waiting)
        answered.set()
        await asyncio.gather(*waiting)


async def test_the_system_knows_localhost() -> None:
    result = await Resolver().lookup("localhost", 80)
    assert isinstance(result, tuple)
    assert "127.0.0.1" in result
