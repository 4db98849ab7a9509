"""Resolver of host names, with each lookup in a thread of its own.

So a silent name server delays only its own lookups: the default executor has four to six threads
for all of them, and any executor is waited for when the process ends.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from threading import Thread
from typing import Any

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.problem import Problem

MAX_LOOKUPS = 512  # threads; a silent name server blocks each for some 10 seconds

Addresses = tuple[str, ...]
GetAddrInfo = Callable[[str, int], Sequence[tuple[Any, ...]]]


def _getaddrinfo(host: str, port: int) -> Sequence[tuple[Any, ...]]:
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)


class Resolver:
    """Resolves host names; `getaddrinfo` answers as the socket module's does."""

    def __init__(self, getaddrinfo: GetAddrInfo = _getaddrinfo) -> None:
        self._getaddrinfo = getaddrinfo
        self._waiting = 0

    async def lookup(self, host: str, port: int) -> Addresses | Problem:
        """Resolve a host to its addresses, IPv4 and IPv6, in the resolver's order."""
        try:
            return (str(ip_address(host)),)
        except ValueError:
            loop = asyncio.get_running_loop()
        if self._waiting >= MAX_LOOKUPS:
            message = f"host {host} cannot be resolved: the name server is silent"
            return Problem(Reason.CONNECTION_FAILED, message)
        result: asyncio.Future[Addresses | Problem] = loop.create_future()
        self._waiting += 1

        def look_up() -> None:
            addresses = self._look_up(host, port)
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(self._settle, result, addresses)

        Thread(target=look_up, name=f"lookup {host}", daemon=True).start()
        return await result

    def _look_up(self, host: str, port: int) -> Addresses | Problem:
        try:
            entries = self._getaddrinfo(host, port)
        except (OSError, UnicodeError):
            return Problem(Reason.CONNECTION_FAILED, f"host {host} cannot be resolved")
        return tuple(dict.fromkeys(str(entry[4][0]) for entry in entries))

    def _settle(
        self, result: asyncio.Future[Addresses | Problem], addresses: Addresses | Problem
    ) -> None:
        self._waiting -= 1
        if not result.done():  # its probe may have met its deadline
            result.set_result(addresses)
