"""HTTP sessions for kopf: they record what its watches receive, and turn what ends it into what it
survives.

kopf passes no bookmark to a handler and does not tell when it reopens a stream. And it ends, with
the process, on an error event other than 410, on a 4xx other than 401, 403 and 429, and on a
Retry-After that is a date (kopf 1.45.2). It lists again after an error event of 410, and sends a
request again after a 5xx, for as long as its backoffs last.
"""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Mapping
from http import HTTPStatus
from typing import Any, cast

import aiohttp

from openclaw_vllm.edges.kube.apiserver import TRANSIENT_FOR_READS, retry_after
from openclaw_vllm.edges.kube.watches import Watch, Watches

END_OF_LIST = b"k8s.io/initial-events-end"  # an annotation of the bookmark that ends a list
RELIST = b'{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired"}}\n'
RELIST_PAUSE = 1.0  # seconds; kopf itself waits 0.1
ERROR_EVENT = re.compile(rb'\n\{"type":"ERROR"')


def session(
    watches: Watches, context: ssl.SSLContext, headers: Mapping[str, str], proxy: str | None
) -> aiohttp.ClientSession:
    """Return a session like kopf's own, with responses as this module describes them."""

    class _Response(aiohttp.ClientResponse):
        async def start(self, connection: Any) -> aiohttp.ClientResponse:
            await super().start(connection)
            watch = _watch_of(self.url.path, self.url.query)
            if watch is not None and self.status == HTTPStatus.OK:
                watches.record_activity(watch)
                if "sendInitialEvents" not in self.url.query:  # then a list preceded it
                    watches.record_end_of_list(watch)
                stream = _WatchStream(self.content, watches, watch)
                self.content = cast(aiohttp.StreamReader, stream)
            elif watch is not None and self.status == HTTPStatus.GONE:
                self.status = HTTPStatus.OK
                self.content = cast(aiohttp.StreamReader, _ExpiredStream(self.content))
            elif self.status in TRANSIENT_FOR_READS:
                await asyncio.sleep(retry_after(self.headers))
                self.status = HTTPStatus.SERVICE_UNAVAILABLE
            return self

    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, ssl=context),
        headers=headers,
        proxy=proxy,
        response_class=_Response,
    )


class _ExpiredStream:
    """The stream of a watch that has to list again, and a plain one otherwise."""

    def __init__(self, content: aiohttp.StreamReader) -> None:
        self._content = content

    async def iter_chunked(self, _: int) -> AsyncIterator[bytes]:
        """Yield the event after a pause: what answers so may go on for a while."""
        await asyncio.sleep(RELIST_PAUSE)
        yield RELIST

    def __getattr__(self, name: str) -> Any:
        return getattr(self._content, name)


class _WatchStream(_ExpiredStream):
    """A stream that records activity, and lists again after any error event."""

    def __init__(self, content: aiohttp.StreamReader, watches: Watches, watch: Watch) -> None:
        super().__init__(content)
        self._watches = watches
        self._watch = watch

    async def iter_chunked(self, size: int) -> AsyncIterator[bytes]:
        """Yield chunks; kopf asks for the next when it has dispatched the one before."""
        tail = b"\n"
        async for chunk in self._content.iter_chunked(size):
            self._watches.record_activity(self._watch)
            if error := ERROR_EVENT.search(tail[-1:] + chunk):
                yield chunk[: error.start()]
                async for event in super().iter_chunked(size):
                    yield event
                return
            yield chunk
            if END_OF_LIST in tail + chunk:
                self._watches.record_end_of_list(self._watch)
            tail = chunk[-len(END_OF_LIST) :]


def _watch_of(path: str, query: Mapping[str, str]) -> Watch | None:
    if query.get("watch") != "true":
        return None
    *_, namespaces, namespace, resource = ("", "", *path.split("/"))
    return Watch(resource, namespace if namespaces == "namespaces" else "")
