"""The second reconcile: make every namespace that a VllmCatalog names hold what its sources offer.

Reads from the cache, pure functions, at most one write per namespace and one for the status. It
asks no server: VllmProviders are taken over as published, Services are asked by `reconcile/source`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from openclaw_vllm.api.catalog import VllmCatalogSpec
from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.configmap import ConfigMapState
from openclaw_vllm.api.keys import ObjectKey, SourceKey
from openclaw_vllm.api.models import ModelSettings
from openclaw_vllm.api.observed import VllmCatalog
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.catalog.memory import CatalogMemory
from openclaw_vllm.core.catalog.offers import (
    Offer,
    offer_of_provider,
    offer_of_service,
    with_last_known_entry,
    with_settings,
)
from openclaw_vllm.core.catalog.plan import plan_catalog, plan_last_published, remember
from openclaw_vllm.core.catalog.sources import SharedService, shared_providers, shared_services
from openclaw_vllm.core.config.agents import patterns_hash
from openclaw_vllm.core.config.documents import Documents, rerender
from openclaw_vllm.core.config.read_back import read_settings
from openclaw_vllm.core.status.catalog import invalid_status, summarize
from openclaw_vllm.edges.kube.cluster import Conflict, NotFound, Rejected
from openclaw_vllm.reconcile.context import ReconcileContext, requeue_after_rejection, timestamp
from openclaw_vllm.reconcile.learning import take_base
from openclaw_vllm.reconcile.references import read_base
from openclaw_vllm.reconcile.spreading import ensure_finalizer, finalize, report, sync_targets

RECHECK = 60.0  # seconds: what is in the way in a namespace may be invisible to our watches
BASE_AGE = 600.0

Ask = Callable[[SourceKey], None]
Services = Mapping[SourceKey, SharedService]


async def reconcile(key: ObjectKey, world: ReconcileContext, ask: Ask) -> float | None:
    """Publish what the VllmCatalog's sources offer to its namespaces, and say so in its status.

    `ask` is called with each Service that is to be asked and was not yet. Returns the seconds until
    it wants to run again, or None when only an event can change anything. Raises Unavailable of
    `edges` when a plain retry may heal.
    """
    catalog = world.cache.catalogs.get(key)
    if catalog is None:
        return None
    try:
        with world.metrics.catalog.reconciling():
            return await _reconcile(catalog, world, ask)
    except (Conflict, NotFound, Rejected) as error:
        return requeue_after_rejection(error, key, forget=lambda: world.forget_catalog(catalog))


async def _reconcile(catalog: VllmCatalog, world: ReconcileContext, ask: Ask) -> float | None:
    if catalog.deleting:
        await finalize(catalog, world)
        return None
    if isinstance(catalog.spec, Problem):
        await report(catalog, invalid_status(catalog, catalog.spec, timestamp(world)), world)
        return None
    spec = catalog.spec
    catalog = await ensure_finalizer(catalog, world)
    memory = await _with_base(catalog, spec, world.catalog_memory_of(catalog), world)

    services = shared_services(catalog, spec, world.cache.namespaces, world.cache.services)
    for name in services.keys() - world.source_memories.keys():
        ask(name)
    if _waits_for_answers(catalog, services, memory, world):
        return None

    offers = _offers(catalog, spec, services, memory, world)
    sticky = memory.sticky(patterns_hash(spec.agents))
    plan = plan_catalog(spec, offers, memory.base, sticky)
    if plan.documents is None:
        last = memory.documents or _last_documents(catalog, memory, world)
        plan = plan_last_published(spec, plan, memory, last, sticky)
    patterns = patterns_hash(spec.agents) if plan.documents is not None else memory.patterns
    results = await sync_targets(catalog, plan.documents or plan.kept, patterns, world)
    status = summarize(catalog, plan, results, timestamp(world))
    await report(catalog, status, world)

    world.catalog_memories[catalog.key] = memory = remember(memory, plan, patterns)
    if not results.is_whole or isinstance(memory.base, Problem):
        return RECHECK
    return BASE_AGE if spec.target.base_config_ref else None


def _waits_for_answers(
    catalog: VllmCatalog, services: Services, memory: CatalogMemory, world: ReconcileContext
) -> bool:
    """Tell whether to say nothing yet: after a restart, Services are being asked of which the
    process before has left nothing. Their answers wake the catalogue."""
    told = catalog.status.observed_generation == catalog.generation
    return (
        memory.is_restored
        and told
        and any(
            shared.problem is None
            and name not in world.source_memories
            and not memory.is_known(shared.spec.provider_id, ("Service", name.service))
            for name, shared in services.items()
        )
    )


def _offers(
    catalog: VllmCatalog,
    spec: VllmCatalogSpec,
    services: Services,
    memory: CatalogMemory,
    world: ReconcileContext,
) -> Iterator[Offer]:
    cache = world.cache
    for resource in shared_providers(spec, cache.namespaces, cache.providers.values()):
        published = cache.published.get(resource.config_map)
        offer = offer_of_provider(resource, published, spec.provider_ids)
        if isinstance(resource.spec, Problem):
            yield with_settings(offer, _last_settings(catalog, world))
        else:
            yield with_last_known_entry(offer, resource.spec, memory)
    for name, shared in services.items():
        offer = offer_of_service(shared, world.source_memories.get(name))
        yield with_last_known_entry(offer, shared.spec, memory)


def _last_documents(
    catalog: VllmCatalog, memory: CatalogMemory, world: ReconcileContext
) -> Documents | None:
    """Write again what was published last, if it is not known otherwise; None if that fails."""
    published = _last_published(catalog, world)
    if published is None or isinstance(memory.base, Problem):
        return None
    return rerender(published, memory.entries.keys(), memory.base)


def _last_settings(catalog: VllmCatalog, world: ReconcileContext) -> dict[str, ModelSettings]:
    published = _last_published(catalog, world)
    return read_settings(published.agents_json) if published else {}


def _last_published(catalog: VllmCatalog, world: ReconcileContext) -> ConfigMapState | None:
    published = world.published_by(catalog)
    return published if published and published.is_unmodified else None


async def _with_base(
    catalog: VllmCatalog, spec: VllmCatalogSpec, memory: CatalogMemory, world: ReconcileContext
) -> CatalogMemory:
    """Read and take in the base configuration of the operator's namespace."""
    world = replace(world, fresh=not memory.is_asked_by(catalog))
    memory = replace(memory, generation=catalog.generation, requested_at=catalog.requested_at)
    ref = spec.target.base_config_ref
    if ref is not None and world.own_namespace is None:
        message = "spec.target.baseConfigRef: the operator does not run in a namespace of its own"
        return await take_base(Problem(Reason.BASE_CONFIG_INVALID, message), memory)
    text = await read_base(world.own_namespace or "", ref, world)
    return await take_base(text, memory)
