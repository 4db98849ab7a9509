"""A question to a server and its answer, as values; and what anybody can do who asks questions.

Apart from `prober`, so that whoever only needs their types does without an HTTP client.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from openclaw_vllm.api.problem import Problem
from openclaw_vllm.edges.vllm.trust import Trust

MAX_ANSWER = 1024 * 1024  # bytes; about 1 960 entries of a real vLLM


@dataclass(frozen=True, slots=True)
class ProbeRequest:
    """A request: `addresses` are the IP addresses of the URL's host that may be connected to."""

    method: str
    url: str
    addresses: tuple[str, ...]
    trust: Trust = field(default_factory=Trust)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    json: object = None


@dataclass(frozen=True, slots=True)
class ProbeResponse:
    """A response's status code, body and `Allow` header; no body is read but of 200, and of a
    refusal of a POST."""

    status: int
    body: bytes = field(default=b"", repr=False)
    allow: str = ""


class ProberProtocol(Protocol):
    """Whoever asks servers: `prober.Prober`, or one who has no server to ask."""

    async def lookup(self, host: str, port: int) -> tuple[str, ...] | Problem:
        """Resolve a host to its addresses, to be judged before they are asked."""

    async def ask(self, question: ProbeRequest) -> ProbeResponse | Problem:
        """Send one request; every failure is a value."""
