"""The least that the job takes: a bare asyncio script.

It makes the requests of the operator and nothing else: it creates a VllmProvider, asks its server,
and applies ConfigMap and status; for a catalog's copies it sends POSTs and PUTs. It watches
nothing, compares nothing and keeps nothing. The first line of stdin says where the API server and
the servers are, each other line what to do; a line of stdout has the seconds that each took.
"""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

import aiohttp

from hack.bench import documents
from hack.bench.addresses import Addresses
from hack.bench.client import Client, connected, for_each
from hack.bench.objects import (
    CONFIG_MAPS,
    KIND,
    LATE,
    PROVIDERS,
    Json,
    Pace,
    config_map_path,
    copy_namespace,
    name_of,
    provider,
    provider_path,
)
from tests.controlplane.credential import Credential

Taken = list[float]  # seconds
PAGE = 500


@dataclass(frozen=True)
class Floor:
    """What an operator does with each object, as plain requests."""

    api: Client
    probes: aiohttp.ClientSession
    servers: Addresses

    async def act(
        self, what: str, count: int, seconds: float = 0.0, manifest: Json | None = None
    ) -> Taken:
        """Do one of the scenarios."""
        match what:
            case "post" | "put":
                copies = Copies(self.api, manifest or {})
                return await self._each(range(count), getattr(copies, what))
            case "idle":
                numbers = range(LATE, LATE + count)
                return [(await self._each([number], self._create))[0] for number in numbers]
            case "burst":
                return await self._each(range(count), self._create)
            case "change":
                return await self._each(range(count), self._publish)
            case "steady":
                return await self._steady(count, seconds)
        return await self._list()

    async def _steady(self, count: int, seconds: float) -> Taken:
        """Ask servers, evenly over a while."""
        end, pause = time.monotonic() + seconds, seconds / count
        async with asyncio.TaskGroup() as group:
            for number in range(count):
                group.create_task(self._ask(number))
                await asyncio.sleep(pause)
        await asyncio.sleep(end - time.monotonic())
        return []

    async def _list(self) -> Taken:
        """List what an operator has to know before it can go on."""
        for collection in (PROVIDERS, CONFIG_MAPS):
            rest: str | None = ""
            while rest is not None:
                page = await self.api.send("GET", f"{collection}?limit={PAGE}&continue={rest}")
                rest = page["metadata"].get("continue") or None
        return []

    async def _each(self, numbers: Iterable[int], act: Callable[[int], Awaitable[object]]) -> Taken:
        taken: Taken = []

        async def timed(number: int) -> None:
            began = time.perf_counter()
            await act(number)
            taken.append(time.perf_counter() - began)

        await for_each(numbers, timed)
        return taken

    async def _create(self, number: int) -> None:
        await self.api.send("POST", PROVIDERS, provider(number, self.servers, Pace()))
        await self._publish(number)

    async def _publish(self, number: int) -> None:
        name, url = name_of(number), self.servers.base_url(number)
        models = await self._ask(number)
        config_map = documents.config_map(name, url, models)
        await self.api.apply(config_map_path(name), config_map)
        status = {**KIND, "metadata": {"name": name}, "status": documents.status(name, url, models)}
        await self.api.apply(f"{provider_path(name)}/status", status)

    async def _ask(self, number: int) -> list[str]:
        async with self.probes.get(f"{self.servers.base_url(number)}/models") as response:
            return [card["id"] for card in (await response.json())["data"]]


class Copies:
    """One ConfigMap in many namespaces."""

    def __init__(self, api: Client, manifest: Json) -> None:
        self._api, self._manifest = api, manifest

    async def post(self, number: int) -> None:
        """Create one that is not there."""
        path = f"/api/v1/namespaces/{copy_namespace(number)}/configmaps"
        await self._api.send("POST", path, self._in(number))

    async def put(self, number: int) -> None:
        """Replace one, whatever its version."""
        path = f"/api/v1/namespaces/{copy_namespace(number)}/configmaps"
        manifest = self._in(number)
        manifest["metadata"]["annotations"] = {"changed": "true"}
        await self._api.send("PUT", f"{path}/{manifest['metadata']['name']}", manifest)

    def _in(self, number: int) -> Json:
        metadata = {"name": "copy", "namespace": copy_namespace(number)}
        return {**self._manifest, "metadata": metadata}


async def main() -> None:
    """Do what the lines of stdin say until they end."""
    where = json.loads(sys.stdin.readline())
    async with connected(Credential(**where["plane"])) as api, aiohttp.ClientSession() as probes:
        floor = Floor(api, probes, Addresses(where["port"]))
        print("[]", flush=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            print(json.dumps(await floor.act(**json.loads(line))), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
