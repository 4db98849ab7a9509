"""A process of the operator with a catalogue, from its first reconcile on, and its cluster."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest

from openclaw_vllm.api.catalog_status import VllmCatalogStatus
from openclaw_vllm.api.configmap import ConfigMapState
from openclaw_vllm.api.keys import ObjectKey, SourceKey
from openclaw_vllm.api.observed import VllmCatalog, VllmProvider
from openclaw_vllm.controllers import catalog as module
from openclaw_vllm.controllers import relist
from openclaw_vllm.controllers.catalog import CatalogController
from openclaw_vllm.controllers.provider import ProviderController
from openclaw_vllm.controllers.workqueue import WorkQueue
from openclaw_vllm.edges.kube.apiserver import Unavailable
from openclaw_vllm.edges.kube.cluster import Cluster
from openclaw_vllm.reconcile.context import ReconcileContext
from openclaw_vllm.reconcile.spreading import FINALIZER
from tests import builders
from tests.builders import catalogs as catalog_builders
from tests.builders import served, spec_of
from tests.fakes.context import FakeContext, fake_context

AGENTS = ObjectKey("agents-a", "fleet-openclaw")
MOMENT = 0.02  # seconds
FIRST, SECOND = (catalog_builders.provider("team-a", name) for name in ("first", "second"))


@dataclass
class RetainedModel:
    """A cluster that keeps what is written; `providers` are the uids that it lists, after a list
    that fails for each of `failures`."""

    catalog: VllmCatalog
    providers: set[str] = field(default_factory=set)
    failures: int = 0
    lists: int = 0
    published: ConfigMapState | None = None
    writes: list[str] = field(default_factory=list)

    @property
    def usable(self) -> set[str]:
        """The ids that agents can use."""
        assert self.published is not None
        return set(json.loads(self.published.models_json)["providers"])

    async def list_objects(self, kind: str, *_: object, **__: object) -> AsyncIterator[Any]:
        self.lists += 1
        if self.failures:
            self.failures -= 1
            raise Unavailable("429")
        there = {
            "vllmproviders": self.providers,
            "vllmcatalogs": {self.catalog.uid},
            "configmaps": {"map-1"},
            "namespaces": {"team-a", "agents-a"},
        }
        for uid in there.get(kind, ()):
            yield {"metadata": {"uid": uid, "name": uid, "namespace": "any"}}

    async def find_config_map(self, _: ObjectKey) -> None:
        return None

    async def apply_config_map(self, key: ObjectKey, manifest: dict[str, Any]) -> ConfigMapState:
        self.writes.append(f"ConfigMap {key}")
        self.published = ConfigMapState.read(builders.stored(manifest))
        return self.published

    async def apply_status(self, catalog: VllmCatalog, status: VllmCatalogStatus) -> VllmCatalog:
        self.writes.append("status")
        self.catalog = replace(catalog, status=status)
        return self.catalog

    async def post_event(self, *_: object, **__: object) -> None:
        self.writes.append("Event")


@dataclass
class Process:
    """A process of the operator that has read what there was at its start."""

    catalogs: CatalogController
    intake: ProviderController
    place: FakeContext
    asked: set[str] = field(default_factory=set)  # Services

    @property
    def cache(self) -> Any:
        return self.place.world.cache

    def show(self, *providers: VllmProvider) -> None:
        """Have a watch show VllmProviders."""
        for provider in providers:
            self.cache.put_provider(provider, ())
            self.catalogs.saw(provider.uid)
        self.catalogs.changed()


@asynccontextmanager
async def started(
    cluster: RetainedModel, monkeypatch: pytest.MonkeyPatch, awaited: Iterable[str] = ()
) -> AsyncIterator[Process]:
    async with fake_context() as place:
        world = place.world = replace(place.world, cluster=cast(Cluster, cluster))
        catalogs = CatalogController(world, slots=4, passing=())
        it = Process(catalogs, ProviderController(world, WorkQueue(nothing), catalogs), place)

        async def ask(name: SourceKey, *_: object) -> None:
            it.asked.add(name.service.name)

        monkeypatch.setattr(module, "reconcile_source", ask)
        for of, name in ((module, "MOMENT"), (relist, "RETRY"), (relist, "SETTLING")):
            monkeypatch.setattr(of, name, MOMENT)
        fill(world, cluster)
        work = [queue.run() for queue in catalogs.queues.values()]
        catalogs.expect(awaited)
        running = [
            asyncio.create_task(one) for one in (*work, relist.run(world, it.intake, catalogs, ()))
        ]
        yield it
        for task in running:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def nothing(_: ObjectKey) -> None:
    """Reconcile no VllmProvider."""


def fill(world: ReconcileContext, cluster: RetainedModel) -> None:
    """Know the namespaces, what the VllmProviders and the catalogue have published."""
    for found in (
        catalog_builders.namespace("team-a", tier="models"),
        catalog_builders.namespace("agents-a", openclaw="enabled"),
    ):
        world.cache.namespaces[found.name] = found
    for resource in (FIRST, SECOND):
        documents = builders.documents(spec_of(resource), *served("a"))
        world.cache.published[resource.config_map] = builders.published(resource, documents)
    world.cache.put_catalog(cluster.catalog)
    if cluster.published is not None:
        world.inherit(AGENTS, cluster.published)


def catalog(**spec: Any) -> VllmCatalog:
    return catalog_builders.catalog(catalog_builders.wire_spec(**spec), finalizers=[FINALIZER])
