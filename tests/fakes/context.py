"""A ReconcileContext of real parts, for what meets below the API server: cache, prober, policy.

There is no cluster behind it. A test fills the readers of Secrets and ConfigMaps and says what host
names resolve to. Loopback may be probed, since that is where the servers of tests listen.
"""

import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from kubernetes.aio.client import Configuration

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.secret import Secret
from openclaw_vllm.core.discovery.destination import Destinations
from openclaw_vllm.core.discovery.models_response import ServedModel
from openclaw_vllm.edges.kube.apiserver import ApiServer
from openclaw_vllm.edges.kube.cache import Cache
from openclaw_vllm.edges.kube.cluster import Cluster
from openclaw_vllm.edges.kube.readings import Readings
from openclaw_vllm.edges.metrics.metrics import Metrics
from openclaw_vllm.edges.vllm.prober import Prober
from openclaw_vllm.edges.vllm.resolver import Resolver
from openclaw_vllm.reconcile.context import ReconcileContext
from openclaw_vllm.reconcile.locating import Upstream, locate
from openclaw_vllm.reconcile.probing import probe
from openclaw_vllm.reconcile.readers import Clock
from tests.builders import spec_of
from tests.certificates import Authority

Value = TypeVar("Value")


@dataclass
class FakeReader(Generic[Value]):
    """Objects by name; it counts the reads. `next` replace them read by read."""

    missing: Reason
    objects: dict[str, Value] = field(default_factory=dict)
    next: list[Value] = field(default_factory=list)
    reads: int = 0

    async def read(self, key: ObjectKey) -> Value | Problem:
        self.reads += 1
        if self.reads > 1 and self.next:
            self.objects[key.name] = self.next.pop(0)
        result = self.objects.get(key.name)
        return Problem(self.missing, f"{key.name} is missing") if result is None else result


@dataclass
class FakeHosts:
    """What names resolve to; it counts the lookups."""

    addresses: dict[str, tuple[str, ...]] = field(default_factory=dict)
    lookups: int = 0

    def getaddrinfo(self, host: str, port: int) -> list[tuple[Any, ...]]:
        self.lookups += 1
        if host not in self.addresses:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [(socket.AF_INET, 0, 0, "", (item, port)) for item in self.addresses[host]]


@dataclass
class FakeClock:
    """Both clocks, moved by hand."""

    monotonic: float = 1000.0
    wall: float = 1_800_000_000.0


@dataclass
class FakeContext:
    """A ReconcileContext and what a test changes of it."""

    context: ReconcileContext
    secrets: FakeReader[Secret]
    config_maps: FakeReader[Mapping[str, str]]
    hosts: FakeHosts
    time: FakeClock

    async def probe(
        self, resource: VllmProvider, *, fresh: bool = False
    ) -> tuple[Upstream, tuple[ServedModel, ...]] | Problem:
        """Locate the resource's server and ask it, as a reconcile does."""
        spec, context = spec_of(resource), replace(self.context, fresh=fresh)
        upstream = await locate(resource.key.namespace, spec, context)
        if isinstance(upstream, Problem):
            return upstream
        return await probe(resource.key.namespace, spec, upstream, context)


CA = Authority.create()


def unreachable_cluster() -> Configuration:
    """No cluster; with a CA of its own, because loading the system's takes 50 ms each time."""
    configuration = Configuration()
    configuration.ca_cert_data = CA.pem
    return configuration


@asynccontextmanager
async def fake_context(policy: Destinations | None = None) -> AsyncIterator[FakeContext]:
    secrets = FakeReader[Secret](Reason.SECRET_NOT_FOUND)
    config_maps = FakeReader[Mapping[str, str]](Reason.CA_BUNDLE_NOT_FOUND)
    hosts, time = FakeHosts(), FakeClock()
    server, prober = ApiServer(unreachable_cluster()), Prober(Resolver(hosts.getaddrinfo))
    context = ReconcileContext(
        cache=Cache(),
        cluster=Cluster(server),
        prober=prober,
        secrets=Readings(secrets.read),
        config_maps=Readings(config_maps.read),
        policy=policy or Destinations(allow_loopback=True),
        clock=Clock(lambda: time.monotonic, lambda: time.wall),
        metrics=Metrics("0.0.0"),
    )
    try:
        yield FakeContext(context, secrets, config_maps, hosts, time)
    finally:
        await server.close()
