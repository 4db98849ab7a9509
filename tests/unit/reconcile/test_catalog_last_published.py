"""While a catalog can publish nothing new, all of before stays but what is shared no more."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest

from openclaw_vllm.api.conditions import ConditionType
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.core.catalog.sources import SHARE, shared_services
from openclaw_vllm.core.discovery.connection import Connection
from openclaw_vllm.reconcile.catalog import reconcile
from openclaw_vllm.reconcile.context import ReconcileContext
from openclaw_vllm.reconcile.targets import FINALIZER
from tests import builders
from tests.builders import Wire, served, spec_of
from tests.builders import catalogs as catalog_builders
from tests.builders.catalogs import MODELS, SHARED
from tests.fakes.context import fake_context
from tests.harnesses.catalog import CatalogCluster

TOO_MANY = {"maxModels": 3}
SERVICES: Wire = {"namespaceSelector": MODELS, "selector": SHARED}
RED, BLUE = "vllm-team-red-vllm", "vllm-team-blue-vllm"
AGENTS = ObjectKey("agents-a", "fleet-openclaw")
OLD = "2025-01-01T00:00:00Z"


@dataclass
class LastPublishedHarness:
    """A catalog, what it draws on, and its cluster."""

    context: ReconcileContext
    cluster: CatalogCluster

    @property
    def models(self) -> dict[str, list[str]]:
        """The ids that agents can use, by provider id."""
        assert self.cluster.published is not None
        entries = json.loads(self.cluster.published.models_json)["providers"]
        return {id_: [model["id"] for model in entry["models"]] for id_, entry in entries.items()}

    @property
    def ready(self) -> str:
        conditions = {
            condition.type: condition for condition in self.cluster.catalog.status.conditions
        }
        return conditions[ConditionType.READY].reason

    def show(
        self, team: str, *ids: str, share: str = "true", created: str | None = None, **spec: Any
    ) -> None:
        """Have the cache hold a team's VllmProvider with what it has published."""
        metadata = {"labels": {SHARE: share}} | ({"creationTimestamp": created} if created else {})
        wire = builders.wire_spec(**spec)
        resource = catalog_builders.provider(team, "vllm", wire, **metadata)
        documents = builders.documents(
            spec_of(resource), *served(*ids), connection=Connection(wire["baseUrl"])
        )
        self.context.cache.put_provider(resource, [])
        self.context.cache.published[resource.config_map] = builders.published(resource, documents)

    def learn(self, *ids: str) -> None:
        """Have every Service of the catalog asked."""
        catalog, cache = self.cluster.catalog, self.context.cache
        spec = catalog_builders.spec_of(catalog)
        for name, shared in shared_services(
            catalog, spec, cache.namespaces, cache.services
        ).items():
            host = f"{name.service.name}.{name.service.namespace}.svc.cluster.local"
            connection = Connection(f"http://{host}:8000/v1")
            memory = builders.server_state(shared.provider, *served(*ids), connection=connection)
            self.context.states.sources[name] = memory

    def edit(self, **spec: Any) -> None:
        """Give the catalog another spec."""
        wire = catalog_builders.wire_spec(**spec)
        generation = self.cluster.catalog.generation + 1
        edited = catalog_builders.catalog(wire, finalizers=[FINALIZER], generation=generation)
        self.cluster.edit(edited)
        self.context.cache.catalogs[edited.key] = self.cluster.catalog

    async def act(self) -> None:
        await reconcile(self.cluster.catalog.key, self.context, lambda _: None)


@asynccontextmanager
async def harness(**spec: Any) -> AsyncIterator[LastPublishedHarness]:
    async with fake_context() as place:
        wire = catalog_builders.wire_spec(**spec)
        cluster = CatalogCluster(catalog_builders.catalog(wire, finalizers=[FINALIZER]))
        context = replace(place.context, cluster=cluster)
        for team in ("team-red", "team-blue"):
            context.cache.namespaces[team] = catalog_builders.namespace(team, tier="models")
        agents = catalog_builders.namespace(AGENTS.namespace, openclaw="enabled")
        context.cache.namespaces[agents.name] = agents
        context.cache.catalogs[cluster.catalog.key] = cluster.catalog
        yield LastPublishedHarness(context, cluster)


async def test_a_list_that_is_shared_no_more_goes_although_there_are_too_many_models() -> None:
    async with harness(**TOO_MANY) as it:
        it.show("team-red", "r")
        it.show("team-blue", "b")
        await it.act()
        it.show("team-blue", "b", "c", "d", "e")
        await it.act()
        assert it.models == {RED: ["r"], BLUE: ["b"]}

        it.show("team-red", "r", share="false")
        await it.act()
        assert it.models == {BLUE: ["b"]}
        assert it.cluster.catalog.status.models == (f"{BLUE}/b",)
        assert it.ready == "TooManyModels"
        it.cluster.actions.clear()
        await it.act()
        assert it.cluster.writes == []


