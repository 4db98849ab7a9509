"""Activity of the watches, bookmarks included: how long each is silent, which lists are complete.

kopf passes no bookmark to a handler and does not tell when it reopens a stream, so the sessions
that it uses are made here, with responses that record activity. A watch works when an event comes,
the bookmark that the API server sends each minute, or a stream opens: for a kind without any event
since the API server's start no bookmark comes, and kopf reopens the stream after 70 s (measured).
"""

import ssl
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, NamedTuple, cast

import aiohttp

END_OF_LIST = b"k8s.io/initial-events-end"  # an annotation of the bookmark that ends a list
SILENCE = 210.0  # seconds; kopf reopens a silent watch after 70: three failed attempts
SETTLED = 0.2  # seconds without an event after which the listed objects count as handled


class Watch(NamedTuple):
    """A kind, by its plural, in a namespace or, without one, in all of them."""

    resource: str
    namespace: str = ""


@dataclass
class Watches:
    """Every expected watch, and its last activity."""

    clock: Callable[[], float] = time.monotonic
    _last_activity: dict[Watch, float] = field(default_factory=dict)
    _complete_lists: set[Watch] = field(default_factory=set)
    _last_event_at: float = 0.0
    _synced: bool = False

    def expect(self, watches: Iterable[Watch]) -> None:
        """Measure the silence of these watches from now on."""
        self._last_activity = dict.fromkeys(watches, self.clock())

    def record_activity(self, watch: Watch) -> None:
        """Record that the API server has sent something on a watch."""
        self._last_activity[watch] = self.clock()

    def record_end_of_list(self, watch: Watch) -> None:
        """Record that kopf has received the whole initial list of a watch."""
        self._complete_lists.add(watch)
        self._last_event_at = self.clock()

    def record_event(self) -> None:
        """Record that a handler was called."""
        self._last_event_at = self.clock()

    @property
    def have_synced(self) -> bool:
        """Whether the handlers have seen the initial list of every watch.

        kopf handles objects in separate tasks, so a list has ended when no more of them come.
        """
        if not self._synced:
            all_listed = self._last_activity.keys() <= self._complete_lists
            self._synced = all_listed and self.clock() - self._last_event_at >= SETTLED
        return self._synced

    def silences(self) -> Mapping[str, float]:
        """Return the seconds since the last activity of each kind, the most over its namespaces."""
        now = self.clock()
        silences: dict[str, float] = {}
        for watch, last_activity in self._last_activity.items():
            silences[watch.resource] = max(silences.get(watch.resource, 0.0), now - last_activity)
        return silences

    @property
    def stale_watches(self) -> list[str]:
        """The kinds that are silent for so long that only a restart may help."""
        return [kind for kind, silence in self.silences().items() if silence > SILENCE]


def session(
    watches: Watches, context: ssl.SSLContext, headers: Mapping[str, str], proxy: str | None
) -> aiohttp.ClientSession:
    """Return a session like kopf's own that records the activity of its watches."""

    class _WatchResponse(aiohttp.ClientResponse):
        async def start(self, connection: Any) -> aiohttp.ClientResponse:
            await super().start(connection)
            watch = _watch_of(self.url.path, self.url.query)
            if watch is not None and self.status == HTTPStatus.OK:
                watches.record_activity(watch)
                if "sendInitialEvents" not in self.url.query:  # then a list preceded it
                    watches.record_end_of_list(watch)
                stream = _WatchStream(self.content, watches, watch)
                self.content = cast(aiohttp.StreamReader, stream)
            return self

    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, ssl=context),
        headers=headers,
        proxy=proxy,
        response_class=_WatchResponse,
    )


class _WatchStream:
    """A stream that records activity, and is a plain one otherwise."""

    def __init__(self, content: aiohttp.StreamReader, watches: Watches, watch: Watch) -> None:
        self._content = content
        self._watches = watches
        self._watch = watch

    async def iter_chunked(self, size: int) -> AsyncIterator[bytes]:
        """Yield chunks; kopf asks for the next when it has dispatched the one before."""
        tail = b""
        async for chunk in self._content.iter_chunked(size):
            self._watches.record_activity(self._watch)
            yield chunk
            if END_OF_LIST in tail + chunk:
                self._watches.record_end_of_list(self._watch)
            tail = chunk[-len(END_OF_LIST) :]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._content, name)


def _watch_of(path: str, query: Mapping[str, str]) -> Watch | None:
    if query.get("watch") != "true":
        return None
    *_, namespaces, namespace, resource = ("", "", *path.split("/"))
    return Watch(resource, namespace if namespaces == "namespaces" else "")
