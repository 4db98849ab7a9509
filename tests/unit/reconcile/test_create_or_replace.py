"""A catalog's ConfigMap is created or replaced, each with one request unless others write to it."""

from dataclasses import replace
from typing import Any

import pytest

from openclaw_vllm.api.configmap import CONFIG, ConfigMapState
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.edges.kube.replies import Conflict, Forbidden
from openclaw_vllm.reconcile.write_config_map import create_or_replace
from tests.fakes.cluster import Action, FakeCluster

KEY = ObjectKey("agents", "fleet-openclaw")


def manifest(text: str, **labels: str) -> dict[str, Any]:
    metadata = {"name": KEY.name, "namespace": KEY.namespace, "labels": labels, "annotations": {}}
    return {"metadata": {**metadata, "ownerReferences": []}, "data": {CONFIG: text}}


@pytest.fixture
def cluster() -> FakeCluster:
    return FakeCluster(namespaces=[KEY.namespace])


async def write(
    cluster: FakeCluster, existing: ConfigMapState | None, text: str, **labels: str
) -> ConfigMapState:
    written = await create_or_replace(KEY, existing, manifest(text, **labels), cluster)
    assert isinstance(written, ConfigMapState)
    return written


def verbs(cluster: FakeCluster) -> list[str]:
    return [action.verb for action in cluster.actions]


async def test_one_request_creates_it_and_one_replaces_it(cluster: FakeCluster) -> None:
    first = await write(cluster, None, "{}", ours="a")
    second = await write(cluster, first, "{a: 1}")
    assert verbs(cluster) == ["create", "update"]
    assert (second.uid, second.labels) == (first.uid, {})


async def test_one_that_others_write_to_is_read_before_and_keeps_what_is_theirs(
    cluster: FakeCluster,
) -> None:
    first = await write(cluster, None, "{}", theirs="a")
    second = await write(cluster, replace(first, is_shared=True), "{a: 1}", ours="b")
    assert verbs(cluster) == ["create", "get", "update"]
    assert second.labels == {"theirs": "a", "ours": "b"}


@pytest.mark.parametrize("is_shared", [False, True])
async def test_a_stale_view_overwrites_nothing(cluster: FakeCluster, *, is_shared: bool) -> None:
    first = await write(cluster, None, "{}")
    newer = await write(cluster, first, "{a: 1}")
    with pytest.raises(Conflict):
        await write(cluster, replace(first, is_shared=is_shared), "{a: 2}")
    assert cluster.config_maps[KEY] == newer


@pytest.mark.parametrize("is_shared", [False, True])
async def test_one_that_is_gone_is_not_made_anew(cluster: FakeCluster, *, is_shared: bool) -> None:
    first = await write(cluster, None, "{}")
    await cluster.delete_config_map(KEY, first)
    with pytest.raises(Conflict):
        await write(cluster, replace(first, is_shared=is_shared), "{a: 1}")
    assert KEY not in cluster.config_maps


async def test_one_that_may_not_be_replaced_is_applied(cluster: FakeCluster) -> None:
    """As with the rights of the first release: the image may be upgraded before them."""
    first = await write(cluster, None, "{}")

    async def refuse(action: Action) -> None:
        if action.verb == "update":
            raise Forbidden("may not update")

    cluster.react = refuse
    second = await write(cluster, first, "{a: 1}")
    assert verbs(cluster) == ["create", "update", "patch"]
    assert (second.uid, cluster.config_maps[KEY]) == (first.uid, second)


async def test_one_that_exists_already_is_left_alone(cluster: FakeCluster) -> None:
    before = await write(cluster, None, "{}")
    with pytest.raises(Conflict):
        await write(cluster, None, "{a: 1}")
    assert cluster.config_maps[KEY] == before
