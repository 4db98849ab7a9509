"""What is removed: what a catalogue has left, nothing of a new one, and in spite of refusals."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest

from openclaw_vllm.api.configmap import ConfigMapState
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.observed import VllmCatalog
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.controllers.catalog import CatalogController
from openclaw_vllm.controllers.relist import audit_catalogs
from openclaw_vllm.core.config.documents import Documents, compose
from openclaw_vllm.edges.kube.cluster import Cluster, Rejected
from openclaw_vllm.reconcile.context import ReconcileContext
from openclaw_vllm.reconcile.spreading import FINALIZER, WRITERS, finalize, sync_targets
from tests import builders
from tests.builders import catalogs as catalog_builders
from tests.eventually import eventually
from tests.fakes.context import fake_context

FLEET = catalog_builders.catalog(finalizers=[FINALIZER])
SOON = 5.0  # seconds
A, B, C = (ObjectKey(f"agents-{letter}", "fleet-openclaw") for letter in "abc")


@dataclass
class Deeds:
    """A cluster that only takes down what is asked of it; `listing` runs before each list."""

    deleted: list[ObjectKey] = field(default_factory=list)
    applied: list[ObjectKey] = field(default_factory=list)
    refusing: set[ObjectKey] = field(default_factory=set)
    listing: Callable[[str], None] = lambda _: None
    open: asyncio.Event = field(default_factory=asyncio.Event)  # for deletions to end
    waiting: int = 0

    def __post_init__(self) -> None:
        self.open.set()

    async def list_objects(self, kind: str, *_: object, **__: object) -> AsyncIterator[Any]:
        self.listing(kind)
        for name in () if kind == "vllmcatalogs" else ("agents-a", "agents-b"):
            yield {"metadata": {"name": name}}

    async def delete_config_map(self, key: ObjectKey, _: ConfigMapState) -> None:
        self.waiting += 1
        await self.open.wait()
        if key in self.refusing:
            raise Rejected("a policy denies it")
        self.deleted.append(key)

    async def find_config_map(self, _: ObjectKey) -> None:
        return None

    async def apply_config_map(self, key: ObjectKey, manifest: dict[str, Any]) -> ConfigMapState:
        self.applied.append(key)
        return ConfigMapState.read(builders.stored(manifest))

    async def set_finalizers(self, catalog: VllmCatalog, finalizers: list[str]) -> VllmCatalog:
        return replace(catalog, finalizers=tuple(finalizers))


def empty() -> Documents:
    documents = compose({}, {}, None)
    assert isinstance(documents, Documents)
    return documents


def published_in(*keys: ObjectKey) -> dict[ObjectKey, ConfigMapState]:
    return {key: catalog_builders.published(FLEET, key.namespace, empty()) for key in keys}


def acting(world: ReconcileContext, deeds: Deeds) -> ReconcileContext:
    return replace(world, cluster=cast(Cluster, deeds))


async def test_what_a_new_catalogue_publishes_during_an_audit_is_no_orphan() -> None:
    async with fake_context() as place:
        deeds = Deeds()
        world = acting(place.world, deeds)
        world.cache.published |= published_in(A)

        def publish(kind: str) -> None:
            if kind == "namespaces":  # the list of catalogues is older already
                world.cache.published |= published_in(B)

        deeds.listing = publish
        await audit_catalogs(world, CatalogController(world, slots=1, passing=()))
        assert deeds.deleted == [A]


async def test_an_orphan_that_may_not_be_deleted_holds_up_no_other() -> None:
    async with fake_context() as place:
        deeds = Deeds(refusing={A})
        world = acting(place.world, deeds)
        world.cache.published |= published_in(A, B)
        await audit_catalogs(world, CatalogController(world, slots=1, passing=()))
        assert deeds.deleted == [B]


async def test_a_namespace_that_lets_nothing_go_holds_up_no_other() -> None:
    async with fake_context() as place:
        deeds = Deeds(refusing={A})
        world = acting(place.world, deeds)
        world.cache.published |= published_in(A, B)
        world.cache.namespaces["agents-c"] = catalog_builders.namespace(
            "agents-c", openclaw="enabled"
        )
        outcome = await sync_targets(FLEET, empty(), "patterns", world)
        assert (deeds.deleted, deeds.applied, outcome.published) == ([B], [C], 1)
        assert [namespace for namespace, _ in outcome.failed_deletions] == ["agents-a"]


async def test_what_goes_or_is_taken_over_while_it_waits_for_its_turn_is_left_alone() -> None:
    target = {"namespaceSelector": catalog_builders.AGENTS, "configMapName": "fleet-openclaw"}
    heir = catalog_builders.catalog(
        catalog_builders.wire_spec(target=target), name="heir", uid="uid-heir"
    )
    keys = [ObjectKey(f"agents-{n:02}", "fleet-openclaw") for n in range(WRITERS + 3)]
    *_, edited, taken, gone = keys
    async with fake_context() as place:
        deeds = Deeds()
        world = acting(place.world, deeds)
        world.cache.published |= published_in(*keys)
        withdrawing = asyncio.create_task(finalize(FLEET, world))
        deeds.open.clear()
        await eventually(lambda: deeds.waiting == WRITERS, within=SOON)
        newer = replace(world.cache.published[edited], resource_version="99")
        world.cache.published[edited] = newer
        world.cache.published[taken] = catalog_builders.published(heir, taken.namespace, empty())
        del world.cache.published[gone]
        deeds.open.set()
        await withdrawing
        assert sorted(deeds.deleted) == keys[:-2]
        assert set(world.cache.published) == {taken}


async def test_a_catalogue_stays_until_all_of_it_is_removed() -> None:
    async with fake_context() as place:
        deeds = Deeds(refusing={A})
        world = acting(place.world, deeds)
        world.cache.published |= published_in(A, B)
        with pytest.raises(Rejected):
            await finalize(FLEET, world)
        deeds.refusing.clear()
        await finalize(FLEET, world)
        assert deeds.deleted == [B, A]
        assert world.cache.catalogs[FLEET.key].finalizers == ()


async def test_what_a_younger_catalogue_has_published_does_not_count_for_an_older_one() -> None:
    target = {"namespaceSelector": catalog_builders.AGENTS, "configMapName": "fleet-openclaw"}
    older = catalog_builders.catalog(
        catalog_builders.wire_spec(target=target), name="older", uid="uid-older"
    )
    async with fake_context() as place:
        world = acting(place.world, Deeds())
        world.cache.published |= published_in(A)
        world.cache.namespaces["agents-a"] = catalog_builders.namespace(
            "agents-a", openclaw="enabled"
        )
        outcome = await sync_targets(older, None, "patterns", world)
        assert (outcome.published, [name for name, _ in outcome.failures]) == (0, ["agents-a"])


@pytest.mark.parametrize(("deleting", "taken"), [(False, []), (True, [A])])
async def test_what_an_older_catalogue_has_published_is_its_own_while_it_cannot_be_read(
    *, deleting: bool, taken: list[ObjectKey]
) -> None:
    target = {"namespaceSelector": catalog_builders.AGENTS, "configMapName": "fleet-openclaw"}
    wire = catalog_builders.wire_spec(target=target)
    created: dict[str, Any] = {
        "name": "older",
        "uid": "uid-older",
        "creationTimestamp": "2020-01-01T00:00:00Z",
    }
    older = catalog_builders.catalog(wire, **created)
    unreadable = catalog_builders.catalog({**wire, "sources": 7}, **created)
    assert isinstance(unreadable.spec, Problem)
    async with fake_context() as place:
        deeds = Deeds()
        world = acting(place.world, deeds)
        world.cache.published[A] = catalog_builders.published(older, A.namespace, empty())
        world.cache.namespaces["agents-a"] = catalog_builders.namespace(
            "agents-a", openclaw="enabled"
        )
        world.cache.catalogs[older.key] = replace(unreadable, deleting=deleting)
        await sync_targets(FLEET, empty(), "patterns", world)
        assert deeds.applied == taken
