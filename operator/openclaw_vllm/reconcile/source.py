"""Reconcile of one Service of a VllmCatalog: discovery as for a VllmProvider.

What was learned is kept for the catalog's next reconcile.
"""

from collections.abc import Callable
from dataclasses import replace

from openclaw_vllm.api.configmap import ConfigMapState
from openclaw_vllm.api.keys import ObjectKey, SourceKey
from openclaw_vllm.api.observed import VllmCatalog, VllmProvider
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.core.catalog.sources import source_of
from openclaw_vllm.core.config.read_back import read_models
from openclaw_vllm.core.discovery.connection import EndpointState
from openclaw_vllm.core.discovery.server import ServerState
from openclaw_vllm.core.publication.restore import restore_source
from openclaw_vllm.reconcile.context import ReconcileContext
from openclaw_vllm.reconcile.discover import discover
from openclaw_vllm.reconcile.references import requeue_delay


async def reconcile(
    key: SourceKey, context: ReconcileContext, wake: Callable[[ObjectKey], None]
) -> float | None:
    """Ask a Service if it is time, and call `wake` with its catalog if its offer changed.

    Returns the seconds until it wants to run again, or None when it is not to be probed.
    """
    cache, states = context.cache, context.states.sources
    shared = source_of(key, cache.catalogs, cache.namespaces, cache.services)
    if shared is None or shared.problem is not None:
        states.pop(key, None)
        return None
    provider, spec = shared.provider, shared.spec
    before = _state(key, provider, spec, context)
    fresh = provider.request != before.request
    discovery = await discover(provider, spec, before, replace(context, fresh=fresh))
    states[key] = server = discovery.server
    if server.offer_inputs != before.offer_inputs:
        wake(ObjectKey("", key.catalog))
    delay = max(0.0, server.schedule.next_probe_at - context.clock.monotonic())
    return requeue_delay(spec, delay)


def _state(
    key: SourceKey, provider: VllmProvider, spec: VllmProviderSpec, context: ReconcileContext
) -> ServerState:
    """Return what is known of the Service; at first, what its catalog has published of it."""
    state = context.states.sources.get(key)
    if state is not None and state.request.uid == provider.uid:
        return state
    new = ServerState(provider.request)
    catalog = context.cache.catalogs[ObjectKey("", key.catalog)]
    published = context.published_by(catalog)
    if published is None or state is not None:
        return new
    retained = restore_source(read_models(published.models_json, spec.provider_id))
    url = retained.base_url if retained and _is_confirmed(published, catalog) else ""
    endpoint = EndpointState(former_url=url)
    return replace(new, discovery=replace(new.discovery, retained=retained, endpoint=endpoint))


def _is_confirmed(published: ConfigMapState, catalog: VllmCatalog) -> bool:
    """Return whether the status, which no editor of ConfigMaps can write, knows these bytes."""
    is_current = published.is_unmodified and catalog.status.digest == published.digest
    return catalog.is_observed and is_current
