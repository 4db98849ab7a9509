"""Discovery of one server: resolve its endpoint and, when a probe is due, list its models.

A VllmProvider and a Service of a catalog go the same way here.
"""

from dataclasses import dataclass, replace

from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.core.discovery.confirmation import ROUTED_CONNECT_TIMEOUT, is_inconclusive
from openclaw_vllm.core.discovery.next_probe import reschedule_without_slices, schedule_next_probe
from openclaw_vllm.core.discovery.server import ServerState
from openclaw_vllm.reconcile.context import ReconcileContext
from openclaw_vllm.reconcile.details import record_models
from openclaw_vllm.reconcile.locating import Upstream, resolve_endpoint
from openclaw_vllm.reconcile.probing import probe


@dataclass(frozen=True, slots=True)
class DiscoveryResult:
    """The result of one discovery."""

    server: ServerState
    changed: bool  # anything but times differs from before
    probed: bool  # a probe was due, and was sent if there was an endpoint


async def discover(
    provider: VllmProvider,
    spec: VllmProviderSpec,
    before: ServerState,
    context: ReconcileContext,
    *,
    retry_early: bool = False,
) -> DiscoveryResult:
    """Resolve the endpoint and probe it if that is due.

    `retry_early` shortens the pause to the next probe, as an endpoint that is missing does.
    """
    upstream, server = await resolve_endpoint(
        provider.key.namespace, spec, before.observe_request(provider.request), context
    )
    service = upstream.endpoint.sliced_service if isinstance(upstream, Upstream) else None
    server = server.with_replicas(context.replicas_of(service), is_service=service is not None)
    now, wall = context.clock.monotonic(), context.clock.wall()
    server = reschedule_without_slices(server, spec.discovery, now, wall)
    due = server.schedule.is_due(now)
    no_replicas = server.replicas.problem if server.replicas and not spec.models else None
    if no_replicas:
        server = server.without_probe(no_replicas)
    elif due and isinstance(upstream, Upstream) and not spec.models:
        server = await _probe(provider, spec, upstream, server, context)
    if due:
        now, wall = context.clock.monotonic(), context.clock.wall()
        server = schedule_next_probe(server, spec.discovery, now, wall, retry_early=retry_early)
    return DiscoveryResult(server, changed=server.differs_from(before), probed=due)


async def _probe(
    provider: VllmProvider,
    spec: VllmProviderSpec,
    upstream: Upstream,
    server: ServerState,
    context: ReconcileContext,
) -> ServerState:
    if server.schedule.confirmations:
        upstream = replace(upstream, connect_timeout=ROUTED_CONNECT_TIMEOUT)
    start = context.clock.monotonic()
    response = await probe(provider.key.namespace, spec, upstream, context)
    context.count_probe(provider, response, context.clock.monotonic() - start)
    if isinstance(response, Problem):
        failed = server.with_probe_failure(response)
        return server if is_inconclusive(response, server) else failed
    upstream, served = response
    return await record_models(spec, upstream, served, server, context)
