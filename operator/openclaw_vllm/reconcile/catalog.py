"""Reconcile of one VllmCatalog: make every namespace that it names hold what its sources offer.

Reads from the cache, pure functions, at most one write per namespace and one for the status. It
asks no server: VllmProviders are taken over as published, Services are asked by `reconcile/source`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
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

Enqueue = Callable[[SourceKey], None]
Services = Mapping[SourceKey, SharedService]


async def reconcile(key: ObjectKey, context: ReconcileContext, enqueue: Enqueue) -> float | None:
    """Publish what the VllmCatalog's sources offer to its namespaces, and report it in the status.

    `enqueue` is called with each Service that is to be probed and was not yet.
    """
    counters = context.metrics.catalog
    work = partial(_reconcile, context=context, enqueue=enqueue)
    return await drive(key, context.cache.catalogs, counters, work, context.forget_catalog)


async def _reconcile(
    catalog: VllmCatalog, context: ReconcileContext, enqueue: Enqueue
) -> float | None:
    spec = catalog.spec
    if catalog.deleting:
        await finalize(catalog, context)
        return None
    if isinstance(spec, Problem):
        await _write_status(catalog, invalid_status(catalog, spec, timestamp(context)), context)
        return None
    catalog = await ensure_finalizer(catalog, context)
    run = await _start(catalog, spec, context)
    now, cache = context.clock.monotonic(), context.cache
    services = shared_services(catalog, spec, cache.namespaces, cache.services)
    for key in services.keys() - context.states.sources.keys():
        enqueue(key)
    if run.awaits(services):
        return None
    is_whole = await run.sync(services)
    return _requeue_after(spec, run.state, now, is_whole=is_whole)


async def _start(catalog: VllmCatalog, spec: VllmCatalogSpec, context: ReconcileContext) -> "_Run":
    state, request = context.catalog_state(catalog), catalog.request
    base = await _read_base(spec, replace(context, fresh=state.request != request))
    now, awaits = context.clock.monotonic(), isinstance(base, Problem)
    state = replace(state, request=request).awaiting_base(now, awaits=awaits)
    return _Run(catalog, spec, state, base, context)


def _requeue_after(
    spec: VllmCatalogSpec, state: CatalogState, now: float, *, is_whole: bool
) -> float | None:
    if state.base_awaited_since is not None:
        return reference_pause(state.base_awaited_since, RECHECK, now)
    if not is_whole:
        return RECHECK
    return BASE_AGE if spec.target.base_config_ref else None


@dataclass(frozen=True, slots=True)
class _Run:
    """One reconcile of a VllmCatalog whose spec can be read."""

    catalog: VllmCatalog
    spec: VllmCatalogSpec
    state: CatalogState
    base: Base | Problem | None
    context: ReconcileContext

    def awaits(self, services: Services) -> bool:
        """Return whether to say nothing yet: after a restart, Services are being asked of which an
        earlier process has left nothing. Their answers wake the catalog."""
        return (
            self.state.is_restored
            and self.catalog.is_observed
            and any(
                shared.problem is None
                and key not in self.context.states.sources
                and not self.state.is_known(shared.spec.provider_id, ("Service", key.service))
                for key, shared in services.items()
            )
        )

    async def sync(self, services: Services) -> bool:
        """Publish to every target, and report it; return whether that has worked everywhere."""
        catalog, context, plan = self.catalog, self.context, self.plan(services)
        last_patterns = self.state.last_published.patterns_hash
        documents = plan.documents or plan.last_documents
        patterns = plan.patterns if plan.documents else last_patterns
        results = await sync_targets(catalog, documents, patterns, context)
        await _write_status(catalog, summarize(catalog, plan, results, timestamp(context)), context)
        context.states.catalogs[catalog.key] = record_plan(self.state, plan)
        return results.is_whole

    def plan(self, services: Services) -> CatalogPlan:
        """Plan what is published, or what stays of before while nothing new can be."""
        last = self.state.last_published
        plan = plan_catalog(self.spec, self.offers(services), self.base, last)
        if plan.documents is not None:
            return plan
        documents = last.documents or self.last_documents()
        return plan_last_published(self.spec, plan, self.state, self.base, documents)

    def offers(self, services: Services) -> Iterator[Offer]:
        """Yield the offer of each source."""
        cache, spec, names = self.context.cache, self.spec, self.context.service_names
        for provider in shared_providers(spec, cache.namespaces, cache.providers.values()):
            published = cache.published.get(provider.config_map)
            offer = offer_of_provider(provider, published, spec.provider_ids, names)
            if isinstance(provider.spec, Problem):
                yield with_settings(offer, self.last_settings())
            else:
                yield with_last_known_entry(offer, provider.spec, self.state)
        last = {source.id: source.replicas for source in self.catalog.status.providers}
        for key, shared in services.items():
            server = self.context.states.sources.get(key)
            offer = offer_of_service(shared, server.discovery if server else None)
            replicas = source_replicas(shared.spec, last.get(offer.provider_id), server)
            yield with_last_known_entry(replace(offer, replicas=replicas), shared.spec, self.state)

    def last_documents(self) -> Documents | None:
        """Render again what was published last, if it is not known otherwise; None if that
        fails."""
        published = self.last_published()
        if published is None or isinstance(self.base, Problem):
            return None
        return rerender(published, self.state.entries.keys(), self.base)

    def last_settings(self) -> dict[str, ModelSettings]:
        """Return the request parameters that were published last, by the model's reference."""
        published = self.last_published()
        return read_settings(published.agents_json) if published else {}

    def last_published(self) -> ConfigMapState | None:
        """Return a ConfigMap with what was published last, None where none is unmodified."""
        published = self.context.published_by(self.catalog)
        return published if published and published.is_unmodified else None


async def _write_status(
    catalog: VllmCatalog, status: VllmCatalogStatus, context: ReconcileContext
) -> None:
    await write_status(catalog, status, context.cache.put_catalog, context.metrics.catalog, context)


async def _read_base(spec: VllmCatalogSpec, context: ReconcileContext) -> Base | Problem | None:
    """Read the base configuration of the operator's namespace."""
    ref = spec.target.base_config_ref
    if ref is not None and context.own_namespace is None:
        return NO_NAMESPACE
    text = await read_base(context.own_namespace or "", ref, context)
    return await context.base_configs.parse(text)
