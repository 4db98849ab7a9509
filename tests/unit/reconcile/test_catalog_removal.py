"""What is removed: what a catalog has left, nothing of a new one, and in spite of refusals."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from openclaw_vllm.api.configmap import ConfigMapState
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.observed import VllmCatalog
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.controllers.catalog import CatalogController
from openclaw_vllm.controllers.relist import relist_catalogs
from openclaw_vllm.core.config.documents import Documents, compose
from openclaw_vllm.edges.kube.replies import Rejected
from openclaw_vllm.reconcile.context import ReconcileContext
from openclaw_vllm.reconcile.targets import FINALIZER, WRITERS, finalize, sync_targets
from tests.builders import catalogs as catalog_builders
from tests.eventually import eventually
from tests.fakes.cluster import Action, FakeCluster
from tests.fakes.context import fake_context

FLEET = catalog_builders.catalog(finalizers=[FINALIZER])
SOON = 5.0  # seconds
A, B, C = (ObjectKey(f"agents-{letter}", "fleet-openclaw") for letter in "abc")


class RefusingCluster(FakeCluster):
    """A cluster that refuses to delete some ConfigMaps; `listing` runs before each list."""

    def __init__(self, *objects: VllmCatalog, refusing: Iterable[ObjectKey] = ()) -> None:
        super().__init__(*objects, namespaces=["agents-a", "agents-b", "agents-c"])
        self.refusing = set(refusing)
        self.listing: Callable[[str], None] = lambda _: None
        self.react = self.refuse
        self.open = asyncio.Event()  # for deletions to end
        self.open.set()
        self.waiting = 0

    async def refuse(self, action: Action) -> None:
        if action.verb == "list":
            self.listing(action.resource)
        if action.verb == "delete":
            self.waiting += 1
            await self.open.wait()
            if action.key in self.refusing:
                raise Rejected("a policy denies it")

    @property
    def deleted(self) -> list[ObjectKey]:
        return self._keys("delete")

    @property
    def written(self) -> list[ObjectKey]:
        return self._keys("create", "update")

    def _keys(self, *verbs: str) -> list[ObjectKey]:
        done = (a for a in self.actions if a.resource == "configmaps" and a.verb in verbs)
        return [a.key for a in done if a.accepted and a.key is not None]


def empty() -> Documents:
    documents = compose({}, {}, None)
    assert isinstance(documents, Documents)
    return documents


def published_in(*keys: ObjectKey) -> dict[ObjectKey, ConfigMapState]:
    return {key: catalog_builders.published(FLEET, key.namespace, empty()) for key in keys}


def publish(
    context: ReconcileContext, cluster: FakeCluster, published: Mapping[ObjectKey, ConfigMapState]
) -> None:
    """Have the cluster hold these ConfigMaps, and the cache know them."""
    cluster.config_maps |= published
    context.cache.published |= published


async def test_what_a_new_catalog_publishes_during_an_audit_is_no_orphan() -> None:
    async with fake_context() as place:
        cluster = RefusingCluster()
        context = replace(place.context, cluster=cluster)
        publish(context, cluster, published_in(A))

        def publish_later(kind: str) -> None:
            if kind == "namespaces":  # the list of catalogs is older already
                publish(context, cluster, published_in(B))

        cluster.listing = publish_later
        await relist_catalogs(context, CatalogController(context, slots=1, transient=()))
        assert cluster.deleted == [A]


async def test_an_orphan_that_may_not_be_deleted_holds_up_no_other() -> None:
    async with fake_context() as place:
        cluster = RefusingCluster(refusing={A})
        context = replace(place.context, cluster=cluster)
        publish(context, cluster, published_in(A, B))
        await relist_catalogs(context, CatalogController(context, slots=1, transient=()))
        assert cluster.deleted == [B]


async def test_a_namespace_that_lets_nothing_go_holds_up_no_other() -> None:
    async with fake_context() as place:
        cluster = RefusingCluster(refusing={A})
        context = replace(place.context, cluster=cluster)
        publish(context, cluster, published_in(A, B))
        context.cache.namespaces["agents-c"] = catalog_builders.namespace(
            "agents-c", openclaw="enabled"
        )
        outcome = await sync_targets(FLEET, empty(), "patterns", context)
        assert (cluster.deleted, cluster.written, outcome.published) == ([B], [C], 1)
        assert [namespace for namespace, _ in outcome.failed_deletions] == ["agents-a"]


async def test_what_goes_or_is_taken_over_while_it_waits_for_its_turn_is_left_alone() -> None:
    target = {"namespaceSelector": catalog_builders.AGENTS, "configMapName": "fleet-openclaw"}
    heir = catalog_builders.catalog(
        catalog_builders.wire_spec(target=target), name="heir", uid="uid-heir"
    )
    keys = [ObjectKey(f"agents-{n:02}", "fleet-openclaw") for n in range(WRITERS + 3)]
    *_, edited, taken, gone = keys
    async with fake_context() as place:
        cluster = RefusingCluster(FLEET)
        context = replace(place.context, cluster=cluster)
        publish(context, cluster, published_in(*keys))
        withdrawing = asyncio.create_task(finalize(FLEET, context))
        cluster.open.clear()
        await eventually(lambda: cluster.waiting == WRITERS, within=SOON)
        newer = replace(context.cache.published[edited], resource_version="99")
        of_heir = catalog_builders.published(heir, taken.namespace, empty())
        publish(context, cluster, {edited: newer, taken: of_heir})
        del context.cache.published[gone], cluster.config_maps[gone]
        cluster.open.set()
        await withdrawing
        assert sorted(cluster.deleted) == keys[:-2]
        assert set(context.cache.published) == {taken}


async def test_a_catalog_stays_until_all_of_it_is_removed() -> None:
    async with fake_context() as place:
        cluster = RefusingCluster(FLEET, refusing={A})
        context = replace(place.context, cluster=cluster)
        publish(context, cluster, published_in(A, B))
        with pytest.raises(Rejected):
            await finalize(FLEET, context)
        cluster.refusing.clear()
        await finalize(FLEET, context)
        assert cluster.deleted == [B, A]
        assert context.cache.catalogs[FLEET.key].finalizers == ()


async def test_what_a_younger_catalog_has_published_does_not_count_for_an_older_one() -> None:
    target = {"namespaceSelector": catalog_builders.AGENTS, "configMapName": "fleet-openclaw"}
    older = catalog_builders.catalog(
        catalog_builders.wire_spec(target=target), name="older", uid="uid-older"
    )
    async with fake_context() as place:
        cluster = RefusingCluster()
        context = replace(place.context, cluster=cluster)
        publish(context, cluster, published_in(A))
        context.cache.namespaces["agents-a"] = catalog_builders.namespace(
            "agents-a", openclaw="enabled"
        )
        outcome = await sync_targets(older, None, "patterns", context)
        assert (outcome.published, [name for name, _ in outcome.failures]) == (0, ["agents-a"])


@pytest.mark.parametrize(("deleting", "taken"), [(False, []), (True, [A])])
async def test_what_an_older_catalog_has_published_is_its_own_while_it_cannot_be_read(
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
        cluster = RefusingCluster()
        context = replace(place.context, cluster=cluster)
        publish(context, cluster, {A: catalog_builders.published(older, A.namespace, empty())})
        context.cache.namespaces["agents-a"] = catalog_builders.namespace(
            "agents-a", openclaw="enabled"
        )
        context.cache.catalogs[older.key] = replace(unreadable, deleting=deleting)
        await sync_targets(FLEET, empty(), "patterns", context)
        assert cluster.written == taken
