"""The relist after a list: what is gone since leaves the cache, whichever kind was listed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace

import pytest

from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.controllers import priming, relist
from openclaw_vllm.controllers.catalog import CatalogController
from openclaw_vllm.controllers.controllers import Controllers
from openclaw_vllm.controllers.provider import ProviderController
from openclaw_vllm.controllers.workqueue import WorkQueue
from openclaw_vllm.edges.kube.cache import Cache
from openclaw_vllm.edges.kube.watches import Watch, Watches
from tests.builders import catalogs as catalog_builders
from tests.builders.slices import endpoint_slice
from tests.eventually import eventually
from tests.fakes.cluster import FakeCluster
from tests.fakes.context import fake_context

MOMENT = 0.01  # seconds
CATALOGS, NAMESPACES = Watch("vllmcatalogs"), Watch("namespaces")


@dataclass
class Scene:
    """The watches, and a cache with a VllmCatalog and a namespace that are gone."""

    watches: Watches
    cache: Cache
    cluster: FakeCluster

    @property
    def ghosts(self) -> int:
        return len(tuple(self.cache.catalogs.values())) + len(self.cache.namespaces)


async def reconcile_nothing(_: ObjectKey) -> None:
    """Reconcile no VllmProvider."""


@asynccontextmanager
async def relisting(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scene]:
    monkeypatch.setattr(relist, "SETTLING", MOMENT)
    async with fake_context() as place:
        cluster = FakeCluster()
        context = replace(place.context, cluster=cluster)
        context.cache.put_catalog(catalog_builders.catalog(catalog_builders.wire_spec()))
        context.cache.namespaces["gone"] = catalog_builders.namespace("gone")
        catalogs = CatalogController(context, slots=1, transient=())
        providers = ProviderController(context, WorkQueue(reconcile_nothing), catalogs)
        watches = Watches()
        watches.expect([CATALOGS, NAMESPACES])
        running = asyncio.create_task(
            relist.run(context, Controllers(providers, catalogs), watches.listed, ())
        )
        yield Scene(watches, context.cache, cluster)
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


@pytest.mark.parametrize("watch", [CATALOGS, NAMESPACES])
async def test_a_list_of_catalogs_or_namespaces_alone_shows_what_is_gone(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with relisting(monkeypatch) as scene:
        assert scene.ghosts == 2
        scene.watches.record_list(watch)
        scene.watches.record_end_of_list(watch)
        await eventually(lambda: scene.ghosts == 0, within=5)
        assert not scene.watches.listed.is_set()


async def test_without_a_list_nothing_is_relisted(monkeypatch: pytest.MonkeyPatch) -> None:
    async with relisting(monkeypatch) as scene:
        scene.watches.record_end_of_list(CATALOGS)  # of a watch that is resumed
        await asyncio.sleep(5 * MOMENT)
        assert (scene.ghosts, scene.cluster.lists) == (2, 0)


async def test_slices_are_read_at_the_start_and_leave_when_they_are_gone() -> None:
    async with fake_context() as place:
        cluster = FakeCluster()
        context = replace(place.context, cluster=cluster)
        cluster.slices = [endpoint_slice("10.0.0.1"), endpoint_slice(name="of-nobody")]
        await priming.prime_caches(context, ())
        assert len(context.cache.slices) == 2
        cluster.slices.pop()
        providers = ProviderController(context, WorkQueue(reconcile_nothing))
        await relist.relist_slices(context, providers, ())
        assert [key.name for key in context.cache.slices] == ["vllm-1"]
