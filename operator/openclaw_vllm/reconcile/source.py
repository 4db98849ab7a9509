"""Asking the Services of catalogues: the prober, the retention and the rules of a VllmProvider,
without an object of its own. What was learned is kept for the catalogue's next reconcile."""

from collections.abc import Callable

from openclaw_vllm.api.keys import ObjectKey, SourceKey
from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.core.catalog.sources import source_of
from openclaw_vllm.core.config.read_back import read_models
from openclaw_vllm.core.discovery.memory import Memory
from openclaw_vllm.core.discovery.retention import restore
from openclaw_vllm.reconcile.context import ReconcileContext
from openclaw_vllm.reconcile.observing import observe


async def reconcile(
    key: SourceKey, world: ReconcileContext, refresh: Callable[[ObjectKey], None]
) -> float | None:
    """Ask a Service if it is time, and call `refresh` with its catalogue if something changed.

    Returns the seconds until it wants to run again, or None when it is not to be asked.
    """
    cache = world.cache
    shared = source_of(key, cache.catalogs, cache.namespaces, cache.services)
    if shared is None or shared.problem is not None:
        world.source_memories.pop(key, None)
        return None
    resource, spec = shared.resource, shared.spec
    before = _remembered(key, resource, spec, world)
    memory = world.source_memories[key] = await observe(resource, spec, before, world)
    if memory.offers_other_than(before):
        refresh(ObjectKey("", key.catalog))
    return max(0.0, memory.due - world.clock.monotonic())


def _remembered(
    key: SourceKey, resource: VllmProvider, spec: VllmProviderSpec, world: ReconcileContext
) -> Memory:
    """Return what is known of the Service; at first, what its catalogue has published of it."""
    memory = world.source_memories.get(key)
    if memory is not None and memory.uid == resource.uid:
        return memory
    fresh = Memory(resource.uid, resource.generation, resource.requested_at)
    catalog = world.cache.catalogs[ObjectKey("", key.catalog)]
    published = world.published_by(catalog)
    if published is None or memory is not None:
        return fresh
    known = restore(read_models(published.models_json, spec.provider_id), ())
    return fresh.remember(known)
