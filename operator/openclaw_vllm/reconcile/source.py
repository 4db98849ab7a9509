"""Asking the Services of catalogues: the prober, the retention and the rules of a VllmProvider,
without an object of its own. What was learned is kept for the catalogue's next reconcile."""

from collections.abc import Callable

from openclaw_vllm.api.keys import ObjectKey, SourceKey
from openclaw_vllm.api.observed import Resource
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.core.memory import Memory
from openclaw_vllm.core.published import read_models
from openclaw_vllm.core.retention import restore
from openclaw_vllm.core.sources import source_of
from openclaw_vllm.reconcile.observing import observe
from openclaw_vllm.reconcile.world import World


async def reconcile(
    name: SourceKey, world: World, refresh: Callable[[ObjectKey], None]
) -> float | None:
    """Ask a Service if it is time, and call `refresh` with its catalogue if something changed.

    Returns the seconds until it wants to run again, or None when it is not to be asked.
    """
    cache = world.cache
    question = source_of(name, cache.catalogs, cache.namespaces, cache.services)
    if question is None or question.problem is not None:
        world.source_memories.pop(name, None)
        return None
    resource, spec = question.resource, question.spec
    before = _remembered(name, resource, spec, world)
    memory = world.source_memories[name] = await observe(resource, spec, before, world)
    if memory.offers_other_than(before):
        refresh(ObjectKey("", name.catalog))
    return max(0.0, memory.due - world.clock.monotonic())


def _remembered(
    name: SourceKey, resource: Resource, spec: VllmProviderSpec, world: World
) -> Memory:
    """Return what is known of the Service; at first, what its catalogue has published of it."""
    memory = world.source_memories.get(name)
    if memory is not None and memory.uid == resource.uid:
        return memory
    fresh = Memory(resource.uid, resource.generation, resource.requested_at)
    catalog = world.cache.catalogs[ObjectKey("", name.catalog)]
    published = world.published_by(catalog)
    if published is None or memory is not None:
        return fresh
    known = restore(read_models(published.models_json, spec.provider_id), ())
    return fresh.remember(known)
