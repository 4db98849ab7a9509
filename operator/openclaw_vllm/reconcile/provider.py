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
from openclaw_vllm.core.config.base_config import Base
from openclaw_vllm.core.discovery.server import ServerState
from openclaw_vllm.core.publication.contest import NO_CONTEST, report_in
from openclaw_vllm.core.publication.last_published import LastPublished
from openclaw_vllm.core.publication.notes import with_refusal
from openclaw_vllm.core.publication.outcome import published_by_other_instance
from openclaw_vllm.core.publication.plan import Plan, Publish, plan_publication
from openclaw_vllm.core.status.conditions import conditions
from openclaw_vllm.core.status.provider import (
    Publication,
    advice_of,
    inactive_status,
    outcomes_of,
    summarize,
)
from openclaw_vllm.reconcile.context import ReconcileContext, timestamp
from openclaw_vllm.reconcile.discover import discover
from openclaw_vllm.reconcile.driver import REJECTION_PAUSE, drive
from openclaw_vllm.reconcile.publish import publish
from openclaw_vllm.reconcile.references import read_base, requeue_delay
from openclaw_vllm.reconcile.refresh import consumers_of
from openclaw_vllm.reconcile.states import ProviderState, SyncedAt
from openclaw_vllm.reconcile.write_status import write_status


async def reconcile(key: ObjectKey, context: ReconcileContext) -> float | None:
    """Publish what the VllmProvider's server serves, and report it in the status."""
    if key not in context.cache.providers:
        context.states.providers.pop(key, None)
    counters = context.metrics.provider
    work = partial(_reconcile, context=context)
    return await drive(key, context.cache.providers, counters, work, context.forget)


async def leave_to_shards(_: ObjectKey) -> None:
    """Reconcile nothing, where others serve VllmProviders and this process VllmCatalogs alone."""


async def _reconcile(provider: VllmProvider, context: ReconcileContext) -> float | None:
    spec = provider.spec
    if isinstance(spec, Problem) or spec.suspend:
        await _write_status(provider, None, inactive_status(provider, timestamp(context)), context)
        return None

    state, base, probed = await _discover(provider, spec, context)
    versions = _versions(provider, context)
    if state.is_synced_at(versions):
        return _requeue_after(provider.config_map, spec, state, context)

    existing = context.cache.published.get(provider.config_map)
    discovery, last = state.server.discovery, state.last_published
    plan = plan_publication(provider, spec, discovery, base, existing, last)
    unasked = state.synced_at is not None and not probed
    if unasked and published_by_other_instance(plan, provider, spec, existing):
        # It may know better, as during a rollout: probe first, or each would undo the other's work.
        return _requeue_after(provider.config_map, spec, state, context)
    problem, publication = await publish(provider, spec, plan, last, base, context)
    if isinstance(plan, Publish) and publication is not None:
        last = LastPublished(plan.documents, "", plan.patterns)
        state = _save(provider, replace(state, last_published=last), context)

    await _report(provider, spec, plan, state.server, (problem, publication), context)
    if problem is not None and problem.reason is Reason.WRITE_REFUSED:
        return min(REJECTION_PAUSE, _requeue_after(provider.config_map, spec, state, context))
    if publication is not None or versions == _versions(provider, context):
        # Once is enough, whatever was written meanwhile: two operators would write in turns.
        state = _save(provider, replace(state, synced_at=versions), context)
    return _requeue_after(provider.config_map, spec, state, context)


async def _discover(
    provider: VllmProvider, spec: VllmProviderSpec, context: ReconcileContext
) -> tuple[ProviderState, Base | Problem | None, bool]:
    """Discover and save the state; return it, the base, and whether a probe was due."""
    reported, now = report_in(provider.status.conditions), context.clock.monotonic()
    context.states.restore_contest(provider.config_map, reported, now)
    existing = context.cache.published.get(provider.config_map)
    state = context.states.provider(provider, spec, existing)
    context = replace(context, fresh=provider.request != state.server.request)
    source = await read_base(provider.key.namespace, spec.output.base_config_ref, context)
    base = await context.base_configs.parse(source)
    retry_early = isinstance(base, Problem)
    discovery = await discover(provider, spec, state.server, context, retry_early=retry_early)
    state = state.with_discovery(discovery.server, source, changed=discovery.changed)
    state = replace(state, last_published=state.last_published.with_base(spec, base))
    return _save(provider, state, context), base, discovery.probed


async def _report(
    provider: VllmProvider,
    spec: VllmProviderSpec,
    plan: Plan,
    server: ServerState,
    result: tuple[Problem | None, Publication | None],
    context: ReconcileContext,
) -> None:
    """Write the status, `result` being that of the publication."""
    problem, publication = result
    note = with_refusal(plan.note, context.cache.pods.refusals.get(provider.config_map))
    outcomes = outcomes_of(spec, server, problem, note, plan.reason)
    now, before = timestamp(context), provider.status.conditions
    current = conditions(outcomes, provider.generation, before, now)
    consumers = _versions(provider, context).consumers
    status = summarize(provider, spec, current, server, publication, consumers)
    await _write_status(provider, spec, status, context)


def _save(provider: VllmProvider, state: ProviderState, context: ReconcileContext) -> ProviderState:
    """Save the state at once: an edit that interrupts the run does not lose it."""
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
    config_map: ObjectKey, spec: VllmProviderSpec, state: ProviderState, context: ReconcileContext
) -> float:
    now = context.clock.monotonic()
    delay = requeue_delay(spec, max(0.0, state.server.schedule.next_probe_at - now))
    until_change = context.states.contests.get(config_map, NO_CONTEST).next_change(now)
    return delay if until_change is None else min(delay, until_change)


def _versions(provider: VllmProvider, context: ReconcileContext) -> SyncedAt:
    """Return the versions of the VllmProvider and of what it publishes, as the cache has them."""
    cached = context.cache.providers.get(provider.key)
    published = context.cache.published.get(provider.config_map)
    return SyncedAt(
        cached.resource_version if cached else "",
        published.resource_version if published else "",
        consumers_of(provider.config_map, published.digest if published else "", context),
        context.cache.pods.refusals.get(provider.config_map, ""),
        context.states.contest(provider.config_map, context.clock.monotonic()),
    )
