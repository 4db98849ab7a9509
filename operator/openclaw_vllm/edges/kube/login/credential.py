"""Credentials of one user, and when they are read anew."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from math import inf

from openclaw_vllm.edges.kube.login.errors import LoginFailed

FAILURE_PAUSE = 5.0  # seconds from a failed attempt to the next: a plugin is a process


@dataclass(frozen=True, slots=True)
class Credential:
    """What shows the API server who asks."""

    authorization: str = field(default="", repr=False)  # the value of the header
    certificate: bytes = field(default=b"", repr=False)  # PEM, as is its key
    key: bytes = field(default=b"", repr=False)
    expires_at: float = field(default=inf, compare=False)  # seconds, wall clock

    def is_expired(self, now: float) -> bool:
        """Whether it has to be read anew before it is used."""
        return now >= self.expires_at


def bearer(token: str) -> str:
    """Return the header of a token, empty without one; raises ValueError for one that no header can
    hold, as of several lines."""
    if not all("!" <= character <= "~" for character in token):
        raise ValueError(
            "the token holds a space, a line break or another character that it cannot"
        )
    return f"Bearer {token}" if token else ""


Source = Callable[[], Awaitable[Credential]]


class Login:
    """The credential of one user: read from its source at first, when it has expired, and when the
    API server has refused it."""

    def __init__(
        self,
        source: Source,
        *,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._source = source
        self._clock = clock
        self._wall = wall
        self._lock = asyncio.Lock()
        self._current: Credential | None = None
        self._failure: LoginFailed | None = None
        self._failed_at = -inf

    async def credential(self) -> Credential:
        """Return what to send now; raises LoginFailed when there is nothing. Where reading anew
        fails, it is what there was: a token file may be written just now."""
        async with self._lock:
            if self._current is None or self._current.is_expired(self._wall()):
                with nullcontext() if self._current is None else suppress(LoginFailed):
                    self._current = await self._read()
            return self._current

    async def renewed(self, refused: Credential) -> Credential:
        """Return what to send in place of a credential that was refused: the same one when there is
        no other. Raises LoginFailed."""
        async with self._lock:
            if self._current is None or self._current == refused:
                self._current = await self._read()
            return self._current

    async def _read(self) -> Credential:
        if self._failure is not None and self._clock() < self._failed_at + FAILURE_PAUSE:
            raise LoginFailed(str(self._failure))
        try:
            credential = await self._source()
        except LoginFailed as error:
            self._failure, self._failed_at = error, self._clock()
            raise
        self._failure = None
        return credential
