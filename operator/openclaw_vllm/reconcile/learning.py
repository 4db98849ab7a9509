"""What is taken in: a good answer with what else the server says, and the base configuration."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

from openclaw_vllm.api.observed import Resource
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.core.answer import Served
from openclaw_vllm.core.baseconfig import parse
from openclaw_vllm.core.catalog_memory import CatalogMemory
from openclaw_vllm.core.memory import Memory
from openclaw_vllm.core.models import admit, chosen
from openclaw_vllm.reconcile.details import read_capabilities, read_details
from openclaw_vllm.reconcile.inputs import Inputs
from openclaw_vllm.reconcile.locating import Target
from openclaw_vllm.reconcile.references import read_base

Remembering = TypeVar("Remembering", Memory, CatalogMemory)


async def learn(
    spec: VllmProviderSpec,
    target: Target,
    served: Iterable[Served],
    memory: Memory,
    inputs: Inputs,
    *,
    fresh: bool,
) -> Memory:
    """Take in a good answer, and ask for what it does not say when this is the moment."""
    listing, now = admit(served), inputs.clock.monotonic()
    detailed = memory.wants_details(listing.models, target.endpoint.base_url, now)
    memory = memory.learn(
        target.connection, listing, spec.discovery.remove_after, inputs.clock.wall()
    )
    if memory.server is None and detailed:
        memory = memory.detail(*await read_details(target, inputs), inputs.clock.monotonic())
    again = detailed or fresh
    if memory.server is None and again and (examined := memory.to_examine(spec)):
        models = chosen(listing.models, spec.discovery)
        found, complete = await read_capabilities(target, models, inputs)
        memory = memory.examine(examined, found, complete=complete)
    return memory


async def with_base(
    resource: Resource, spec: VllmProviderSpec, memory: Memory, inputs: Inputs, *, fresh: bool
) -> Memory:
    """Read and take in the base configuration that the spec names."""
    ref = spec.output.base_config_ref
    text = await read_base(resource.key.namespace, ref, inputs, fresh=fresh)
    return await take_base(text, memory)


async def take_base(text: str | Problem | None, memory: Remembering) -> Remembering:
    """Take in the text of a base configuration; a new one is parsed off the event loop."""
    if text is None or isinstance(text, Problem):
        return replace(memory, base=text, base_text=None)
    if text == memory.base_text:
        return memory
    return replace(memory, base=await asyncio.to_thread(parse, text), base_text=text)
