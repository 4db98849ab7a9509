"""From what is remembered of a server to what is known now: where it is and, if due, its list.

The way of a VllmProvider and of a catalogue's Service is the same here.
"""

from openclaw_vllm.api.observed import Resource
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.core.conditions import ENDPOINT_REASONS
from openclaw_vllm.core.memory import Memory
from openclaw_vllm.reconcile.learning import learn, with_base
from openclaw_vllm.reconcile.locating import Target, locate
from openclaw_vllm.reconcile.probing import probe
from openclaw_vllm.reconcile.world import World


async def observe(
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
    start = world.clock.monotonic()
    answer = await probe(resource, spec, target, world, fresh=fresh)
    world.count_probe(resource, answer, world.clock.monotonic() - start)
    if isinstance(answer, Problem):
        elsewhere = answer.reason in ENDPOINT_REASONS
        return memory.misplace(answer) if elsewhere else memory.fail(answer)
    target, served = answer
    return await learn(spec, target, served, memory, world, fresh=fresh)
