"""A catalog of a cluster that gets another domain keeps what it has published of Services."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from openclaw_vllm.api.keys import ObjectKey, SourceKey
from openclaw_vllm.api.observed import VllmCatalog
from openclaw_vllm.core.config.read_back import entries_of
from openclaw_vllm.core.discovery.service_names import ServiceNames
from openclaw_vllm.reconcile import source
from openclaw_vllm.reconcile.catalog import reconcile
from openclaw_vllm.reconcile.context import ReconcileContext
from openclaw_vllm.reconcile.targets import FINALIZER
from tests.builders import NAMES, Wire
from tests.builders import catalogs as catalog_builders
from tests.builders.catalogs import MODELS, SHARED
from tests.fakes.context import fake_context
from tests.fakes.prober import FakeProber
from tests.harnesses.catalog import AGENTS, CatalogCluster

HOME = ServiceNames("k8s.home.lan")
FORMER = "http://s.team-a.svc.cluster.local:8000/v1"
PRESENT = "http://s.team-a.svc.k8s.home.lan:8000/v1"
ADVICE = "set the annotation openclaw-vllm.dev/requested-at anew"
SOURCE = SourceKey("fleet", ObjectKey("team-a", "s"), 8000)
SERVICES: Wire = {"namespaceSelector": MODELS, "selector": SHARED, "port": 8000}


def catalog(**metadata: Any) -> VllmCatalog:
    wire = catalog_builders.wire_spec(sources=[{"services": SERVICES}])
    return catalog_builders.catalog(wire, finalizers=[FINALIZER], **metadata)


@asynccontextmanager
async def process(cluster: CatalogCluster, names: ServiceNames) -> AsyncIterator[ReconcileContext]:
    """A process of the operator in a cluster of this domain."""
    async with fake_context() as place:
        prober = FakeProber(frozenset("a"))
        world = replace(place.context, cluster=cluster, prober=prober, service_names=names)
        namespaces = (("team-a", {"tier": "models"}), ("agents-a", {"openclaw": "enabled"}))
        for name, labels in namespaces:
            world.cache.namespaces[name] = catalog_builders.namespace(name, **labels)
        world.cache.services[SOURCE.service] = catalog_builders.service()
        world.cache.catalogs[cluster.catalog.key] = cluster.catalog
        if cluster.published is not None:
            world.record_at_start(AGENTS, cluster.published)
        yield world


async def work(world: ReconcileContext, cluster: CatalogCluster) -> None:
    """Ask the Service, and publish."""
    await source.reconcile(SOURCE, world, lambda _: None)
    await reconcile(cluster.catalog.key, world, lambda _: None)


def url(cluster: CatalogCluster) -> str:
    assert cluster.published is not None
    (entry,) = entries_of(cluster.published.models_json).values()
    return str(entry["baseUrl"])


def message(cluster: CatalogCluster) -> str:
    result = cluster.catalog.status.conditions
    return next(one.message for one in result if one.type == "ConfigPublished")


@pytest.fixture
async def before() -> CatalogCluster:
    """What a process has left that knew the domain as cluster.local."""
    cluster = CatalogCluster(catalog())
    async with process(cluster, NAMES) as world:
        await work(world, cluster)
    assert (url(cluster), ADVICE in message(cluster)) == (FORMER, False)
    cluster.actions.clear()
    return cluster


async def test_the_former_domain_stays_and_is_reported(before: CatalogCluster) -> None:
    for _ in range(2):
        async with process(before, HOME) as world:
            await reconcile(before.catalog.key, world, lambda _: None)
            await work(world, before)
        assert url(before) == FORMER
        assert "Service team-a/s, one of 1: the URL has the cluster's former" in message(before)
    assert not [action for action in before.actions if action.resource == "configmaps"]


async def test_the_present_domain_is_published_when_a_person_asks(before: CatalogCluster) -> None:
    async with process(before, HOME) as world:
        await work(world, before)
        before.edit(catalog(annotations={"openclaw-vllm.dev/requested-at": "now"}))
        world.cache.catalogs[before.catalog.key] = before.catalog
        await work(world, before)
    assert (url(before), ADVICE in message(before)) == (PRESENT, False)


async def test_bytes_that_the_status_does_not_know_choose_no_domain(
    before: CatalogCluster,
) -> None:
    status = before.catalog.status.model_copy(update={"digest": "sha256:0"})
    before.put(replace(before.catalog, status=status))
    async with process(before, HOME) as world:
        await work(world, before)
    assert url(before) == PRESENT
