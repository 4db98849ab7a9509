"""Many requests at a time to the API server, as bare as Python has them."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import aiohttp

from tests.controlplane.credential import Credential

Item = TypeVar("Item")

AT_ONCE = 16  # requests
JSON = "application/json"
MERGE = "application/merge-patch+json"
APPLY = "application/apply-patch+yaml"
LONGEST_LINE = 4 * 2**20  # bytes, of a watch


class RequestRefused(Exception):
    """The API server refused a request of the benchmark; the message is its own."""


@dataclass(frozen=True)
class Client:
    """Requests as one user, over connections that stay open."""

    session: aiohttp.ClientSession

    async def send(self, method: str, path: str, body: object = None, kind: str = JSON) -> Any:
        """Send one request and return the JSON it answers."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": kind}
        async with self.session.request(method, path, data=data, headers=headers) as response:
            content = await response.read()
        if response.status >= 300:
            raise RequestRefused(f"{method} {path}: {content.decode(errors='replace')}")
        return json.loads(content)

    async def apply(self, path: str, manifest: object) -> Any:
        """Send one server-side apply."""
        return await self.send("PATCH", f"{path}?fieldManager=bench&force=true", manifest, APPLY)

    async def version_of(self, collection: str) -> str:
        """Return the version from which a watch shows all that happens from now on."""
        page = await self.send("GET", f"{collection}?limit=1")
        return str(page["metadata"]["resourceVersion"])

    async def follow(self, collection: str, version: str) -> AsyncIterator[Any]:
        """Yield every new state of every object, for as long as the caller asks for more.

        The API server ends the watch of a slow reader: it is opened again where it ended.
        """
        while True:
            path = f"{collection}?watch=true&resourceVersion={version}"
            async with self.session.get(path) as response:
                async for line in response.content:
                    event = json.loads(line)
                    if event["type"] == "ERROR":
                        raise RequestRefused(f"the watch of {collection} ended: {event['object']}")
                    version = event["object"]["metadata"]["resourceVersion"]
                    yield event["object"]


@asynccontextmanager
async def connected(credential: Credential) -> AsyncIterator[Client]:
    """Connect to the API server."""
    context = ssl.create_default_context(cadata=credential.authority)
    session = aiohttp.ClientSession(
        credential.server,
        connector=aiohttp.TCPConnector(ssl=context, limit=2 * AT_ONCE),
        headers={"Authorization": f"Bearer {credential.token}"},
        timeout=aiohttp.ClientTimeout(total=None),
        read_bufsize=LONGEST_LINE,
    )
    async with session:
        yield Client(session)


async def for_each(items: Iterable[Item], act: Callable[[Item], Awaitable[object]]) -> None:
    """Act on every item, AT_ONCE at a time."""
    waiting = iter(items)

    async def work() -> None:
        for item in waiting:
            await act(item)

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(work())
