"""Somebody between the operator and the API server: a test says what passes, when, and how.

It speaks plain HTTP to the operator and passes its token on, so that the audit log shows who asked.
"""

import asyncio
import json
import ssl
from base64 import b64decode
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import ClientSession, ClientTimeout, StreamReader, TCPConnector, web
from yarl import URL

from tests.apiserver.servers import ServerThread
from tests.controlplane.plane import ControlPlane

OF_A_CONNECTION = {"connection", "content-length", "host", "keep-alive", "transfer-encoding"}
BOOKMARK = b'{"type":"BOOKMARK"'
MAX_BODY = 16 * 1024**2

Forward = Callable[[], Awaitable[web.StreamResponse]]
Rule = Callable[[web.Request, Forward], Awaitable[web.StreamResponse]]


async def pass_on(_: web.Request, forward: Forward) -> web.StreamResponse:
    return await forward()


class Proxy:
    """Answers every request as `rule` says, which may forward it, wait, or answer by itself."""

    def __init__(self, thread: ServerThread, plane: ControlPlane) -> None:
        self.rule: Rule = pass_on
        self.drops_bookmarks = False
        self._age = 0
        self._watching: set[asyncio.Transport] = set()
        self._thread = thread
        self._plane = plane
        self._url = ""

    def __enter__(self) -> Self:
        self._thread.run(self._start())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._thread.run(self._stop())

    def silence_watches(self) -> None:
        """Have every watch of this moment tell nothing more, and stay open; new ones work."""
        self._age += 1

    def cut_watches(self) -> None:
        """Close the connection of every watch of this moment."""
        self._thread.run(self._cut_watches())

    async def _cut_watches(self) -> None:
        for transport in self._watching.copy():
            transport.abort()

    def kubeconfig(self, direct: Path) -> Path:
        """Write a kubeconfig that leads here, beside the one that leads to the API server."""
        config = json.loads(direct.read_text())
        config["clusters"][0]["cluster"] = {"server": self._url}
        path = direct.with_suffix(".proxied")
        path.touch(mode=0o600)
        path.write_text(json.dumps(config))
        return path

    async def _start(self) -> None:
        authority = json.loads(self._plane.kubeconfig.read_text())["clusters"][0]["cluster"]
        self._client = ClientSession(
            connector=TCPConnector(limit=0, ssl=_context(authority["certificate-authority-data"])),
            timeout=ClientTimeout(),
            auto_decompress=False,
            skip_auto_headers=("Accept", "Accept-Encoding", "User-Agent"),
        )
        application = web.Application(client_max_size=MAX_BODY)
        application.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(
            application, access_log=None, handler_cancellation=True, shutdown_timeout=0.1
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self._url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def _stop(self) -> None:
        await self._runner.cleanup()
        await self._client.close()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()

        async def forward() -> web.StreamResponse:
            return await self._forward(request, body)

        return await self.rule(request, forward)

    async def _forward(self, request: web.Request, body: bytes) -> web.StreamResponse:
        url = URL(self._plane.server + request.raw_path, encoded=True)
        sent = {n: v for n, v in request.headers.items() if n.lower() not in OF_A_CONNECTION}
        if self.drops_bookmarks:
            sent.pop("Accept-Encoding", None)  # what begins with a list is compressed (1.37.2)
        asking = self._client.request(request.method, url, headers=sent, data=body or None)
        async with asking as upstream:
            headers = {
                n: v for n, v in upstream.headers.items() if n.lower() not in OF_A_CONNECTION
            }
            if request.query.get("watch") != "true":
                body = await upstream.read()
                return web.Response(status=upstream.status, headers=headers, body=body)
            stream = web.StreamResponse(status=upstream.status, headers=headers)
            await stream.prepare(request)
            assert request.transport is not None
            self._watching.add(request.transport)
            try:
                await self._pass_events_on(upstream.content, stream)
            finally:
                self._watching.discard(request.transport)
            return stream

    async def _pass_events_on(self, content: StreamReader, stream: web.StreamResponse) -> None:
        age = self._age
        async for chunk in _no_bookmarks(content) if self.drops_bookmarks else content.iter_any():
            if age != self._age:
                await asyncio.Event().wait()
            await stream.write(chunk)


async def _no_bookmarks(content: StreamReader) -> AsyncIterator[bytes]:
    """Yield the events of a watch but for its bookmarks."""
    rest = b""
    async for chunk in content.iter_any():
        *events, rest = (rest + chunk).split(b"\n")
        for event in events:
            if not event.startswith(BOOKMARK):
                yield event + b"\n"


async def silence(_: web.Request, __: Forward) -> web.StreamResponse:
    """Take the request and never answer."""
    await asyncio.Event().wait()
    raise AssertionError("nobody sets the event")


async def lost_answer(_: web.Request, forward: Forward) -> web.StreamResponse:
    """Have the request take effect and never answer."""
    await forward()
    return await silence(_, forward)


def _context(authority: str) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=b64decode(authority).decode())
