"""Objects that take the name of one that is gone: each uid is told of on its own, in any order."""

from dataclasses import replace

import pytest

from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.controllers.catalog import CatalogController
from openclaw_vllm.controllers.provider import ProviderController
from openclaw_vllm.controllers.relist import relist_services
from tests import builders
from tests.builders import NAMESPACE, Wire
from tests.fakes.cluster import FakeCluster
from tests.harnesses.controller import ControllerHarness, controller_harness

VLLM = ObjectKey(NAMESPACE, "vllm")
LATE = [
    pytest.param("DELETED", "8", id="the end of the one before it"),
    pytest.param("MODIFIED", "7", id="a change of the one before it"),
    pytest.param(None, "6", id="a list of before it"),
]


def service(uid: str, version: str, port: int = 8000, name: str = "vllm") -> Wire:
    metadata = {"name": name, "namespace": NAMESPACE, "uid": uid, "resourceVersion": version}
    return {"metadata": metadata, "spec": {"type": "ClusterIP", "ports": [{"port": port}]}}


def namespace(uid: str, version: str, **labels: str) -> Wire:
    metadata = {"name": "models", "uid": uid, "resourceVersion": version, "labels": labels}
    return {"metadata": metadata}


def named(s: ControllerHarness) -> ControllerHarness:
    s.with_known_provider(spec=builders.wire_spec(serviceRef={"name": "vllm"}))
    return s


@pytest.mark.parametrize(("event", "version"), LATE)
async def test_a_new_service_stays_when_there_comes_late(event: str | None, version: str) -> None:
    async with controller_harness() as s:
        named(s).providers.on_service_event("ADDED", service("old", "3"))
        s.providers.on_service_event("ADDED", service("new", "9", port=9000))
        s.queue.take()
        s.providers.on_service_event(event, service("old", version))
        assert s.context.cache.services[VLLM].uid == "new"
        assert s.queue.take() == []


async def test_the_end_of_the_service_that_is_known_counts_however_old_its_version() -> None:
    async with controller_harness() as s:
        named(s).providers.on_service_event("ADDED", service("new", "9"))
        s.queue.take()
        s.providers.on_service_event("DELETED", service("new", "2"))
        assert s.context.cache.services == {}
        assert s.queue.take() == ["vllm"]


async def test_a_service_that_is_recreated_wakes_nothing_when_it_leads_to_the_same() -> None:
    async with controller_harness() as s:
        named(s).providers.on_service_event("ADDED", service("old", "3"))
        s.queue.take()
        s.providers.on_service_event("ADDED", service("new", "9"))
        s.providers.on_service_event("DELETED", service("old", "8"))
        assert s.queue.take() == []


@pytest.mark.parametrize(("event", "version"), LATE)
async def test_a_new_namespace_stays_when_there_comes_late(event: str | None, version: str) -> None:
    async with controller_harness() as s:
        catalogs = CatalogController(s.context, slots=1, transient=())
        catalogs.on_namespace_event("ADDED", namespace("old", "3"))
        catalogs.on_namespace_event("ADDED", namespace("new", "9", tier="models"))
        catalogs.on_namespace_event(event, namespace("old", version))
        assert s.context.cache.namespaces["models"].labels == {"tier": "models"}
        catalogs.on_namespace_event("DELETED", namespace("new", "11"))
        assert s.context.cache.namespaces == {}


async def test_a_version_that_changes_nothing_of_concern_wakes_no_catalog(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with controller_harness() as s:
        messages: list[str] = []
        catalogs = CatalogController(s.context, slots=1, transient=())
        monkeypatch.setattr(catalogs, "wake_all", lambda: messages.append("a catalog"))
        providers = ProviderController(s.context, s.queue, catalogs)
        for version in ("3", "4"):
            catalogs.on_namespace_event("MODIFIED", namespace("one", version))
            providers.on_service_event("MODIFIED", service("one", version))
        assert len(messages) == 2
        assert s.context.cache.namespaces["models"].resource_version == "4"
        assert s.context.cache.services[VLLM].resource_version == "4"


@pytest.mark.parametrize(
    ("before", "read", "woken"),
    [
        pytest.param([service("new", "9")], [], [], id="is known: nothing is read"),
        pytest.param([], [(NAMESPACE,)], ["vllm"], id="is unknown"),
        pytest.param([service("old", "3", 1)], [(NAMESPACE,)], ["vllm"], id="was another one"),
    ],
)
async def test_an_audit_takes_in_a_service_that(
    before: list[Wire], read: list[tuple[str, ...]], woken: list[str]
) -> None:
    async with controller_harness() as s:
        for item in before:
            named(s).providers.on_service_event("ADDED", item)
        named(s)
        s.queue.take()
        cluster = FakeCluster()
        cluster.services.append(service("new", "9"))
        context = replace(s.context, cluster=cluster)
        await relist_services(context, s.providers, ())
        full_reads = [a.namespaces for a in cluster.actions if not a.metadata_only]
        assert (full_reads, s.queue.take()) == (read, woken)
        assert s.context.cache.services[VLLM].uid == "new"


async def test_an_audit_drops_a_service_that_is_gone() -> None:
    async with controller_harness() as s:
        named(s).providers.on_service_event("ADDED", service("old", "3"))
        s.queue.take()
        context = replace(s.context, cluster=FakeCluster())
        await relist_services(context, s.providers, ())
        assert (s.context.cache.services, s.queue.take()) == ({}, ["vllm"])
