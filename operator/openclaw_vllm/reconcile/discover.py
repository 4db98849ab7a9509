"""Discovery of one server: resolve its endpoint and, when a probe is due, ask for its models.

The way of a VllmProvider and of a catalog's Service is the same here.
"""

from dataclasses import dataclass

from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.core.discovery.server import ServerState
from openclaw_vllm.reconcile.context import ReconcileContext
from openclaw_vllm.reconcile.details import record_models
from openclaw_vllm.reconcile.locating import Upstream, resolve_endpoint
from openclaw_vllm.reconcile.probing import probe


@dataclass(frozen=True, slots=True)
class Discovery:
    """What one run of discovery has shown."""

    server: ServerState
    changed: bool  # anything but times differs from before
    probed: bool  # a probe was due: the server was asked, if there was a way to


async def discover(
    provider: VllmProvider,
    spec: VllmProviderSpec,
    before: ServerState,
    context: ReconcileContext,
    *,
    retry_early: bool = False,
) -> Discovery:
    """Resolve the endpoint and probe it if that is due.

    `retry_early` shortens the pause to the next probe, as an endpoint that is missing does.
    """
    upstream, server = await resolve_endpoint(
        provider, spec, before.observe_request(provider), context
    )
    due = server.schedule.is_due(context.clock.monotonic())
    if due and isinstance(upstream, Upstream) and not spec.models:
        server = await _probe(provider, spec, upstream, server, context)
    if due:
        now, wall = context.clock.monotonic(), context.clock.wall()
        interval = spec.discovery.interval_seconds
        server = server.with_next_probe(interval, now, wall, retry_early=retry_early)
    return Discovery(server, changed=server.differs_from(before), probed=due)


async def _probe(
    provider: VllmProvider,
    spec: VllmProviderSpec,
    upstream: Upstream,
    server: ServerState,
    context: ReconcileContext,
) -> ServerState:
    start = context.clock.monotonic()
    response = await probe(provider, spec, upstream, context)
    context.count_probe(provider, response, context.clock.monotonic() - start)
    if isinstance(response, Problem):
        return server.with_probe_failure(response)
    upstream, served = response
    return await record_models(spec, upstream, served, server, context)
