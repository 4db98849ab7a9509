"""THE function: make the cluster match one VllmProvider.

Reads from the cache, pure functions, at most two writes. At steady state it costs one request to
the vLLM server and none to the API server.
"""

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.observed import Resource
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.core.agents import fingerprint
from openclaw_vllm.core.conditions import conditions
from openclaw_vllm.core.memory import Memory
from openclaw_vllm.core.plan import decide, is_anothers_work
from openclaw_vllm.core.recall import recall_documents
from openclaw_vllm.core.status import at_rest, outcomes_of, summarize
from openclaw_vllm.edges.cluster import Gone, Refused, Stale
from openclaw_vllm.reconcile.observing import observe
from openclaw_vllm.reconcile.publishing import publish, report
from openclaw_vllm.reconcile.references import until_look
from openclaw_vllm.reconcile.world import REFUSAL_PAUSE, World, timestamp, turned_away


async def reconcile(key: ObjectKey, world: World) -> float | None:
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
    except (Stale, Gone, Refused) as error:
        return turned_away(error, key, forget=lambda: world.forget(resource))


async def _reconcile(resource: Resource, world: World) -> float | None:
    spec = resource.spec
    if isinstance(spec, Problem) or spec.suspend:
        await report(resource, None, at_rest(resource, timestamp(world)), world)
        return None

    before = world.memory_of(resource, spec)
    seen = recall_documents(await observe(resource, spec, before, world), spec)
    memory = seen.unwritten_unless_same_as(before)
    world.memories[resource.key] = memory
    versions = _versions(resource, world)
    if memory.is_written_in(versions):
        return _pause(spec, memory, world)
    existing = world.cache.published.get(resource.config_map)
    plan = decide(resource, spec, memory, existing)
    if memory.is_no_wiser_than(before) and is_anothers_work(plan, resource, spec, existing):
        # it may know better, as during a rollout: we ask first, or each would undo the other's work
        return _pause(spec, memory, world)
    problem, publication = await publish(resource, spec, plan, memory, world)
    if plan.documents is not None and publication is not None:
        memory = memory.publish(plan.documents, fingerprint(spec.agents) if spec.agents else "")
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
        world.memories[resource.key] = memory.write_down(versions)
    return _pause(spec, memory, world)


def _pause(spec: VllmProviderSpec, memory: Memory, world: World) -> float:
    return until_look(spec, max(0.0, memory.due - world.clock.monotonic()))


def _versions(resource: Resource, world: World) -> tuple[str, str]:
    """Return the versions of the resource and of what it publishes, as the cache has them."""
    shown = world.cache.providers.get(resource.key)
    published = world.cache.published.get(resource.config_map)
    return shown.resource_version if shown else "", published.resource_version if published else ""
