"""The first events of a process: whoever was left up to date is not woken by its start."""

import pytest

from openclaw_vllm.api.configmap import ConfigMapState
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.core.discovery.retention import Retained
from tests.builders import NAMESPACE, Wire, spec_of
from tests.harnesses.controller import (
    ControllerHarness,
    controller_harness,
    objects_of_earlier_process,
)


def retained_by(harness: ControllerHarness, provider: VllmProvider) -> Retained | None:
    """The models that the process knows of at first sight."""
    published = harness.context.cache.published.get(provider.config_map)
    state = harness.context.states.provider(provider, spec_of(provider), published)
    return state.server.discovery.retained


async def test_after_a_restart_whoever_is_up_to_date_waits_for_its_phase() -> None:
    provider, config_map = objects_of_earlier_process()
    async with controller_harness() as s:
        s.restart(100, provider, config_map)
        assert s.queue.added == []
        assert 0 <= min(s.queue.delays) < 5
        assert 55 < max(s.queue.delays) <= 60


@pytest.mark.parametrize(
    ("status", "data"),
    [
        pytest.param({"observedGeneration": 0}, {}, id="its spec was changed meanwhile"),
        pytest.param({"configMap": None}, {}, id="it had not published yet"),
        pytest.param({}, {"models.json": "{}"}, id="its ConfigMap was edited"),
        pytest.param({"configMap": {"name": "x", "digest": "sha256:1"}}, {}, id="another digest"),
        pytest.param({}, None, id="its ConfigMap is gone"),
    ],
)
async def test_after_a_restart_it_is_reconciled_at_once_when(
    status: Wire, data: Wire | None
) -> None:
    provider, config_map = objects_of_earlier_process(**status)
    async with controller_harness() as s:
        if data is not None:
            config_map["data"].update(data)
            key = ObjectKey(NAMESPACE, "vllm-openclaw")
            s.context.cache.published[key] = ConfigMapState.read(config_map)
        s.providers.on_provider_event(None, provider)
        assert (s.queue.added, s.queue.delays) == (["vllm"], [])


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("type_", "change"),
    [
        pytest.param("DELETED", {}, id="deleted"),
        pytest.param("MODIFIED", {"data": {"models.json": "{}"}}, id="edited"),
        pytest.param("MODIFIED", {"data": None}, id="emptied"),
    ],
)
async def test_the_models_are_restored_of_a_map_that_was_damaged_since_the_start(
    type_: str, change: Wire, when: str
) -> None:
    """Before or after its VllmProvider was seen, which no order of events is promised for."""
    provider, config_map = objects_of_earlier_process()
    damaged = {
        **config_map,
        **change,
        "metadata": config_map["metadata"] | {"resourceVersion": "101"},
    }
    async with controller_harness() as s:
        s.context.record_at_start(
            ObjectKey(NAMESPACE, "vllm-openclaw"), ConfigMapState.read(config_map)
        )
        if when == "before":
            s.providers.on_config_map_event(type_, damaged)
            s.providers.on_provider_event(None, provider)
        else:
            s.providers.on_provider_event(None, provider)
            s.providers.on_config_map_event(type_, damaged)
        assert s.queue.added == ["vllm"]
        resource = s.context.cache.providers[ObjectKey(NAMESPACE, "vllm")]
        retained = retained_by(s, resource)
        assert retained is not None
        assert set(retained.served) == {"a"}


async def test_another_provider_of_the_name_inherits_nothing() -> None:
    provider, config_map = objects_of_earlier_process()
    provider["metadata"]["uid"] = "uid-2"
    async with controller_harness() as s:
        s.context.record_at_start(
            ObjectKey(NAMESPACE, "vllm-openclaw"), ConfigMapState.read(config_map)
        )
        s.providers.on_config_map_event("DELETED", config_map)
        s.providers.on_provider_event("ADDED", provider)
        resource = s.context.cache.providers[ObjectKey(NAMESPACE, "vllm")]
        assert retained_by(s, resource) is None


async def test_after_a_restart_a_lost_owner_is_seen_at_once() -> None:
    provider, config_map = objects_of_earlier_process()
    config_map["metadata"]["ownerReferences"] = []
    async with controller_harness() as s:
        key = ObjectKey(NAMESPACE, "vllm-openclaw")
        s.context.cache.published[key] = ConfigMapState.read(config_map)
        s.providers.on_provider_event(None, provider)
        assert (s.queue.added, s.queue.delays) == (["vllm"], [])
