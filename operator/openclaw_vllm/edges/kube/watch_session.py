"""HTTP sessions for kopf: they record what its watches receive, and turn what ends it into what it
survives.

kopf passes no bookmark to a handler and does not tell when it reopens a stream. And it ends, with
the process, on a 4xx other than 401, 403 and 429, and on a Retry-After that is a date (kopf
1.45.2). It sends a request again after a 5xx, for as long as its backoffs last.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, cast

import aiohttp

from openclaw_vllm.edges.kube.apiserver import TRANSIENT_FOR_READS, retry_after
from openclaw_vllm.edges.kube.connection import Connection
from openclaw_vllm.edges.kube.login.session import Send
from openclaw_vllm.edges.kube.paths import OPTIONAL
from openclaw_vllm.edges.kube.watch_events import DeliveringStream, OnEvent
from openclaw_vllm.edges.kube.watch_streams import (
    ExpiredStream,
    FallBack,
    ListStream,
    WatchStream,
)
from openclaw_vllm.edges.kube.watches import Watch, Watches

NO_HANDLERS: Mapping[str, OnEvent] = MappingProxyType({})
REFUSAL_PAUSE = 2.0  # seconds
# Of an API server that does not list by watching: 422 (1.30.14), and 400 of a proxy that checks it.
REFUSALS_TO_LIST = {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}


def session(
    watches: Watches,
    connection: Connection,
    fall_back: FallBack | None = None,
    event_handlers: Mapping[str, OnEvent] = NO_HANDLERS,
) -> aiohttp.ClientSession:
    """Return a session like kopf's own, with responses as this module describes them.

    `fall_back` is called when a list by watching does not end, or is refused; `event_handlers`, by
    the plural of their kind, get every event of a watch that began with such a list.
    """
    adapter = _ResponseAdapter(watches, fall_back, event_handlers)

    class _Response(aiohttp.ClientResponse):
        async def start(self, connection: Any) -> aiohttp.ClientResponse:
            await super().start(connection)
            await adapter.adapt(self)
            return self

    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0),
        proxy=connection.proxy,
        response_class=_Response,
        **connection.session_options | {"middlewares": (_hide_refusal, connection.authentication)},
    )


async def _hide_refusal(request: aiohttp.ClientRequest, send: Send) -> aiohttp.ClientResponse:
    """Have kopf send a refused request again: a session with the same credentials, which it would
    ask for at once, again and again, is no better."""
    response = await send(request)
    if response.status == HTTPStatus.UNAUTHORIZED:
        await asyncio.sleep(REFUSAL_PAUSE)
        response.status = HTTPStatus.SERVICE_UNAVAILABLE
    return response


@dataclass(frozen=True, slots=True)
class _ResponseAdapter:
    """Adapts responses to kopf, and records what they say of the watches."""

    watches: Watches
    fall_back: FallBack | None
    event_handlers: Mapping[str, OnEvent]

    async def adapt(self, response: aiohttp.ClientResponse) -> None:
        """Adapt the response to one request, before kopf sees its status."""
        query = response.url.query
        watch = _watch_of(response.url.path)
        watching, listing = query.get("watch") == "true", "sendInitialEvents" in query
        if response.status == HTTPStatus.OK and response.content_type == "application/json":
            self._record(response, watching=watching, listing=listing)
        elif response.status == HTTPStatus.OK:  # a proxy's page, of a login for example
            response.status = HTTPStatus.SERVICE_UNAVAILABLE
        elif (watching and response.status == HTTPStatus.GONE) or (
            listing and self._falls_back(response.status)
        ):
            response.status = HTTPStatus.OK
            response.content = cast(aiohttp.StreamReader, ExpiredStream(response.content))
        elif response.status == HTTPStatus.FORBIDDEN and watch.resource in OPTIONAL:
            self.watches.record_refusal(watch)
        elif response.status in TRANSIENT_FOR_READS:
            await asyncio.sleep(retry_after(response.headers))
            response.status = HTTPStatus.SERVICE_UNAVAILABLE

    def _falls_back(self, status: int) -> bool:
        if self.fall_back is None or status not in REFUSALS_TO_LIST:
            return False
        self.fall_back(f"status {status}")
        return True

    def _record(self, response: aiohttp.ClientResponse, *, watching: bool, listing: bool) -> None:
        watch, stream = _watch_of(response.url.path), response.content
        if listing or not watching:
            self.watches.record_list(watch, by_watching=listing)
        if not watching:
            return
        self.watches.record_activity(watch)
        if listing:
            adapted: ExpiredStream = ListStream(stream, self.watches, watch, self.fall_back)
        else:  # a list preceded it, or another stream
            self.watches.record_end_of_list(watch)
            adapted = WatchStream(stream, self.watches, watch)
        if self.watches.was_listed_by_watching(watch) and watch.resource in self.event_handlers:
            on_event = self._recording(self.event_handlers[watch.resource])
            adapted = DeliveringStream(adapted, on_event, listing=listing)
        response.content = cast(aiohttp.StreamReader, adapted)

    def _recording(self, on_event: OnEvent) -> OnEvent:
        def handle(type_: str | None, manifest: dict[str, Any]) -> None:
            self.watches.record_event()
            on_event(type_, manifest)

        return handle


def _watch_of(path: str) -> Watch:
    *_, namespaces, namespace, resource = ("", "", *path.split("/"))
    return Watch(resource, namespace if namespaces == "namespaces" else "")
