"""A VllmProvider of a Service whose replicas come and go, each with a list of its own."""

import asyncio
from dataclasses import replace

from openclaw_vllm.api.endpoint_slice import EndpointSlice
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.edges.vllm.probe_request import ProbeRequest, ProbeResponse
from tests.builders.slices import STARTING, endpoint_slice, endpoints
from tests.fakes.prober import FakeProber
from tests.harnesses.provider import ProviderHarness

LISTED = frozenset({"a"})
ONE, TWO = "10.0.0.1", "10.0.0.2"
BOTH, ONLY = frozenset("ab"), frozenset("a")
HANGS = frozenset({"it never answers"})


def scale(
    it: ProviderHarness, *ready: str, starting: tuple[str, ...] = (), service: str = "vllm"
) -> None:
    """Have a slice of the Service with these replicas."""
    others = endpoints(STARTING, *starting)
    name = f"{service}-1"
    wire = endpoint_slice(*ready, name=name, service=service, namespace="models", others=others)
    it.context.cache.slices.upsert(ObjectKey("models", name), EndpointSlice.read(wire))


def conditions(it: ProviderHarness) -> dict[str, str]:
    result = it.cluster.resource.status.conditions
    return {one.type: f"{one.status} {one.reason}" for one in result}


class Pods(FakeProber):
    """Replicas with lists of their own, by address; others list what the Service does."""

    def __init__(self, lists: dict[str, frozenset[str] | None]) -> None:
        super().__init__(LISTED)
        self.by_pod, self.ports = lists, set[int]()

    async def ask(self, question: ProbeRequest) -> ProbeResponse | Problem:
        (address,) = question.addresses
        self.listed = self.by_pod.get(address.removeprefix("10.0.0."), LISTED)
        if self.listed is HANGS:
            await asyncio.Event().wait()
        if question.url.endswith("/models"):
            self.ports.add(question.port)
        return await super().ask(question)


def each(it: ProviderHarness, **lists: frozenset[str] | None) -> ProviderHarness:
    """Probe a Service whose replicas list these models."""
    server = Pods({name[1:]: models for name, models in lists.items()})
    it.server, it.context = server, replace(it.context, prober=server)
    scale(it, *(f"10.0.0.{name[1:]}" for name in lists))
    it.probe(LISTED)
    return it
