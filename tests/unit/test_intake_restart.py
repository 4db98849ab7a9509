"""The first events of a process: whoever was left up to date is not woken by its start."""

import pytest

from openclaw_vllm.api.configmap import PublishedMap
from openclaw_vllm.api.keys import ObjectKey
from tests.builders import NAMESPACE, Wire
from tests.unit.scene import left, scene


async def test_after_a_restart_whoever_is_up_to_date_waits_for_its_phase() -> None:
    provider, config_map = left()
    async with scene() as s:
        for number in range(100):
            provider["metadata"] |= {"name": f"vllm-{number}", "uid": f"uid-{number}"}
            key = ObjectKey(NAMESPACE, f"vllm-{number}-openclaw")
            s.world.cache.published[key] = PublishedMap.read(config_map)
            s.intake.provider(None, provider)
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
    provider, config_map = left(**status)
    async with scene() as s:
        if data is not None:
            config_map["data"].update(data)
            key = ObjectKey(NAMESPACE, "vllm-openclaw")
            s.world.cache.published[key] = PublishedMap.read(config_map)
        s.intake.provider(None, provider)
        assert (s.queue.added, s.queue.delays) == (["vllm"], [])
