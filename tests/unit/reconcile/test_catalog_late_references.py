"""What a catalog names and comes later: its base configuration, and the key of a Service."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from openclaw_vllm.api.keys import ObjectKey, SourceKey
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.secret import Secret
from openclaw_vllm.core.catalog.sources import KEY_SECRET
from openclaw_vllm.edges.kube import readings
from openclaw_vllm.reconcile import source
from openclaw_vllm.reconcile.catalog import reconcile
from openclaw_vllm.reconcile.context import ReconcileContext
from openclaw_vllm.reconcile.targets import FINALIZER
from tests.builders import Wire
from tests.builders import catalogs as catalog_builders
from tests.builders.catalogs import MODELS, SHARED
from tests.fakes.context import FakeContext, fake_context
from tests.harnesses.catalog import CatalogCluster

SERVICE = ObjectKey("team-a", "s")
SOURCE = SourceKey("fleet", SERVICE, 8000)
BASE: Wire = {
    "target": {**catalog_builders.wire_spec()["target"], "baseConfigRef": {"name": "base"}}
}
SERVICES: Wire = {
    "sources": [{"services": {"namespaceSelector": MODELS, "selector": SHARED, "interval": "60s"}}]
}
LATER = [(0.5, 1), (20, 10), (190, 10), (580, 10), (1000, 60)]


def of(place: FakeContext, spec: Wire) -> ReconcileContext:
    """Return the context of an operator that serves a catalog and one shared Service."""
    catalog = catalog_builders.catalog(catalog_builders.wire_spec(**spec), finalizers=[FINALIZER])
    context = replace(place.context, cluster=CatalogCluster(catalog), own_namespace="operator")
    context.cache.namespaces["team-a"] = catalog_builders.namespace("team-a", tier="models")
    service = catalog_builders.service()
    context.cache.services[SERVICE] = replace(service, annotations={KEY_SECRET: "key"})
    context.cache.catalogs[catalog.key] = catalog
    return context


@pytest.mark.parametrize(("comes_after", "within"), LATER[1:])
async def test_a_base_configuration_that_comes_later_is_seen_within(
    comes_after: float, within: float
) -> None:
    async with fake_context() as place:
        context, start = of(place, BASE), place.time.monotonic
        delay: float | None = 0.0
        while not place.config_maps.objects:
            place.time.monotonic += delay or 0.0
            if place.time.monotonic >= start + comes_after:
                place.config_maps.objects["base"] = {"openclaw.json5": "{}"}
            delay = await reconcile(ObjectKey("", "fleet"), context, lambda _: None)
        assert context.states.catalogs[ObjectKey("", "fleet")].base_awaited_since is None
        assert place.time.monotonic - start - comes_after <= within


@pytest.mark.parametrize(("comes_after", "within"), LATER)
async def test_the_key_of_a_service_that_comes_later_is_seen_within(
    comes_after: float, within: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with fake_context() as place:
        context, start = of(place, SERVICES), place.time.monotonic
        clock = SimpleNamespace(monotonic=lambda: place.time.monotonic)
        monkeypatch.setattr(readings, "time", clock)

        def misses_key() -> bool:
            state = context.states.sources.get(SOURCE)
            return state is None or isinstance(state.discovery.endpoint.problem, Problem)

        while misses_key():
            if place.time.monotonic >= start + comes_after:
                place.secrets.objects["key"] = Secret("*", {"api-key": b"s3cret"})
            delay = await source.reconcile(SOURCE, context, lambda _: None)
            place.time.monotonic += (delay or 0.0) if misses_key() else 0.0
        assert place.time.monotonic - start - comes_after <= within
