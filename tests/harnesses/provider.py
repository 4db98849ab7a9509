"""One VllmProvider under its reconcile: its server, its cluster, and the operator's processes."""

import asyncio

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.configmap import ConfigMapState
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.config.read_back import read_models
from openclaw_vllm.core.discovery.destination import Destinations
from openclaw_vllm.edges.kube.cache import Cache
from openclaw_vllm.edges.kube.readings import Readings
from openclaw_vllm.edges.metrics.metrics import Metrics
from openclaw_vllm.reconcile.context import ReconcileContext
from openclaw_vllm.reconcile.provider import reconcile
from openclaw_vllm.reconcile.readers import Clock
from tests.builders import NAMES, Wire
from tests.fakes.cluster import FakeCluster
from tests.fakes.prober import FakeProber

LONGER_THAN_ANY_INTERVAL = 1000.0  # seconds
WRITES = {"configmaps": "map", "vllmproviders/status": "status", "events": "Event"}


class ProviderCluster(FakeCluster):
    """A cluster with one VllmProvider, seen through it and its ConfigMap."""

    def __init__(self, resource: VllmProvider) -> None:
        super().__init__(resource, namespaces=[resource.key.namespace])
        self._key = resource.key

    @property
    def resource(self) -> VllmProvider:
        resource = self.objects[VllmProvider.KIND, self._key]
        assert isinstance(resource, VllmProvider)
        return resource

    @property
    def published(self) -> ConfigMapState | None:
        return self.config_maps.get(self.resource.config_map)

    @property
    def stored(self) -> Wire:
        """The ConfigMap as it was applied last."""
        return self.manifests[self.resource.config_map]

    @property
    def writes(self) -> list[str]:
        """What was written, in order; "refused" for what was not taken."""
        return [
            WRITES[action.resource] if action.accepted else "refused"
            for action in self.actions
            if action.resource in WRITES and action.verb != "get"
        ]


class ProviderHarness:
    """A VllmProvider, its server, its cluster, and one process of the operator after the other."""

    def __init__(self, resource: VllmProvider) -> None:
        self.server, self.cluster = FakeProber(), ProviderCluster(resource)
        self.now, self.names = 1_800_000_000.0, NAMES
        self.restart()

    @property
    def published(self) -> set[str]:
        assert self.cluster.published is not None
        return {id_ for id_, _ in read_models(self.cluster.published.models_json, "vllm").contexts}

    @property
    def written(self) -> int:
        return len(self.cluster.writes)

    def restart(self) -> None:
        """Begin anew with what the cluster holds."""
        resource, published = self.cluster.resource, self.cluster.published
        self.context = ReconcileContext(
            cache=Cache(),
            cluster=self.cluster,
            prober=self.server,
            secrets=Readings(find_nothing),
            config_maps=Readings(find_nothing),
            policy=Destinations(),
            clock=Clock(lambda: self.now, lambda: self.now),
            metrics=Metrics("0.0.0"),
            service_names=self.names,
        )
        self.context.cache.put_provider(resource, ())
        if published is not None:
            self.context.record_at_start(resource.config_map, published)

    def probe(self, answer: frozenset[str] | None) -> None:
        """Reconcile once, when the server is due to be asked."""
        asyncio.run(self.reconcile_with(answer))

    async def reconcile_with(self, answer: frozenset[str] | None) -> None:
        """Do the same on the event loop that runs."""
        self.server.listed = answer
        self.now += LONGER_THAN_ANY_INTERVAL
        await reconcile(self.cluster.resource.key, self.context)


async def find_nothing(_: ObjectKey) -> Problem:
    return Problem(Reason.SECRET_NOT_FOUND, "there is none")