async def test_it_goes_also_where_more_than_the_new_limit_is_left() -> None:
    async with harness(maxModels=10) as it:
        it.show("team-red", "r")
        it.show("team-blue", "b", "c", "d", "e")
        await it.act()
        it.edit(**TOO_MANY)
        await it.act()
        assert it.models == {RED: ["r"], BLUE: ["b", "c", "d", "e"]}
        it.show("team-red", "r", share="false")
        await it.act()
        assert (it.models, it.ready) == ({BLUE: ["b", "c", "d", "e"]}, "TooManyModels")


async def test_it_goes_also_where_another_source_has_its_id_now() -> None:
    async with harness(**TOO_MANY, providerIds="Keep") as it:
        it.show("team-red", "r", created=OLD)
        it.show("team-blue", "b", "c", "d", "e")
        await it.act()
        assert it.models == {"vllm": ["r"]}
        it.show("team-red", "r", created=OLD, share="false")
        await it.act()
        assert (it.models, it.ready) == ({}, "TooManyModels")


async def test_no_other_list_goes_with_it() -> None:
    async with harness(**TOO_MANY) as it:
        it.show("team-red", "r")
        it.show("team-blue", "b")
        await it.act()
        it.show("team-blue", "b", "c", "d", "e", baseUrl="http://moved.models:8000/v1")
        it.show("team-red", "r", share="false")
        await it.act()
        assert (it.models, it.ready) == ({BLUE: ["b"]}, "TooManyModels")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param({}, {"providerIds": "Keep"}, id="ids are kept"),
        pytest.param(
            {"sources": [{"services": SERVICES}]},
            {"sources": [{"services": SERVICES | {"ports": [8000]}}]},
            id="ports are written",
        ),
    ],
)
async def test_other_ids_take_away_nothing(before: Wire, after: Wire) -> None:
    async with harness(**TOO_MANY, **before) as it:
        it.context.cache.services[ObjectKey("team-red", "s")] = catalog_builders.service()
        it.show("team-blue", "b", providerId="vllm-blue")
        it.learn("a")
        await it.act()
        published = it.models
        assert published
        it.edit(**TOO_MANY | after)
        it.show("team-blue", "b", "c", "d", "e", providerId="vllm-blue")
        it.learn("a", "b", "c", "d")
        await it.act()
        assert (it.models, it.ready) == (published, "TooManyModels")


async def test_a_namespace_that_comes_gets_what_the_others_have_and_damage_is_repaired() -> None:
    async with harness(**TOO_MANY) as it:
        it.show("team-red", "r")
        await it.act()
        it.show("team-red", "r", "s", "t", "u")
        new = catalog_builders.namespace("agents-b", openclaw="enabled")
        it.context.cache.namespaces["agents-b"] = new
        damaged = replace(it.context.cache.published[AGENTS], digest="sha256:edited")
        it.context.cache.published[AGENTS] = it.cluster.config_maps[AGENTS] = damaged
        it.cluster.actions.clear()
        await it.act()
        assert it.cluster.writes[:2] == [f"ConfigMap {AGENTS}", "ConfigMap agents-b/fleet-openclaw"]
        assert (it.models, it.ready) == ({RED: ["r"]}, "TooManyModels")
        status = it.cluster.catalog.status
        assert status.targets is not None
        assert (status.targets.published, status.targets.failed) == (2, 0)
        assert (status.model_count, status.models) == (1, (f"{RED}/r",))


async def test_after_a_restart_too() -> None:
    async with harness(**TOO_MANY) as before:
        before.show("team-red", "r")
        await before.act()
        remaining, status = before.cluster.published, before.cluster.catalog.status
    assert remaining is not None
    async with harness(**TOO_MANY) as it:
        it.cluster.put(replace(it.cluster.catalog, status=status))
        it.cluster.config_maps[AGENTS] = remaining
        it.context.cache.catalogs[it.cluster.catalog.key] = it.cluster.catalog
        it.context.record_at_start(AGENTS, remaining)
        it.show("team-red", "r", "s", "t", "u")
        new = catalog_builders.namespace("agents-b", openclaw="enabled")
        it.context.cache.namespaces["agents-b"] = new
        await it.act()
        assert it.cluster.writes[0] == "ConfigMap agents-b/fleet-openclaw"
        assert (it.models, it.ready) == ({RED: ["r"]}, "TooManyModels")
