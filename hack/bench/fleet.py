"""Acts on many VllmProviders at once, and measures each until a watch shows the result."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from uuid import uuid4

from hack.bench.client import MERGE, Client, connected, for_each
from hack.bench.objects import MODELS, PROVIDERS, Json, is_ready, provider_path
from tests.controlplane.credential import Credential

Taken = list[float]  # seconds
REQUESTED_AT = "openclaw-vllm.dev/requested-at"


class NotInTime(Exception):
    """What was waited for did not come; the message says how much of it did."""


async def create(credential: Credential, manifests: Iterable[Json], within: float) -> Taken:
    """Create VllmProviders, and wait until all are Ready; `within` is in seconds."""
    by_name = {manifest["metadata"]["name"]: manifest for manifest in manifests}

    async def send(api: Client, name: str) -> None:
        await api.send("POST", PROVIDERS, by_name[name])

    return await _act_and_wait(credential, by_name, send, MODELS, within)


async def ask_again(credential: Credential, names: Iterable[str], within: float) -> Taken:
    """Have servers asked again that list one model more, and wait until all is published."""

    async def send(api: Client, name: str) -> None:
        changes = {"metadata": {"annotations": {REQUESTED_AT: uuid4().hex}}}
        await api.send("PATCH", provider_path(name), changes, MERGE)

    return await _act_and_wait(credential, names, send, MODELS + 1, within)


async def _act_and_wait(
    credential: Credential,
    names: Iterable[str],
    act: Callable[[Client, str], Awaitable[None]],
    models: int,
    within: float,
) -> Taken:
    """Act on each, and return how long each took until so many models were published."""
    wanted, began, taken = set(names), dict[str, float](), dict[str, float]()

    async def follow(api: Client, version: str) -> None:
        async for obj in api.follow(PROVIDERS, version):
            name = obj["metadata"]["name"]
            if name in began and name not in taken and is_ready(obj, models):
                taken[name] = time.perf_counter() - began[name]
                if len(taken) == len(wanted):
                    return

    async def start(name: str) -> None:
        began[name] = time.perf_counter()
        await act(api, name)

    async with connected(credential) as api:
        version = await api.version_of(PROVIDERS)
        try:
            async with asyncio.timeout(within), asyncio.TaskGroup() as group:
                group.create_task(follow(api, version))
                group.create_task(for_each(wanted, start))
        except TimeoutError:
            missing = f"{len(taken)} of {len(wanted)} within {within:.0f} s"
            raise NotInTime(missing) from None
    return list(taken.values())
