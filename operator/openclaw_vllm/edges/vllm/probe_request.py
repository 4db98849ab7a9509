"""Request to a server and its response, as values, and the protocol of those who send requests.

Apart from `prober`, so that whoever only needs their types does without an HTTP client.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from openclaw_vllm.api.problem import Problem
from openclaw_vllm.edges.vllm.trust import Trust

MAX_ANSWER = 1024 * 1024  # bytes; about 1 960 entries of a real vLLM
CONNECT_TIMEOUT = 3.0  # seconds, per address


@dataclass(frozen=True, slots=True)
class ProbeRequest:
    """A request: `addresses` are the IP addresses of the URL's host that may be connected to."""

    method: str
    url: str
    addresses: tuple[str, ...]
    trust: Trust = field(default_factory=Trust)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    json: object = None
    port: int = 0  # to connect to, where that is not the URL's
    connect_timeout: float = CONNECT_TIMEOUT


@dataclass(frozen=True, slots=True)
class ProbeResponse:
    """A response's status code, body and `Allow` header; no body is read but of 200, and of a
    refusal of a POST."""

    status: int
    body: bytes = field(default=b"", repr=False)
    allow: str = ""


class ProberProtocol(Protocol):
    """Sends requests to servers: `prober.Prober`, or one that sends none."""

    async def lookup(self, host: str, port: int) -> tuple[str, ...] | Problem:
        """Resolve a host to its addresses, which are checked before a request goes there."""

    async def ask(self, question: ProbeRequest) -> ProbeResponse | Problem:
        """Send one request; every failure is a value."""
