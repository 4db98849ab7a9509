"""A list that its owner shares no more goes, also from a catalogue that can publish nothing new."""

from dataclasses import replace
from typing import cast

from openclaw_vllm.api.conditions import ConditionType
from openclaw_vllm.edges.cluster import Cluster
from openclaw_vllm.reconcile.catalog import reconcile
from openclaw_vllm.reconcile.spreading import FINALIZER
from openclaw_vllm.reconcile.world import World
from tests import builders, catalog_builders
from tests.builders import served, spec_of
from tests.unit.catalogs.process import Kept
from tests.worlds import setting

RED, BLUE = "vllm-team-red-vllm", "vllm-team-blue-vllm"
FLEET = catalog_builders.catalog(catalog_builders.wire_spec(maxModels=3), finalizers=[FINALIZER])


class Confirming(Kept):
    """A cluster in which the catalogue is still there."""

    async def confirm(self, _: object) -> None:
        return None


def show(world: World, team: str, *ids: str, share: str = "true") -> None:
    """Have the cache hold a team's VllmProvider with what it has published."""
    labels = {"openclaw-vllm.dev/share": share}
    resource = catalog_builders.provider(team, "vllm", labels=labels)
    documents = builders.documents(spec_of(resource), *served(*ids))
    world.cache.put_provider(resource, [])
    world.cache.published[resource.config_map] = builders.published(resource, documents)


async def act(world: World) -> None:
    await reconcile(FLEET.key, world, lambda _: None)


async def test_a_list_that_is_shared_no_more_goes_although_there_are_too_many_models() -> None:
    async with setting() as place:
        cluster = Confirming(FLEET)
        world = replace(place.world, cluster=cast(Cluster, cluster))
        for team in ("team-red", "team-blue"):
            world.cache.namespaces[team] = catalog_builders.namespace(team, tier="models")
        agents = catalog_builders.namespace("agents-a", openclaw="enabled")
        world.cache.namespaces["agents-a"] = agents
        world.cache.catalogs[FLEET.key] = FLEET
        show(world, "team-red", "r")
        show(world, "team-blue", "b")
        await act(world)
        show(world, "team-blue", "b", "c", "d", "e")
        await act(world)
        assert cluster.usable == {RED, BLUE}

        show(world, "team-red", "r", share="false")
        await act(world)
        assert cluster.usable == {BLUE}
        (published,) = cluster.catalog.status.models
        assert published == f"{BLUE}/b"
        told = {condition.type: condition.reason for condition in cluster.catalog.status.conditions}
        assert told[ConditionType.READY] == "TooManyModels"
        cluster.writes.clear()
        await act(world)
        assert cluster.writes == []
