"""When a Service is asked first: at once, unless the process before has left nothing to ask for."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest

from openclaw_vllm.api.conditions import ConditionType
from openclaw_vllm.api.keys import ObjectKey, SourceKey
from openclaw_vllm.api.service import Service
from openclaw_vllm.controllers.catalog import CatalogController
from openclaw_vllm.core.catalog.sources import shared_services
from openclaw_vllm.core.discovery.connection import Connection
from openclaw_vllm.reconcile.catalog import reconcile
from openclaw_vllm.reconcile.context import ReconcileContext
from openclaw_vllm.reconcile.targets import FINALIZER
from tests import builders
from tests.builders import Wire, served
from tests.builders import catalogs as catalog_builders
from tests.builders.catalogs import MODELS, SHARED
from tests.fakes.context import fake_context
from tests.harnesses.catalog import CatalogCluster

SERVICE = ObjectKey("team-a", "s")
AGENTS = ObjectKey("agents-a", "fleet-openclaw")


def source(**fields: Any) -> Wire:
    selected = {"namespaceSelector": MODELS, "selector": SHARED, "interval": "24h", "port": 8000}
    return {"sources": [{"services": selected | fields}]}


@dataclass
class FirstProbesHarness:
    """A process of the operator whose probes are recorded instead of sent."""

    context: ReconcileContext
    cluster: CatalogCluster
    now: list[SourceKey]
    later: list[SourceKey]
    providers: CatalogController

    @property
    def ready(self) -> str:
        conditions = {
            condition.type: condition for condition in self.cluster.catalog.status.conditions
        }
        return conditions[ConditionType.READY].reason

    def learn(self, *ids: str) -> None:
        """Have every Service answer."""
        catalog, cache = self.cluster.catalog, self.context.cache
        spec, services = catalog_builders.spec_of(catalog), cache.services
        for name, shared in shared_services(catalog, spec, cache.namespaces, services).items():
            connection = Connection("http://s.team-a.svc.cluster.local:8000/v1")
            memory = builders.server_state(shared.provider, *served(*ids), connection=connection)
            self.context.states.sources[name] = memory

    def edit(self, **spec: Any) -> None:
        generation = self.cluster.catalog.generation + 1
        edited = catalog(generation, **spec)
        self.cluster.edit(edited)
        self.context.cache.catalogs[edited.key] = self.cluster.catalog

    async def act(self) -> None:
        await reconcile(self.cluster.catalog.key, self.context, self.providers._enqueue_source)


def catalog(generation: int = 1, **spec: Any) -> Any:
    wire = catalog_builders.wire_spec(**spec)
    return catalog_builders.catalog(wire, finalizers=[FINALIZER], generation=generation)


@asynccontextmanager
async def process(
    cluster: CatalogCluster, service: Service | None = None
) -> AsyncIterator[FirstProbesHarness]:
    async with fake_context() as place:
        context = replace(place.context, cluster=cluster)
        cache = context.cache
        cache.namespaces["team-a"] = catalog_builders.namespace("team-a", tier="models")
        cache.services[SERVICE] = service or catalog_builders.service()
        cache.catalogs[cluster.catalog.key] = cluster.catalog
        if cluster.published is not None:
            agents = catalog_builders.namespace(AGENTS.namespace, openclaw="enabled")
            cache.namespaces[agents.name] = agents
            context.record_at_start(AGENTS, cluster.published)
        providers = CatalogController(context, slots=1, transient=())
        it = FirstProbesHarness(context, cluster, [], [], providers)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(providers.sources, "add", lambda name, **_: it.now.append(name))
            patch.setattr(providers.sources, "add_after", lambda name, _: it.later.append(name))
            yield it


async def left(
    *ids: str, then: tuple[str, ...] = (), mode: str = "Periodic", **spec: Any
) -> CatalogCluster:
    """What a process leaves whose Service listed these models, and others since."""
    cluster = CatalogCluster(catalog(**source(mode=mode), **spec))
    async with process(cluster) as it:
        agents = catalog_builders.namespace(AGENTS.namespace, openclaw="enabled")
        it.context.cache.namespaces[agents.name] = agents
        it.learn(*ids)
        await it.act()
        if then:
            it.learn(*then)
            await it.act()
    cluster.actions.clear()
    return cluster


async def test_one_that_was_well_before_a_restart_waits_for_its_time() -> None:
    cluster = await left("a")
    async with process(cluster) as it:
        await it.act()
        assert (it.now, len(it.later)) == ([], 1)
        assert cluster.writes == []


async def test_one_that_is_asked_on_changes_is_asked_when_replicas_change_and_not_before() -> None:
    cluster = await left("a", mode="OnChange")
    async with process(cluster) as it:
        await it.act()
        await it.act()
        assert (it.now, it.later, cluster.writes) == ([], [], [])
        assert it.providers.asks(SERVICE)
        it.providers.on_replicas_changed(SERVICE)
        assert [name.service for name in it.now] == [SERVICE]


async def test_one_that_made_too_many_models_is_asked_and_nothing_is_reported_before() -> None:
    cluster = await left("a", then=("a", "b", "c", "d"), maxModels=3)
    async with process(cluster) as it:
        assert it.ready == "TooManyModels"
        await it.act()
        assert (len(it.now), it.later, cluster.writes) == (1, [], [])
        it.learn("a", "b", "c", "d")
        await it.act()
        assert (it.ready, cluster.writes) == ("TooManyModels", [])


async def test_one_whose_list_is_published_nowhere_is_asked_and_nothing_is_reported_before() -> (
    None
):
    """No namespace is selected yet: nothing tells the list after a restart."""
    cluster = await left("a")
    cluster.config_maps.clear()
    async with process(cluster) as it:
        await it.act()
        assert (len(it.now), it.later, cluster.writes) == (1, [], [])


async def test_after_an_edit_while_no_operator_ran_it_is_probed_at_once() -> None:
    cluster = await left("a")
    async with process(cluster) as it:
        it.edit(**source(port=8001))
        await it.act()
        assert ([name.port for name in it.now], it.later) == ([8001], [])


async def test_after_an_edit_it_is_probed_at_once() -> None:
    cluster = await left("a")
    async with process(cluster) as it:
        await it.act()
        it.edit(**source(port=8001))
        await it.act()
        assert [name.port for name in it.now] == [8001]


async def test_a_service_that_was_recreated_is_asked_at_once() -> None:
    cluster = await left("a")
    async with process(cluster) as it:
        await it.act()
        it.learn("a")
        await it.act()
        it.context.states.sources.clear()  # as when it was deleted
        it.providers._unprobed.clear()
        await it.act()
        assert len(it.now) == 1
