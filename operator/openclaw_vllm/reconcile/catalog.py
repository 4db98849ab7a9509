"""Reconcile of one VllmCatalog: make every namespace that it names hold what its sources offer.

Reads from the cache, pure functions, at most one write per namespace and one for the status. It
asks no server: VllmProviders are taken over as published, Services are asked by `reconcile/source`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial

from openclaw_vllm.api.catalog import VllmCatalogSpec
from openclaw_vllm.api.catalog_status import VllmCatalogStatus
from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.configmap import ConfigMapState
from openclaw_vllm.api.keys import ObjectKey, SourceKey
from openclaw_vllm.api.models import ModelSettings
from openclaw_vllm.api.observed import VllmCatalog
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.catalog.offers import (
    Offer,
    offer_of_provider,
    offer_of_service,
    with_last_known_entry,
    with_settings,
)
from openclaw_vllm.core.catalog.plan import (
    CatalogPlan,
    plan_catalog,
    plan_last_published,
    record_plan,
)
from openclaw_vllm.core.catalog.sources import SharedService, shared_providers, shared_services
from openclaw_vllm.core.catalog.state import CatalogState
from openclaw_vllm.core.config.base_config import Base
from openclaw_vllm.core.config.documents import Documents, rerender
from openclaw_vllm.core.config.read_back import read_settings
from openclaw_vllm.core.discovery.schedule import reference_pause
from openclaw_vllm.core.status.catalog import invalid_status, summarize
from openclaw_vllm.core.status.replicas import source_replicas
from openclaw_vllm.reconcile.context import ReconcileContext, timestamp
from openclaw_vllm.reconcile.driver import drive
from openclaw_vllm.reconcile.references import read_base
from openclaw_vllm.reconcile.targets import ensure_finalizer, finalize, sync_targets
from openclaw_vllm.reconcile.write_status import write_status

RECHECK = 60.0  # seconds: what is in the way in a namespace may be invisible to our watches
BASE_AGE = 600.0
NO_NAMESPACE = Problem(
    Reason.BASE_CONFIG_INVALID,
    "spec.target.baseConfigRef: the operator does not run in a namespace of its own",
)

Ask = Callable[[SourceKey], None]
Services = Mapping[SourceKey, SharedService]


async def reconcile(key: ObjectKey, context: ReconcileContext, ask: Ask) -> float | None:
    """Publish what the VllmCatalog's sources offer to its namespaces, and report it in the status.

    `ask` is called with each Service that is to be probed and was not yet.
    """
    counters = context.metrics.catalog
    work = partial(_reconcile, context=context, ask=ask)
    return await drive(key, context.cache.catalogs, counters, work, context.forget_catalog)


async def _reconcile(catalog: VllmCatalog, context: ReconcileContext, ask: Ask) -> float | None:
    spec = catalog.spec
    if catalog.deleting:
        await finalize(catalog, context)
        return None
    if isinstance(spec, Problem):
        await _write_status(catalog, invalid_status(catalog, spec, timestamp(context)), context)
        return None
    catalog = await ensure_finalizer(catalog, context)
    state = context.catalog_state(catalog)
    base = await _read_base(spec, replace(context, fresh=state.request != catalog.request))
    now = context.clock.monotonic()
    state = replace(state, request=catalog.request)
    state = state.awaiting_base(now, awaits=isinstance(base, Problem))

    services = shared_services(catalog, spec, context.cache.namespaces, context.cache.services)
    for name in services.keys() - context.states.sources.keys():
        ask(name)
    if _awaits_services(catalog, services, state, context):
        return None

    offers = _offers(catalog, spec, services, state, context)
    plan = _plan(catalog, spec, offers, base, state, context)
    patterns = plan.patterns if plan.documents else state.last_published.patterns_hash
    results = await sync_targets(catalog, plan.documents or plan.last_documents, patterns, context)
    await _write_status(catalog, summarize(catalog, plan, results, timestamp(context)), context)

    context.states.catalogs[catalog.key] = record_plan(state, plan)
    return _requeue_after(spec, state, now, is_whole=results.is_whole)


def _plan(
    catalog: VllmCatalog,
    spec: VllmCatalogSpec,
    offers: Iterable[Offer],
    base: Base | Problem | None,
    state: CatalogState,
    context: ReconcileContext,
) -> CatalogPlan:
    """Plan what is published, or what stays of before while nothing new can be."""
    plan = plan_catalog(spec, offers, base, state.last_published)
    if plan.documents is not None:
        return plan
    last = state.last_published.documents or _last_documents(catalog, state, base, context)
    return plan_last_published(spec, plan, state, base, last)


def _requeue_after(
    spec: VllmCatalogSpec, state: CatalogState, now: float, *, is_whole: bool
) -> float | None:
    if state.base_awaited_since is not None:
        return reference_pause(state.base_awaited_since, RECHECK, now)
    if not is_whole:
        return RECHECK
    return BASE_AGE if spec.target.base_config_ref else None


async def _write_status(
    catalog: VllmCatalog, status: VllmCatalogStatus, context: ReconcileContext
) -> None:
    await write_status(catalog, status, context.cache.put_catalog, context.metrics.catalog, context)


def _awaits_services(
    catalog: VllmCatalog, services: Services, state: CatalogState, context: ReconcileContext
) -> bool:
    """Return whether to say nothing yet: after a restart, Services are being asked of which an
    earlier process has left nothing. Their answers wake the catalog."""
    return (
        state.is_restored
        and catalog.is_observed
        and any(
            shared.problem is None
            and name not in context.states.sources
            and not state.is_known(shared.spec.provider_id, ("Service", name.service))
            for name, shared in services.items()
        )
    )


def _offers(
    catalog: VllmCatalog,
    spec: VllmCatalogSpec,
    services: Services,
    state: CatalogState,
    context: ReconcileContext,
) -> Iterator[Offer]:
    cache = context.cache
    for provider in shared_providers(spec, cache.namespaces, cache.providers.values()):
        published = cache.published.get(provider.config_map)
        offer = offer_of_provider(provider, published, spec.provider_ids, context.service_names)
        if isinstance(provider.spec, Problem):
            yield with_settings(offer, _last_settings(catalog, context))
        else:
            yield with_last_known_entry(offer, provider.spec, state)
    last = {one.id: one.replicas for one in catalog.status.providers}
    for name, shared in services.items():
        server = context.states.sources.get(name)
        offer = offer_of_service(shared, server.discovery if server else None)
        replicas = source_replicas(shared.spec, last.get(offer.provider_id), server)
        yield with_last_known_entry(replace(offer, replicas=replicas), shared.spec, state)


def _last_documents(
    catalog: VllmCatalog,
    state: CatalogState,
    base: Base | Problem | None,
    context: ReconcileContext,
) -> Documents | None:
    """Render again what was published last, if it is not known otherwise; None if that fails."""
    published = _last_published(catalog, context)
    if published is None or isinstance(base, Problem):
        return None
    return rerender(published, state.entries.keys(), base)


def _last_settings(catalog: VllmCatalog, context: ReconcileContext) -> dict[str, ModelSettings]:
    published = _last_published(catalog, context)
    return read_settings(published.agents_json) if published else {}


def _last_published(catalog: VllmCatalog, context: ReconcileContext) -> ConfigMapState | None:
    published = context.published_by(catalog)
    return published if published and published.is_unmodified else None


async def _read_base(spec: VllmCatalogSpec, context: ReconcileContext) -> Base | Problem | None:
    """Read the base configuration of the operator's namespace."""
    ref = spec.target.base_config_ref
    if ref is not None and context.own_namespace is None:
        return NO_NAMESPACE
    text = await read_base(context.own_namespace or "", ref, context)
    return await context.base_configs.parse(text)
