"""Which change wakes which catalog, how often, and not before all is known."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from openclaw_vllm.api.keys import ObjectKey, SourceKey
from openclaw_vllm.api.observed import REQUESTED_AT, UserRequest
from openclaw_vllm.controllers import catalog as module
from openclaw_vllm.controllers.catalog import WAKE_DELAY, CatalogController
from openclaw_vllm.core.catalog.state import CatalogState
from tests import builders
from tests.builders import Wire
from tests.builders import catalogs as catalog_builders
from tests.builders.catalogs import MODELS, SHARED
from tests.eventually import eventually
from tests.fakes.context import FakeContext, fake_context

KEY = ObjectKey("", "fleet")
WHILE = 3 * WAKE_DELAY


@dataclass
class CatalogControllerHarness:
    """A CatalogController whose reconciles are only counted."""

    catalogs: CatalogController
    fakes: FakeContext
    runs: list[ObjectKey] = field(default_factory=list)
    asked: list[SourceKey] = field(default_factory=list)

    def catalog(
        self,
        type_: str | None = "ADDED",
        spec: Wire | None = None,
        status: Wire | None = None,
        **metadata: Any,
    ) -> None:
        spec = spec or catalog_builders.wire_spec()
        wire = builders.manifest(spec, status, name="fleet", **metadata)
        del wire["metadata"]["namespace"]
        self.catalogs.on_catalog_event(type_, wire)


@asynccontextmanager
async def harness(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[CatalogControllerHarness]:
    async with fake_context() as place:
        it = CatalogControllerHarness(
            CatalogController(place.context, slots=4, transient=()), place
        )

        async def count(key: ObjectKey, *_: object) -> float | None:
            it.runs.append(key)
            return None

        async def ask(name: SourceKey, *_: object) -> float | None:
            it.asked.append(name)
            return None

        monkeypatch.setattr(module, "reconcile_catalog", count)
        monkeypatch.setattr(module, "reconcile_source", ask)
        running = [
            asyncio.create_task(q.run()) for q in (it.catalogs.catalogs, it.catalogs.sources)
        ]
        yield it
        for task in running:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def test_all_that_happens_in_a_moment_is_one_reconcile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with harness(monkeypatch) as it:
        it.catalog()
        for number in range(50):
            it.catalogs.on_namespace_event(
                "ADDED", {"metadata": {"name": f"n{number}", "labels": {}}}
            )
            it.catalogs.wake_all()
        await asyncio.sleep(WHILE)
        assert it.runs == [KEY]
        it.catalogs.wake_all()
        await eventually(lambda: it.runs == [KEY, KEY], within=5)


async def test_what_changes_nothing_wakes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async with harness(monkeypatch) as it:
        it.catalog()
        it.catalogs.on_namespace_event("ADDED", {"metadata": {"name": "n", "labels": {}}})
        await eventually(lambda: it.runs == [KEY], within=5)
        it.catalogs.on_namespace_event("MODIFIED", {"metadata": {"name": "n", "labels": {}}})
        it.catalog("MODIFIED", resourceVersion="11")  # as a status write of ours does
        await asyncio.sleep(WHILE)
        assert it.runs == [KEY]
        assert it.fakes.context.cache.catalogs[KEY].resource_version == "11"


async def test_no_catalog_is_reconciled_before_what_was_there_at_the_start_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with harness(monkeypatch) as it:
        it.catalogs.expect(["uid-of-a-provider"])
        it.catalog()
        await asyncio.sleep(WHILE)
        assert it.runs == []
        it.catalogs.mark_delivered("uid-of-a-provider")
        await eventually(lambda: it.runs == [KEY], within=5)


async def test_no_catalog_is_reconciled_before_the_others_are_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An older one that is shown later would find its ConfigMaps taken over."""
    async with harness(monkeypatch) as it:
        it.catalogs.expect({"uid-1", "uid-of-an-older-one"})
        it.catalog(uid="uid-1")
        await asyncio.sleep(WHILE)
        assert it.runs == []
        it.catalog(uid="uid-of-an-older-one", resourceVersion="12")
        await eventually(lambda: KEY in it.runs, within=5)


async def test_a_service_that_changes_is_probed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async with harness(monkeypatch) as it:
        own = SourceKey("fleet", ObjectKey("team-a", "vllm"), 8000)
        others = SourceKey("fleet", ObjectKey("team-b", "vllm"), 8000)
        it.fakes.context.states.sources.update(
            (name, builders.new_server("u", 1, "")) for name in (own, others)
        )
        it.catalogs.on_service_changed(own.service)
        await eventually(lambda: it.asked == [own], within=5)


async def test_a_catalog_that_is_gone_takes_its_memories_along(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with harness(monkeypatch) as it:
        it.catalog()
        context = it.fakes.context
        context.states.sources[SourceKey("fleet", ObjectKey("a", "b"), 1)] = builders.new_server(
            "u", 1, ""
        )
        it.catalog("DELETED", uid="another")
        assert KEY in context.cache.catalogs
        it.catalog("DELETED")
        assert (context.cache.catalogs, context.states.sources) == ({}, {})


async def test_who_waits_for_a_first_question_is_asked_when_a_person_wants_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """After a restart a Service that was well waits for its phase, an hour perhaps."""
    own = SourceKey("fleet", ObjectKey("team-a", "s"), 8000)
    async with harness(monkeypatch) as it:

        async def draw(key: ObjectKey, _: object, ask: Callable[[SourceKey], None]) -> None:
            it.runs.append(key)
            ask(own)

        monkeypatch.setattr(module, "reconcile_catalog", draw)
        selected = {"namespaceSelector": MODELS, "selector": SHARED, "interval": "24h"}
        spec = catalog_builders.wire_spec(sources=[{"services": selected}])
        cache = it.fakes.context.cache
        cache.namespaces["team-a"] = catalog_builders.namespace("team-a", tier="models")
        cache.services[own.service] = catalog_builders.service()
        it.fakes.context.states.catalogs[KEY] = CatalogState(
            UserRequest("catalog-1", 1, ""),
            entries={"vllm-team-a-s": {"models": []}},
            reasons={"vllm-team-a-s": ""},
            is_restored=True,
            was_published=True,
        )
        it.catalog(spec=spec, uid="catalog-1")
        await eventually(lambda: it.runs == [KEY], within=5)
        assert it.asked == []
        request = {"annotations": {REQUESTED_AT: "now"}}
        it.catalog("MODIFIED", spec=spec, uid="catalog-1", resourceVersion="11", **request)
        await eventually(lambda: own in it.asked, within=5)
