"""A write war over the ConfigMap of a VllmCatalog in one namespace, beside one that is at peace."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.core.publication.contest import LONGEST_HOLD
from openclaw_vllm.reconcile.catalog import RECHECK, reconcile
from tests.builders import catalogs as catalog_builders
from tests.fakes.context import FakeContext, fake_context
from tests.harnesses.catalog import (
    AGENTS,
    FIRST,
    SECOND,
    CatalogCluster,
    catalog,
    fill_caches,
)

PEACEFUL = ObjectKey("agents-b", AGENTS.name)
FLUX, INTERVAL = "kustomize-controller", 600.0


@dataclass
class CatalogContestHarness:
    """A VllmCatalog with two namespaces, in one of which Flux writes its ConfigMap too."""

    place: FakeContext
    cluster: CatalogCluster
    texts: int = 0

    @property
    def is_ours(self) -> dict[str, bool]:
        maps = self.cluster.config_maps
        return {key.namespace: maps[key].is_unmodified for key in (AGENTS, PEACEFUL)}

    @property
    def failures(self) -> list[tuple[str, str]]:
        targets = self.cluster.catalog.status.targets
        assert targets is not None
        return [(one.namespace, one.reason) for one in targets.failures]

    async def reconcile(self, after: float = 0.0) -> float | None:
        """Reconcile after these seconds; return in how many it is to be done again."""
        self.place.time.monotonic += after
        return await reconcile(self.cluster.catalog.key, self.place.context, lambda _: None)

    async def overwrite(self, after: float = 0.0) -> None:
        """Have Flux put its text in, as a watch shows it."""
        self.texts += 1
        theirs = replace(
            self.cluster.config_maps[AGENTS],
            digest="of Git",
            writer=FLUX,
            resource_version=f"9{self.texts:03}",
        )
        for config_maps in (self.cluster.config_maps, self.place.context.cache.published):
            config_maps[AGENTS] = theirs
        await self.reconcile(after)


@asynccontextmanager
async def contested() -> AsyncIterator[CatalogContestHarness]:
    """Yield a VllmCatalog one of whose ConfigMaps Flux has overwritten three times."""
    cluster = CatalogCluster(catalog())
    async with process(cluster) as it:
        await it.reconcile()
        assert it.failures == []
        for _ in range(2):
            await it.overwrite(INTERVAL)
            assert it.failures == []
        await it.overwrite(INTERVAL)
        yield it


@asynccontextmanager
async def process(cluster: CatalogCluster) -> AsyncIterator[CatalogContestHarness]:
    """Run a process of the operator that begins with what the cluster holds."""
    async with fake_context() as place:
        place.context = replace(place.context, cluster=cluster)
        fill_caches(place.context, cluster)
        place.context.cache.namespaces["agents-b"] = catalog_builders.namespace(
            "agents-b", openclaw="enabled"
        )
        if PEACEFUL in cluster.config_maps:
            place.context.record_at_start(PEACEFUL, cluster.config_maps[PEACEFUL])
        for provider in (FIRST, SECOND):
            place.context.cache.put_provider(provider, ())
        yield CatalogContestHarness(place, cluster)


async def test_a_contest_in_one_namespace_is_reported_of_it_alone() -> None:
    async with contested() as it:
        assert it.failures == [("agents-a", "Contested")]
        assert it.is_ours == {"agents-a": True, "agents-b": True}


async def test_the_next_repair_waits_and_comes_with_the_catalogs_next_look() -> None:
    async with contested() as it:
        await it.overwrite(INTERVAL)
        assert it.is_ours == {"agents-a": False, "agents-b": True}
        assert await it.reconcile() == RECHECK
        await it.reconcile(after=RECHECK)
        assert it.is_ours == {"agents-a": True, "agents-b": True}


async def test_a_war_writes_little_and_only_where_it_is() -> None:
    async with contested() as it:
        it.cluster.actions.clear()
        end = it.place.time.monotonic + 2 * LONGEST_HOLD
        while it.place.time.monotonic < end:
            if it.is_ours["agents-a"]:
                await it.overwrite(after=0.05)
            else:
                await it.reconcile(after=5.0)
        written = [one for one in it.cluster.writes if one.startswith("ConfigMap")]
        assert set(written) == {f"ConfigMap {AGENTS}"}
        assert len(written) <= 9


async def test_a_contest_is_over_when_nothing_is_overwritten_for_long() -> None:
    async with contested() as it:
        await it.reconcile(after=2 * INTERVAL)
        assert it.failures == []


async def test_a_contest_outlives_a_restart_which_writes_nothing() -> None:
    async with contested() as it:
        cluster = it.cluster
    cluster.actions.clear()
    async with process(cluster) as it:
        await it.reconcile()
        assert (cluster.writes, it.failures) == ([], [("agents-a", "Contested")])
        await it.overwrite(INTERVAL)
        assert it.is_ours == {"agents-a": False, "agents-b": True}
        await it.reconcile(after=RECHECK)
        assert it.is_ours == {"agents-a": True, "agents-b": True}


async def test_what_a_deleted_catalog_contested_is_forgotten() -> None:
    async with contested() as it:
        it.place.context.forget_catalog(it.cluster.catalog)
        assert it.place.context.states.contests == {}
