"""Kinds whose watch is refused: it is said, and what is known of them is forgotten."""

import pytest

from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.pods import REFRESH
from openclaw_vllm.controllers.controllers import Controllers
from openclaw_vllm.controllers.missing_rights import go_on_without
from openclaw_vllm.controllers.pods import PodController
from openclaw_vllm.controllers.provider import ProviderController
from openclaw_vllm.controllers.workqueue import WorkQueue
from openclaw_vllm.edges.kube.watches import Watch
from tests.builders.slices import endpoint_slice
from tests.fakes.context import fake_context


async def reconcile_nothing(_: ObjectKey) -> None:
    """Reconcile no VllmProvider."""


@pytest.mark.parametrize(
    ("watch", "place"),
    [
        pytest.param(Watch("endpointslices"), "in the cluster", id="of the cluster"),
        pytest.param(Watch("endpointslices", "agents"), "in namespace agents", id="of one"),
    ],
)
async def test_a_refused_watch_of_slices_is_reported_and_what_is_known_forgotten(
    watch: Watch, place: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with fake_context() as here:
        providers = ProviderController(here.context, WorkQueue(reconcile_nothing))
        providers.slices.on_slice_event("ADDED", endpoint_slice("10.0.0.1", namespace="agents"))
        go_on_without(Controllers(providers), watch)
        assert not here.context.cache.slices
    assert f"watching endpointslices {place} is forbidden" in caplog.text


async def test_a_refused_watch_of_pods_is_reported_and_what_is_known_forgotten(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with fake_context() as here:
        providers = ProviderController(here.context, WorkQueue(reconcile_nothing))
        pods = PodController(here.context, providers.wake_publishers, transient=())
        metadata = {"name": "one", "namespace": "agents", "uid": "pod-1", "resourceVersion": "7"}
        pods.on_pod_event("ADDED", {"metadata": metadata | {"labels": {REFRESH: "vllm"}}})
        go_on_without(Controllers(providers, pods=pods), Watch("pods"))
        assert not here.context.cache.pods.by_key
    assert "watching pods in the cluster is forbidden" in caplog.text
    assert "mountRefresh.enabled" in caplog.text
