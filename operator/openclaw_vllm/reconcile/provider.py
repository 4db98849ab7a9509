"""THE function: make the cluster match one VllmProvider.

Reads from the cache, pure functions, at most two writes. At steady state it costs one request to
the vLLM server and none to the API server.
"""

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.core.config.agents import patterns_hash
from openclaw_vllm.core.discovery.memory import Memory
from openclaw_vllm.core.publication.plan import decide, published_by_other_instance
from openclaw_vllm.core.publication.restore import restore_documents
from openclaw_vllm.core.status.conditions import conditions
from openclaw_vllm.core.status.provider import inactive_status, outcomes_of, summarize
from openclaw_vllm.edges.kube.cluster import Conflict, NotFound, Rejected
from openclaw_vllm.reconcile.context import (
    REFUSAL_PAUSE,
    ReconcileContext,
    requeue_after_rejection,
    timestamp,
)
from openclaw_vllm.reconcile.observing import observe
from openclaw_vllm.reconcile.publishing import publish, report
from openclaw_vllm.reconcile.references import requeue_delay


async def reconcile(key: ObjectKey, world: ReconcileContext) -> float | None:
    """Publish what the VllmProvider's server serves, and say so in its status.

    Returns the seconds until it wants to run again, or None when only a watch event can change
    anything. Raises Unavailable of `edges` when a plain retry may heal.
    """
    resource = world.cache.providers.get(key)
    if resource is None:
        world.memories.pop(key, None)
        return None
    try:
        with world.metrics.provider.reconciling():
            return await _reconcile(resource, world)
    except (Conflict, NotFound, Rejected) as error:
        return requeue_after_rejection(error, key, forget=lambda: world.forget(resource))


async def _reconcile(resource: VllmProvider, world: ReconcileContext) -> float | None:
    spec = resource.spec
    if isinstance(spec, Problem) or spec.suspend:
        await report(resource, None, inactive_status(resource, timestamp(world)), world)
        return None

    before = world.memory_of(resource, spec)
    seen = restore_documents(await observe(resource, spec, before, world), spec)
    memory = seen.resync_unless_same_as(before)
    world.memories[resource.key] = memory
    versions = _versions(resource, world)
    if memory.is_synced_at(versions):
        return _pause(spec, memory, world)
    existing = world.cache.published.get(resource.config_map)
    plan = decide(resource, spec, memory, existing)
    if memory.is_no_wiser_than(before) and published_by_other_instance(
        plan, resource, spec, existing
    ):
        # it may know better, as during a rollout: we ask first, or each would undo the other's work
        return _pause(spec, memory, world)
    problem, publication = await publish(resource, spec, plan, memory, world)
    if plan.documents is not None and publication is not None:
        memory = memory.publish(plan.documents, patterns_hash(spec.agents) if spec.agents else "")
        world.memories[resource.key] = memory

    outcomes = outcomes_of(spec, memory, problem, plan.note)
    said, now = resource.status.conditions, timestamp(world)
    told = conditions(outcomes, resource.generation, said, now)
    status = summarize(resource, spec, told, memory, publication)
    await report(resource, spec, status, world)
    if problem is not None and problem.reason is Reason.WRITE_REFUSED:
        return min(REFUSAL_PAUSE, _pause(spec, memory, world))
    if publication is not None or versions == _versions(resource, world):
        # once is enough, whatever others wrote meanwhile: two that were asked at once would fight
        world.memories[resource.key] = memory.mark_synced(versions)
    return _pause(spec, memory, world)


def _pause(spec: VllmProviderSpec, memory: Memory, world: ReconcileContext) -> float:
    return requeue_delay(spec, max(0.0, memory.due - world.clock.monotonic()))


def _versions(resource: VllmProvider, world: ReconcileContext) -> tuple[str, str]:
    """Return the versions of the resource and of what it publishes, as the cache has them."""
    shown = world.cache.providers.get(resource.key)
    published = world.cache.published.get(resource.config_map)
    return shown.resource_version if shown else "", published.resource_version if published else ""
