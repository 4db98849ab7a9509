"""The first reconciles of a process: nothing is withdrawn, and nothing is written or asked anew."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

import pytest

from openclaw_vllm.api.catalog_status import MAX_PROVIDERS
from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.catalog.sources import shared_services
from openclaw_vllm.core.discovery.connection import Connection
from openclaw_vllm.edges.kube.apiserver import Unavailable
from openclaw_vllm.reconcile.catalog import reconcile
from openclaw_vllm.reconcile.context import ReconcileContext
from tests import builders
from tests.builders import catalogs as catalog_builders
from tests.builders import served
from tests.builders.catalogs import MODELS, SHARED
from tests.eventually import eventually
from tests.fakes.cluster import Action
from tests.harnesses.catalog import FIRST, MOMENT, SECOND, CatalogCluster, catalog, started

WHILE = 10 * MOMENT
LONG_AGO = 3600.0  # seconds
MANY = [f"s{number:03}" for number in range(MAX_PROVIDERS + 50)]
REFUSED = Problem(Reason.CONNECTION_FAILED, "refused")


async def published(monkeypatch: pytest.MonkeyPatch) -> CatalogCluster:
    """What an earlier process has left, which knew two VllmProviders."""
    cluster = CatalogCluster(catalog())
    async with started(cluster, monkeypatch) as it:
        it.show(FIRST, SECOND)
        await eventually(lambda: "status" in cluster.writes, within=5)
    cluster.actions.clear()
    return cluster


def fail_lists(times: int) -> Callable[[Action], Awaitable[None]]:
    """Have the first lists fail."""
    failures = [Unavailable("429")] * times

    async def react(action: Action) -> None:
        if action.verb == "list" and failures:
            raise failures.pop()

    return react


async def test_nothing_is_withdrawn_however_late_a_watch_shows_what_there_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cluster = await published(monkeypatch)
    both = cluster.usable
    cluster.put(FIRST, SECOND)
    async with started(cluster, monkeypatch, {FIRST.uid, SECOND.uid}) as it:
        for late in ((), (FIRST,)):
            it.place.time.monotonic += LONG_AGO
            it.show(*late)
            await asyncio.sleep(WHILE)
            assert (cluster.writes, cluster.usable) == ([], both)
        it.show(SECOND)
        await eventually(lambda: it.place.context.states.catalogs, within=5)
        await asyncio.sleep(WHILE)
        assert (cluster.writes, cluster.usable) == ([], both)


async def test_what_is_deleted_before_a_watch_can_show_it_is_awaited_no_longer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No list comes that would call for an audit, and the first audits fail."""
    cluster = await published(monkeypatch)
    cluster.put(FIRST)
    cluster.react = fail_lists(2)
    current = {FIRST.uid, SECOND.uid, cluster.catalog.uid, "catalog-2"}
    async with started(cluster, monkeypatch, current) as it:
        await eventually(lambda: it.catalogs.awaited == {FIRST.uid, cluster.catalog.uid}, within=5)
        it.show(FIRST)
        await asyncio.sleep(WHILE)
        assert cluster.writes == []
        it.catalogs.mark_delivered(cluster.catalog.uid)
        await eventually(lambda: cluster.usable == {"vllm-team-a-first"}, within=5)


async def test_nothing_is_listed_again_when_nothing_is_awaited(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cluster = CatalogCluster(catalog())
    async with started(cluster, monkeypatch):
        await asyncio.sleep(WHILE)
        assert cluster.lists == 0


def know_services(context: ReconcileContext, failing: Iterable[str]) -> None:
    """Have many Services, which were asked; some failed since."""
    shared = catalog_builders.service()
    context.cache.services |= {ObjectKey("team-a", name): shared for name in MANY}
    (fleet,) = context.cache.catalogs.values()
    spec = catalog_builders.spec_of(fleet)
    services = shared_services(fleet, spec, context.cache.namespaces, context.cache.services)
    for name, question in services.items():
        host = f"{name.service.name}.team-a.svc.cluster.local"
        connection = Connection(f"http://{host}:8000/v1")
        memory = builders.server_state(question.provider, *served("a"), connection=connection)
        failed = name.service.name in failing
        context.states.sources[name] = memory.with_probe_failure(REFUSED) if failed else memory


@pytest.mark.parametrize(
    "failing",
    [
        pytest.param((), id="all are well"),
        pytest.param(("s000",), id="one of the first fails"),
        pytest.param(("s149",), id="one fails that is beyond the cut"),
        pytest.param(MANY, id="all fail"),
    ],
)
async def test_a_restart_is_silent_with_more_sources_than_a_status_names(
    failing: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    selected = {"namespaceSelector": MODELS, "selector": SHARED, "interval": "24h"}
    cluster = CatalogCluster(catalog(sources=[{"services": selected}]))
    async with started(cluster, monkeypatch) as it:
        know_services(it.place.context, failing)
        await reconcile(cluster.catalog.key, it.place.context, lambda _: None)
    named = {one.name for one in cluster.catalog.status.providers if one.reason}
    assert named == set(failing[:MAX_PROVIDERS])
    assert len(cluster.usable) == len(MANY)
    cluster.actions.clear()
    async with started(cluster, monkeypatch) as it:
        know_services(it.place.context, ())
        it.place.context.states.sources.clear()
        it.catalogs.wake_all()
        await eventually(lambda: it.place.context.states.catalogs, within=5)
        await eventually(lambda: it.asked == set(failing), within=5)
        await asyncio.sleep(WHILE)
        assert (cluster.writes, it.asked) == ([], set(failing))
