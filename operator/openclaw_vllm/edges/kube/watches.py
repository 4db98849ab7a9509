"""What the watches say, bookmarks included: since when each of them is silent, what was listed.

kopf hands no bookmark to a handler and does not tell when it opens a stream again, so the sessions
that it uses are made here, with responses that listen. A watch shows that it works by an event, by
the bookmark that the API server sends each minute, or by a stream that opens: where a kind has seen
no event since the API server's start, no bookmark comes, and kopf opens the stream again after
70 s (measured).
"""

import ssl
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, NamedTuple, cast

import aiohttp

END_OF_LIST = b"k8s.io/initial-events-end"  # an annotation of the bookmark that ends a list
SILENCE = 210.0  # seconds; kopf opens a silent watch again after 70: three times in vain
SETTLED = 0.2  # seconds without an event after which the listed objects count as taken in


class Watch(NamedTuple):
    """A kind, by its plural, in a namespace or, without one, in all of them."""

    resource: str
    namespace: str = ""


@dataclass
class Watches:
    """Every watch that there has to be, and when it was last heard of."""

    clock: Callable[[], float] = time.monotonic
    _heard: dict[Watch, float] = field(default_factory=dict)
    _listed: set[Watch] = field(default_factory=set)
    _taken_at: float = 0.0
    _taken_in: bool = False

    def expect(self, watches: Iterable[Watch]) -> None:
        """Count the silence of these from now on."""
        self._heard = dict.fromkeys(watches, self.clock())

    def hear(self, watch: Watch) -> None:
        """Note that the API server has said something on a watch."""
        self._heard[watch] = self.clock()

    def end_list(self, watch: Watch) -> None:
        """Note that kopf has all that there was when the watch began."""
        self._listed.add(watch)
        self._taken_at = self.clock()

    def take(self) -> None:
        """Note that an event was taken in."""
        self._taken_at = self.clock()

    @property
    def are_taken_in(self) -> bool:
        """Whether the first list of every watch has gone through the handlers.

        kopf hands objects to tasks of their own, so the end of a list is when no more of them come.
        """
        if not self._taken_in:
            listed = self._heard.keys() <= self._listed
            self._taken_in = listed and self.clock() - self._taken_at >= SETTLED
        return self._taken_in

    def silences(self) -> Mapping[str, float]:
        """Return the seconds since each kind was heard of, in the namespace where it is longest."""
        now = self.clock()
        found: dict[str, float] = {}
        for watch, heard in self._heard.items():
            found[watch.resource] = max(found.get(watch.resource, 0.0), now - heard)
        return found

    @property
    def stale_watches(self) -> list[str]:
        """The kinds that were not heard of for so long that only a restart may help."""
        return [kind for kind, silence in self.silences().items() if silence > SILENCE]


def session(
    watches: Watches, context: ssl.SSLContext, headers: Mapping[str, str], proxy: str | None
) -> aiohttp.ClientSession:
    """Return a session like kopf's own, whose watches are listened to."""

    class _WatchResponse(aiohttp.ClientResponse):
        async def start(self, connection: Any) -> aiohttp.ClientResponse:
            await super().start(connection)
            watch = _watch_of(self.url.path, self.url.query)
            if watch is not None and self.status == HTTPStatus.OK:
                watches.hear(watch)
                if "sendInitialEvents" not in self.url.query:  # then a list came before it
                    watches.end_list(watch)
                ear = _WatchStream(self.content, watches, watch)
                self.content = cast(aiohttp.StreamReader, ear)
            return self

    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, ssl=context),
        headers=headers,
        proxy=proxy,
        response_class=_WatchResponse,
    )


class _WatchStream:
    """A stream that tells when something comes, and is a plain one otherwise."""

    def __init__(self, content: aiohttp.StreamReader, watches: Watches, watch: Watch) -> None:
        self._content = content
        self._watches = watches
        self._watch = watch

    async def iter_chunked(self, size: int) -> AsyncIterator[bytes]:
        """Yield what comes; kopf asks for more when it has handed out what it got."""
        tail = b""
        async for chunk in self._content.iter_chunked(size):
            self._watches.hear(self._watch)
            yield chunk
            if END_OF_LIST in tail + chunk:
                self._watches.end_list(self._watch)
            tail = chunk[-len(END_OF_LIST) :]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._content, name)


def _watch_of(path: str, query: Mapping[str, str]) -> Watch | None:
    if query.get("watch") != "true":
        return None
    *_, namespaces, namespace, resource = ("", "", *path.split("/"))
    return Watch(resource, namespace if namespaces == "namespaces" else "")
