"""Reconcile of one VllmProvider: make the cluster match it.

Reads from the cache, pure functions, at most two writes. At steady state it costs one request to
the vLLM server and none to the API server.
"""

from dataclasses import dataclass, replace
from functools import partial

from openclaw_vllm.api.configmap import ConfigMapState
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.api.status import VllmProviderStatus
from openclaw_vllm.core.config.base_config import Base
from openclaw_vllm.core.publication.contest import NO_CONTEST, report_in
from openclaw_vllm.core.publication.last_published import LastPublished
from openclaw_vllm.core.publication.notes import with_refusal
from openclaw_vllm.core.publication.plan import Plan, Publish, plan_publication
from openclaw_vllm.core.status.conditions import conditions
from openclaw_vllm.core.status.provider import inactive_status, outcomes_of, summarize
from openclaw_vllm.core.status.transitions import advice_of
from openclaw_vllm.reconcile.context import ReconcileContext, timestamp
from openclaw_vllm.reconcile.discover import discover
from openclaw_vllm.reconcile.driver import REJECTION_PAUSE, drive
from openclaw_vllm.reconcile.publish import PublishResult, publish, published_by_other_instance
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
    run = await _discover(provider, spec, context)
    is_rejected = await run.sync()
    delay = run.requeue_after()
    return min(REJECTION_PAUSE, delay) if is_rejected else delay


async def _discover(
    provider: VllmProvider, spec: VllmProviderSpec, context: ReconcileContext
) -> "_Run":
    """Discover what the server serves, and save it."""
    report, now = report_in(provider.status.conditions), context.clock.monotonic()
    context.states.restore_contest(provider.config_map, report, now)
    existing = context.cache.published.get(provider.config_map)
    state = context.states.provider(provider, spec, existing)
    readers = replace(context, fresh=provider.request != state.server.request)
    source = await read_base(provider.key.namespace, spec.output.base_config_ref, readers)
    base = await context.base_configs.parse(source)
    retry_early = isinstance(base, Problem)
    discovery = await discover(provider, spec, state.server, readers, retry_early=retry_early)
    state = state.with_discovery(discovery.server, source, changed=discovery.changed)
    state = replace(state, last_published=state.last_published.with_base(spec, base))
    context.states.providers[provider.key] = state
    return _Run(provider, spec, state, base, discovery.probed, context)


@dataclass(frozen=True, slots=True)
class _Run:
    """One reconcile of a VllmProvider with a valid spec, after discovery."""

    provider: VllmProvider
    spec: VllmProviderSpec
    state: ProviderState
    base: Base | Problem | None
    probed: bool  # a probe was due
    context: ReconcileContext

    async def sync(self) -> bool:
        """Publish and report what is discovered, unless that is done; return whether the API
        server rejected the ConfigMap."""
        provider, spec, state, versions = self.provider, self.spec, self.state, self.versions()
        if state.is_synced_at(versions):
            return False
        existing = self.context.cache.published.get(provider.config_map)
        discovery, last = state.server.discovery, state.last_published
        plan = plan_publication(provider, spec, discovery, self.base, existing, last)
        if self.defers_to_other_instance(plan, existing):
            return False
        result = await publish(provider, spec, plan, last, self.base, self.context)
        if isinstance(plan, Publish) and result.publication is not None:
            last = LastPublished(plan.documents, "", plan.patterns)
            state = self.save(replace(state, last_published=last))
        await self.report(plan, result)
        is_done = result.publication is not None or versions == self.versions()
        if is_done and not result.is_rejected:
            # Once is enough, whatever was written meanwhile: two operators would write in turns.
            self.save(replace(state, synced_at=versions))
        return result.is_rejected

    def defers_to_other_instance(self, plan: Plan, existing: ConfigMapState | None) -> bool:
        """Return whether another operator may know better, as during a rollout: this one probes
        first, or each would undo the other's work."""
        unasked = self.state.synced_at is not None and not self.probed
        return unasked and published_by_other_instance(plan, self.provider, self.spec, existing)

    async def report(self, plan: Plan, result: PublishResult) -> None:
        """Write the status."""
        provider, spec, server = self.provider, self.spec, self.state.server
        note = with_refusal(plan.note, self.context.cache.pods.refusals.get(provider.config_map))
        outcomes = outcomes_of(spec, server, result.problem, note, plan.reason)
        now, before = timestamp(self.context), provider.status.conditions
        current = conditions(outcomes, provider.generation, before, now)
        consumers = self.versions().consumers
        status = summarize(provider, spec, current, server, result.publication, consumers)
        await _write_status(provider, spec, status, self.context)

    def save(self, state: ProviderState) -> ProviderState:
        """Save the state at once: an edit that interrupts the run does not lose it."""
        self.context.states.providers[self.provider.key] = state
        return state

    def requeue_after(self) -> float:
        """Return the seconds until the next run."""
        now, server = self.context.clock.monotonic(), self.state.server
        delay = requeue_delay(self.spec, max(0.0, server.schedule.next_probe_at - now))
        contest = self.context.states.contests.get(self.provider.config_map, NO_CONTEST)
        until_change = contest.next_change(now)
        return delay if until_change is None else min(delay, until_change)

    def versions(self) -> SyncedAt:
        """Return the versions of the VllmProvider and of what it publishes, as the cache has
        them now."""
        cache, config_map = self.context.cache, self.provider.config_map
        cached, published = cache.providers.get(self.provider.key), cache.published.get(config_map)
        return SyncedAt(
            cached.resource_version if cached else "",
            published.resource_version if published else "",
            consumers_of(config_map, published.digest if published else "", self.context),
            cache.pods.refusals.get(config_map, ""),
            self.context.states.contest(config_map, self.context.clock.monotonic()),
        )


async def _write_status(
    provider: VllmProvider,
    spec: VllmProviderSpec | None,
    status: VllmProviderStatus,
    context: ReconcileContext,
) -> None:
    advice = advice_of(provider.status, status, spec)
    put, counters = context.cache.replace_status_of, context.metrics.provider
    await write_status(provider, status, put, counters, context, advice)
