"""From what is remembered of a server to what is known now: where it is and, if due, its list.

The way of a VllmProvider and of a catalogue's Service is the same here.
"""

from dataclasses import replace

from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.core.discovery.memory import Memory
from openclaw_vllm.reconcile.context import ReconcileContext
from openclaw_vllm.reconcile.learning import look, with_models
from openclaw_vllm.reconcile.locating import Upstream
from openclaw_vllm.reconcile.probing import probe


async def observe(
    resource: VllmProvider, spec: VllmProviderSpec, memory: Memory, world: ReconcileContext
) -> Memory:
    """Resolve the endpoint and, when it is time, ask the server; remember what was found."""
    asked = memory.observe_request(resource)
    world = replace(world, fresh=asked is not memory)
    upstream, memory = await look(resource, spec, asked, world)
    if world.clock.monotonic() >= memory.due:
        if isinstance(upstream, Upstream) and not spec.models:
            memory = await _ask(resource, spec, upstream, memory, world)
        memory = memory.schedule(spec, world.clock.monotonic(), world.clock.wall())
    return memory


async def _ask(
    resource: VllmProvider,
    spec: VllmProviderSpec,
    upstream: Upstream,
    memory: Memory,
    world: ReconcileContext,
) -> Memory:
    start = world.clock.monotonic()
    answer = await probe(resource, spec, upstream, world)
    world.count_probe(resource, answer, world.clock.monotonic() - start)
    if isinstance(answer, Problem):
        return memory.fail(answer)
    upstream, served = answer
    return await with_models(spec, upstream, served, memory, world)
