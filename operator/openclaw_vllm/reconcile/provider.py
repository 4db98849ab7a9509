"""Reconcile of one VllmProvider: make the cluster match it.

Reads from the cache, pure functions, at most two writes. At steady state it costs one request to
the vLLM server and none to the API server.
"""

from dataclasses import replace
from functools import partial

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.api.status import VllmProviderStatus
from openclaw_vllm.core.config.agents import patterns_hash
from openclaw_vllm.core.config.base_config import Base
from openclaw_vllm.core.publication.last_published import LastPublished
from openclaw_vllm.core.publication.plan import (
    Publish,
    plan_publication,
    published_by_other_instance,
)
from openclaw_vllm.core.status.conditions import conditions
from openclaw_vllm.core.status.provider import (
    advice_of,
    inactive_status,
    outcomes_of,
    summarize,
)
from openclaw_vllm.reconcile.context import REJECTION_PAUSE, ReconcileContext, timestamp
from openclaw_vllm.reconcile.discover import discover
from openclaw_vllm.reconcile.driver import drive
from openclaw_vllm.reconcile.publish import publish
from openclaw_vllm.reconcile.references import read_base, requeue_delay
from openclaw_vllm.reconcile.states import ProviderState, SyncedAt
from openclaw_vllm.reconcile.write_status import write_status


async def reconcile(key: ObjectKey, context: ReconcileContext) -> float | None:
    """Publish what the VllmProvider's server serves, and say so in its status."""
    if key not in context.cache.providers:
        context.states.providers.pop(key, None)
    counters = context.metrics.provider
    work = partial(_reconcile, context=context)
    return await drive(key, context.cache.providers, counters, work, context.forget)


async def _reconcile(provider: VllmProvider, context: ReconcileContext) -> float | None:
    spec = provider.spec
    if isinstance(spec, Problem) or spec.suspend:
        await _write_status(provider, None, inactive_status(provider, timestamp(context)), context)
        return None

    state, base, probed = await _discover(provider, spec, context)
    versions = _versions(provider, context)
    if state.is_synced_at(versions):
        return _requeue_after(spec, state, context)

    existing = context.cache.published.get(provider.config_map)
    plan = plan_publication(provider, spec, state.server.discovery, base, existing)
    unasked = state.synced_at is not None and not probed
    if unasked and published_by_other_instance(plan, provider, spec, existing):
        # it may know better, as during a rollout: we ask first, or each would undo the other's work
        return _requeue_after(spec, state, context)
    problem, publication = await publish(provider, spec, plan, state.last_published, base, context)
    if isinstance(plan, Publish) and publication is not None:
        patterns = patterns_hash(spec.agents) if spec.agents else ""
        last = LastPublished(plan.documents, "", patterns)
        state = _save(provider, replace(state, last_published=last), context)

    outcomes = outcomes_of(spec, state.server, problem, plan.note)
    now, before = timestamp(context), provider.status.conditions
    status = summarize(
        provider,
        spec,
        conditions(outcomes, provider.generation, before, now),
        state.server,
        publication,
    )
    await _write_status(provider, spec, status, context)
    if problem is not None and problem.reason is Reason.WRITE_REFUSED:
        return min(REJECTION_PAUSE, _requeue_after(spec, state, context))
    if publication is not None or versions == _versions(provider, context):
        # once is enough, whatever others wrote meanwhile: two that were asked at once would fight
        state = _save(provider, replace(state, synced_at=versions), context)
    return _requeue_after(spec, state, context)


async def _discover(
    provider: VllmProvider, spec: VllmProviderSpec, context: ReconcileContext
) -> tuple[ProviderState, Base | Problem | None, bool]:
    """Save what is known now; return it, the base configuration, and whether a probe was due."""
    existing = context.cache.published.get(provider.config_map)
    state = context.states.provider(provider, spec, existing)
    fresh = state.server.observe_request(provider) != state.server
    context = replace(context, fresh=fresh)
    source = await read_base(provider.key.namespace, spec.output.base_config_ref, context)
    base = await context.base_configs.parse(source)
    retry_early = isinstance(base, Problem)
    discovery = await discover(provider, spec, state.server, context, retry_early=retry_early)
    state = state.with_discovery(discovery.server, source, changed=discovery.changed)
    state = replace(state, last_published=state.last_published.with_base(spec, base))
    return _save(provider, state, context), base, discovery.probed


def _save(provider: VllmProvider, state: ProviderState, context: ReconcileContext) -> ProviderState:
    """Save the state at once: an edit that interrupts the run keeps what it has learned."""
    context.states.providers[provider.key] = state
    return state


async def _write_status(
    provider: VllmProvider,
    spec: VllmProviderSpec | None,
    status: VllmProviderStatus,
    context: ReconcileContext,
) -> None:
    advice = advice_of(provider.status, status, spec)
    put, counters = context.cache.replace_status_of, context.metrics.provider
    await write_status(provider, status, put, counters, context, advice)


def _requeue_after(
    spec: VllmProviderSpec, state: ProviderState, context: ReconcileContext
) -> float:
    until_probe = state.server.schedule.next_probe_at - context.clock.monotonic()
    return requeue_delay(spec, max(0.0, until_probe))


def _versions(provider: VllmProvider, context: ReconcileContext) -> SyncedAt:
    """Return the versions of the VllmProvider and of what it publishes, as the cache has them."""
    cached = context.cache.providers.get(provider.key)
    published = context.cache.published.get(provider.config_map)
    return SyncedAt(
        cached.resource_version if cached else "", published.resource_version if published else ""
    )
