"""Names to addresses, in threads of our own, so that a silent name server holds up nobody else."""

import asyncio
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from typing import Any

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.problem import Problem

THREADS = 64  # the default executor has 4 to 6, and each waits for a name server's time-out

Lookup = Callable[[str, int], Sequence[tuple[Any, ...]]]


def _getaddrinfo(host: str, port: int) -> Sequence[tuple[Any, ...]]:
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)


class Resolver:
    """Resolves host names; `getaddrinfo` answers as the socket module's does."""

    def __init__(self, getaddrinfo: Lookup = _getaddrinfo) -> None:
        self._getaddrinfo = getaddrinfo
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="lookup")

    def close(self) -> None:
        """Start no further lookup; those under way are not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def lookup(self, host: str, port: int) -> tuple[str, ...] | Problem:
        """Resolve a host to its addresses, IPv4 and IPv6, in the resolver's order."""
        try:
            return (str(ip_address(host)),)
        except ValueError:
            loop = asyncio.get_running_loop()
        try:
            found = await loop.run_in_executor(self._threads, self._getaddrinfo, host, port)
        except (OSError, UnicodeError):
            return Problem(Reason.CONNECTION_FAILED, f"host {host} cannot be resolved")
        return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))
