"""THE function: make the cluster match one VllmProvider.

Reads from the cache, pure functions, at most two writes. At steady state it costs one request to
the vLLM server and none to the API server.
"""

import logging
from datetime import UTC, datetime

from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.observed import Resource
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.api.status import EndpointStatus, VllmProviderStatus
from openclaw_vllm.core.conditions import (
    ENDPOINT_REASONS,
    Outcomes,
    conditions,
    stalled_conditions,
    suspended,
)
from openclaw_vllm.core.memory import Memory
from openclaw_vllm.core.plan import decide
from openclaw_vllm.core.status import endpoint_status, summarize
from openclaw_vllm.edges.cluster import Gone, Refused, Stale
from openclaw_vllm.reconcile.learning import learn, with_base
from openclaw_vllm.reconcile.locating import Target, locate
from openclaw_vllm.reconcile.probing import probe
from openclaw_vllm.reconcile.publishing import publish, report
from openclaw_vllm.reconcile.world import World

WATCH_LAG = 0.5  # seconds
REFUSAL_PAUSE = 60.0

logger = logging.getLogger(__name__)


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
        return await _reconcile(resource, world)
    except Stale:
        return WATCH_LAG  # somebody else wrote: the watch shows it in a moment
    except Gone:
        world.forget(resource)
        return None
    except Refused as error:
        logger.error("%s: %s", key, error)
        return REFUSAL_PAUSE


async def _reconcile(resource: Resource, world: World) -> float | None:
    spec = resource.spec
    if isinstance(spec, Problem) or spec.suspend:
        await report(resource, None, _at_rest(resource, spec, world), world)
        return None

    before = world.memory_of(resource, spec)
    memory = await _observe(resource, spec, before, world)
    versions = _versions(resource, world)
    if memory.is_settled_in(versions, before):
        return max(0.0, memory.due - world.clock.monotonic())
    plan = decide(resource, spec, memory, world.cache.published.get(resource.config_map))
    problem, publication = await publish(resource, spec, plan, memory, world)

    outcomes = Outcomes(
        endpoint=memory.endpoint,
        server=memory.server,
        published=problem,
        note=plan.note,
        skipped=bool(spec.models),
        tolerated=memory.is_tolerated,
    )
    said, now = resource.status.conditions, _timestamp(world)
    told = conditions(outcomes, resource.generation, said, now)
    status = summarize(resource, spec, told, _endpoint(memory), publication, memory.rejected)
    await report(resource, spec, status, world)
    if versions == _versions(resource, world):
        world.memories[resource.key] = memory.settle(versions)
    return max(0.0, memory.due - world.clock.monotonic())


async def _observe(
    resource: Resource, spec: VllmProviderSpec, memory: Memory, world: World
) -> Memory:
    """Resolve the endpoint and, when it is time, ask the server; remember what was found."""
    asked = memory.turn_to(resource)
    fresh = asked is not memory
    target = await locate(resource, spec, world, fresh=fresh)
    if isinstance(target, Problem):
        memory = asked.misplace(target)
    else:
        memory = asked.resolve(target.connection)
    memory = await with_base(resource, spec, memory, world, fresh=fresh)
    if world.clock.monotonic() >= memory.due:
        if isinstance(target, Target) and not spec.models:
            memory = await _ask(resource, spec, target, memory, world, fresh=fresh)
        memory = memory.schedule(spec, world.clock.monotonic(), world.clock.wall())
    world.memories[resource.key] = memory
    return memory


async def _ask(
    resource: Resource,
    spec: VllmProviderSpec,
    target: Target,
    memory: Memory,
    world: World,
    *,
    fresh: bool,
) -> Memory:
    answer = await probe(resource, spec, target, world, fresh=fresh)
    world.metrics.probed(answer)
    if isinstance(answer, Problem):
        elsewhere = answer.reason in ENDPOINT_REASONS
        return memory.misplace(answer) if elsewhere else memory.fail(answer)
    target, served = answer
    return await learn(spec, target, served, memory, world, fresh=fresh)


def _versions(resource: Resource, world: World) -> tuple[str, str]:
    """Return the versions of the resource and of what it publishes, as the cache has them."""
    shown = world.cache.providers.get(resource.key)
    published = world.cache.published.get(resource.config_map)
    return shown.resource_version if shown else "", published.resource_version if published else ""


def _at_rest(
    resource: Resource, spec: VllmProviderSpec | Problem, world: World
) -> VllmProviderStatus:
    """Return the status of a VllmProvider that nothing is done for."""
    now, status = _timestamp(world), resource.status
    if not isinstance(spec, Problem):
        return suspended(status, resource.generation, now)
    said = stalled_conditions(spec, resource.generation, status.conditions, now)
    changes = {"conditions": said, "observed_generation": resource.generation}
    return status.model_copy(update=changes)


def _endpoint(memory: Memory) -> EndpointStatus | None:
    if memory.connection is None:
        return None
    return endpoint_status(memory.connection.base_url, memory.version, memory.task)


def _timestamp(world: World) -> str:
    return datetime.fromtimestamp(world.clock.wall(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
