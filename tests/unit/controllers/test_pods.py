"""Which event of a pod or a ConfigMap refreshes which pod."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from openclaw_vllm.api.configmap import (
    CATALOG,
    CONFIG,
    DIGEST,
    PROVIDER,
    ConfigMapState,
    digest,
    labels,
)
from openclaw_vllm.api.keys import ObjectKey, Reference
from openclaw_vllm.api.pods import REFRESH
from openclaw_vllm.controllers.pods import PodController
from openclaw_vllm.edges.kube.cache import Cache
from openclaw_vllm.edges.kube.replies import NotFound, Rejected
from openclaw_vllm.reconcile import refresh
from tests import builders
from tests.builders import NAMESPACE
from tests.builders import catalogs as catalog_builders
from tests.eventually import eventually
from tests.fakes.cluster import Action, FakeCluster
from tests.fakes.context import fake_context

CONFIG_MAP = ObjectKey(NAMESPACE, "vllm-openclaw")
PUBLISHED = Reference("Published", CONFIG_MAP)
POD = ObjectKey(NAMESPACE, "one")
DATA = {CONFIG: "{}"}
MOUNT = {"configMap": {"name": CONFIG_MAP.name}}


def config_map(data: dict[str, str] | None = None, **fields: Any) -> ConfigMapState:
    metadata = {"uid": "map", "resourceVersion": "5", "labels": labels(PROVIDER, "vllm")} | fields
    return ConfigMapState.read({"metadata": metadata, "data": data or DATA})


def pod(*, volume: dict[str, Any] | None = None, phase: str = "Running", **metadata: Any) -> Any:
    identity = {"name": POD.name, "namespace": NAMESPACE, "uid": "pod-1", "resourceVersion": "7"}
    return {
        "metadata": {**identity, "labels": {REFRESH: CONFIG_MAP.name}, **metadata},
        "spec": {"volumes": [MOUNT if volume is None else volume]},
        "status": {"phase": phase},
    }


@dataclass
class Scene:
    """A controller at work; `changed` are the ConfigMaps whose pods are other ones now."""

    controller: PodController
    cache: Cache
    cluster: FakeCluster
    changed: list[str] = field(default_factory=list)

    async def settled(self) -> int:
        """Return how many pods were annotated when nothing is left to do."""
        queue = self.controller.queue
        await eventually(lambda: not len(queue) and not queue.active, within=5)
        return sum(action.resource == "pods" for action in self.cluster.actions)


@asynccontextmanager
async def refreshing(published: ConfigMapState) -> AsyncIterator[Scene]:
    async with fake_context() as place:
        cluster, changed = FakeCluster(), list[str]()
        context = replace(place.context, cluster=cluster)
        context.cache.published[CONFIG_MAP] = published
        controller = PodController(context, lambda key: changed.append(key.name), transient=())
        working = asyncio.create_task(controller.queue.run())
        yield Scene(controller, context.cache, cluster, changed)
        working.cancel()


@pytest.mark.parametrize(
    ("manifest", "published", "times"),
    [
        pytest.param(pod(), config_map(), 1, id="a pod that mounts it"),
        pytest.param(
            pod(volume={"projected": {"sources": [MOUNT]}}), config_map(), 1, id="projected"
        ),
        pytest.param(pod(volume={"emptyDir": {}}), config_map(), 0, id="without the mount"),
        pytest.param(pod(phase="Succeeded"), config_map(), 0, id="that has ended"),
        pytest.param(pod(deletionTimestamp="now"), config_map(), 0, id="that is being deleted"),
        pytest.param(
            pod(annotations={DIGEST: digest(DATA)}), config_map(), 0, id="that is up to date"
        ),
        pytest.param(pod(), config_map(labels={}), 0, id="of a ConfigMap that is not ours"),
        pytest.param(pod(labels={REFRESH: "other"}), config_map(), 0, id="of another ConfigMap"),
        pytest.param(pod(namespace="elsewhere"), config_map(), 0, id="of another namespace"),
    ],
)
async def test_a_pod_is_annotated(manifest: Any, published: ConfigMapState, times: int) -> None:
    async with refreshing(published) as scene:
        scene.controller.on_pod_event("ADDED", manifest)
        assert await scene.settled() == times


async def test_a_change_of_the_configmap_is_one_write_per_pod() -> None:
    async with refreshing(config_map()) as scene:
        scene.controller.on_pod_event("ADDED", pod())
        assert await scene.settled() == 1
        scene.controller.on_published(CONFIG_MAP)
        assert await scene.settled() == 1
        scene.cache.published[CONFIG_MAP] = config_map({CONFIG: "[]"}, resourceVersion="6")
        scene.controller.on_published(CONFIG_MAP)
        assert await scene.settled() == 2


@pytest.mark.parametrize(
    ("type_", "labels"), [("DELETED", {REFRESH: CONFIG_MAP.name}), ("MODIFIED", {})]
)
async def test_a_pod_that_goes_or_loses_its_label_is_forgotten(
    type_: str, labels: dict[str, str]
) -> None:
    async with refreshing(config_map(labels={})) as scene:
        scene.controller.on_pod_event("ADDED", pod())
        scene.controller.on_pod_event(type_, pod(labels=labels, resourceVersion="9"))
        assert list(scene.cache.pods.running(CONFIG_MAP)) == []
        assert scene.changed == [CONFIG_MAP.name] * 2


@pytest.mark.parametrize("of_catalog", [False, True], ids=["a provider's", "a catalog's"])
async def test_a_pod_that_cannot_get_there_is_told_once_about_its_publisher(
    *, of_catalog: bool
) -> None:
    kind, name = (CATALOG, "fleet") if of_catalog else (PROVIDER, "vllm")
    async with refreshing(config_map(labels=labels(kind, name))) as scene:
        if of_catalog:
            scene.cache.put_catalog(catalog_builders.catalog())
        else:
            scene.cache.put_provider(builders.resource(), {PUBLISHED})
        for pod_name in ("one", "two"):
            manifest = pod(volume={"emptyDir": {}}, name=pod_name, uid=pod_name)
            scene.controller.on_pod_event("ADDED", manifest)
        assert await scene.settled() == 0
        events = [each for each in scene.cluster.actions if each.resource == "events"]
        assert [each.key and each.key.name for each in events] == [name]


@pytest.mark.parametrize("reason", ["RefreshNotMounted", "RefreshRefused"])
async def test_a_publisher_that_is_delivered_after_its_pod_gets_the_event_too(
    reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a restart: the watch of pods may be the first."""
    monkeypatch.setattr(refresh, "PUBLISHER_PAUSE", 0.05)
    async with refreshing(config_map()) as scene:
        posted = list[str]()

        async def refuse(action: Action) -> None:
            if action.resource == "pods":
                raise Rejected("may not")
            posted.append(action.resource)

        scene.cluster.react = refuse
        unmounted = pod(volume={"emptyDir": {}})
        refused = reason == "RefreshRefused"
        scene.controller.on_pod_event("ADDED", pod() if refused else unmounted)
        await scene.settled()
        assert posted == []
        scene.cache.put_provider(builders.resource(), {PUBLISHED})
        await eventually(lambda: posted, within=5)
        await asyncio.sleep(0.2)
        assert posted == ["events"]


@pytest.mark.parametrize(
    ("error", "pods", "refused"),
    [
        pytest.param(NotFound("gone"), 0, None, id="the pod is gone"),
        pytest.param(Rejected("may not"), 1, "may not", id="the right is missing"),
    ],
)
async def test_a_write_that_is_not_taken_is_not_repeated_at_once(
    error: Exception, pods: int, refused: str | None
) -> None:
    async with refreshing(config_map()) as scene:
        scene.cache.put_provider(builders.resource(), {PUBLISHED})

        async def refuse(action: Action) -> None:
            if action.resource == "pods":
                raise error

        scene.cluster.react = refuse
        scene.controller.on_pod_event("ADDED", pod())
        assert await scene.settled() == 1
        assert len(list(scene.cache.pods.running(CONFIG_MAP))) == pods
        assert scene.cache.pods.refusals.get(CONFIG_MAP) == refused
