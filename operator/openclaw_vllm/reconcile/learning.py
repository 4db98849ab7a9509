"""What is taken in: where a server is, its good answer with all it says, the base configuration.

No more is needed than `Inputs`: the commands for pipelines go the same way.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.core.catalog.memory import CatalogMemory
from openclaw_vllm.core.config.base_config import parse
from openclaw_vllm.core.discovery.memory import Memory
from openclaw_vllm.core.discovery.models import selected, validate_ids
from openclaw_vllm.core.discovery.models_response import ServedModel
from openclaw_vllm.reconcile.details import read_capabilities, read_details
from openclaw_vllm.reconcile.locating import Upstream, locate
from openclaw_vllm.reconcile.readers import Readers
from openclaw_vllm.reconcile.references import read_base

Remembering = TypeVar("Remembering", Memory, CatalogMemory)


async def look(
    resource: VllmProvider, spec: VllmProviderSpec, memory: Memory, inputs: Readers
) -> tuple[Upstream | Problem, Memory]:
    """Find out what can be known without the server: where it is, and the base configuration."""
    upstream = await locate(resource, spec, inputs)
    if isinstance(upstream, Problem):
        memory = memory.with_endpoint_problem(upstream)
    else:
        memory = memory.resolve(upstream.connection)
    ref = spec.output.base_config_ref
    text = await read_base(resource.key.namespace, ref, inputs)
    return upstream, await take_base(text, memory)


async def with_models(
    spec: VllmProviderSpec,
    upstream: Upstream,
    served: Iterable[ServedModel],
    memory: Memory,
    inputs: Readers,
) -> Memory:
    """Take in a good answer, and ask for what it does not say when this is the moment."""
    listing, now = validate_ids(served), inputs.clock.monotonic()
    detailed = memory.needs_server_info(listing.models, upstream.endpoint.base_url, now)
    memory = memory.with_models(
        upstream.connection, listing, spec.discovery.remove_after, inputs.clock.wall()
    )
    if memory.server is None and detailed:
        memory = memory.with_server_info(
            *await read_details(upstream, inputs), inputs.clock.monotonic()
        )
    again = detailed or inputs.fresh
    if memory.server is None and again and (examined_models := memory.models_to_examine(spec)):
        models = selected(listing.models, spec.discovery)
        found, complete = await read_capabilities(upstream, models, inputs)
        memory = memory.with_capabilities(examined_models, found, complete=complete)
    return memory


async def take_base(text: str | Problem | None, memory: Remembering) -> Remembering:
    """Take in the text of a base configuration; a new one is parsed off the event loop."""
    if text is None or isinstance(text, Problem):
        return replace(memory, base=text, base_text=None)
    if text == memory.base_text:
        return memory
    return replace(memory, base=await asyncio.to_thread(parse, text), base_text=text)
