"""A process of the operator with a catalog, from its first reconcile on, and its cluster."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from openclaw_vllm.api.configmap import ConfigMapState
from openclaw_vllm.api.keys import ObjectKey, SourceKey
from openclaw_vllm.api.observed import VllmCatalog, VllmProvider
from openclaw_vllm.controllers import catalog as module
from openclaw_vllm.controllers import relist
from openclaw_vllm.controllers.catalog import CatalogController
from openclaw_vllm.controllers.controllers import Controllers
from openclaw_vllm.controllers.provider import ProviderController
from openclaw_vllm.controllers.workqueue import WorkQueue
from openclaw_vllm.reconcile.context import ReconcileContext
from openclaw_vllm.reconcile.targets import FINALIZER
from tests import builders
from tests.builders import catalogs as catalog_builders
from tests.builders import served, spec_of
from tests.fakes.cluster import FakeCluster
from tests.fakes.context import FakeContext, fake_context

AGENTS = ObjectKey("agents-a", "fleet-openclaw")
CHANGING = ("patch", "create", "update", "delete")
WRITES = {"configmaps": "ConfigMap {}", "vllmcatalogs/status": "status", "events": "Event"}
MOMENT = 0.02  # seconds
FIRST, SECOND = (catalog_builders.provider("team-a", name) for name in ("first", "second"))


class CatalogCluster(FakeCluster):
    """A cluster with one VllmCatalog, seen through it and the ConfigMap of AGENTS."""

    def __init__(self, catalog: VllmCatalog) -> None:
        namespaces = ["team-a", "team-red", "team-blue", "agents-a", "agents-b"]
        super().__init__(catalog, namespaces=namespaces)
        self._key = catalog.key

    @property
    def catalog(self) -> VllmCatalog:
        catalog = self.objects[VllmCatalog.KIND, self._key]
        assert isinstance(catalog, VllmCatalog)
        return catalog

    @property
    def published(self) -> ConfigMapState | None:
        return self.config_maps.get(AGENTS)

    @property
    def usable(self) -> set[str]:
        """The ids of the providers that agents can use."""
        assert self.published is not None
        return set(json.loads(self.published.models_json)["providers"])

    @property
    def writes(self) -> list[str]:
        """What was written, in order."""
        return [WRITES[a.resource].format(a.key) for a in self.actions if a.verb in CHANGING]

    def edit(self, edited: VllmCatalog) -> None:
        """Give the VllmCatalog another spec; its status stays."""
        self.put(replace(edited, status=self.catalog.status))


@dataclass
class CatalogHarness:
    """A process of the operator that has read what there was at its start."""

    catalogs: CatalogController
    providers: ProviderController
    place: FakeContext
    asked: set[str] = field(default_factory=set)  # Services

    @property
    def cache(self) -> Any:
        return self.place.context.cache

    def show(self, *providers: VllmProvider) -> None:
        """Have a watch show VllmProviders."""
        for provider in providers:
            self.cache.put_provider(provider, ())
            self.catalogs.mark_delivered(provider.uid)
        self.catalogs.wake_all()


@asynccontextmanager
async def started(
    cluster: CatalogCluster, monkeypatch: pytest.MonkeyPatch, pending: Iterable[str] = ()
) -> AsyncIterator[CatalogHarness]:
    async with fake_context() as place:
        context = place.context = replace(place.context, cluster=cluster)
        catalogs = CatalogController(context, slots=4, transient=())
        it = CatalogHarness(
            catalogs, ProviderController(context, WorkQueue(reconcile_nothing), catalogs), place
        )

        async def ask(name: SourceKey, *_: object) -> None:
            it.asked.add(name.service.name)

        monkeypatch.setattr(module, "reconcile_source", ask)
        for of, name in ((module, "WAKE_DELAY"), (relist, "RETRY"), (relist, "SETTLING")):
            monkeypatch.setattr(of, name, MOMENT)
        fill_caches(context, cluster)
        work = [queue.run() for queue in catalogs.queues.values()]
        catalogs.expect(pending)
        controllers = Controllers(it.providers, catalogs)
        running = [
            asyncio.create_task(one)
            for one in (
                *work,
                relist.run(context, controllers, asyncio.Event(), ()),
            )
        ]
        yield it
        for task in running:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def reconcile_nothing(_: ObjectKey) -> None:
    """Reconcile no VllmProvider."""


def fill_caches(context: ReconcileContext, cluster: CatalogCluster) -> None:
    """Know the namespaces, what the VllmProviders and the catalog have published."""
    for item in (
        catalog_builders.namespace("team-a", tier="models"),
        catalog_builders.namespace("agents-a", openclaw="enabled"),
    ):
        context.cache.namespaces[item.name] = item
    for resource in (FIRST, SECOND):
        documents = builders.documents(spec_of(resource), *served("a"))
        published = builders.published(resource, documents)
        for config_maps in (cluster.config_maps, context.cache.published):
            config_maps[resource.config_map] = published
    context.cache.put_catalog(cluster.catalog)
    if cluster.published is not None:
        context.record_at_start(AGENTS, cluster.published)


def catalog(**spec: Any) -> VllmCatalog:
    return catalog_builders.catalog(catalog_builders.wire_spec(**spec), finalizers=[FINALIZER])
