"""Writes that the real API server takes as they are, or refuses: which answer means what."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from kubernetes.aio.client import Configuration

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.configmap import ConfigMapState
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.edges.kube.apiserver import ApiServer
from openclaw_vllm.edges.kube.cluster import Cluster
from openclaw_vllm.edges.kube.replies import Conflict, NotFound, Rejected
from tests.apiserver.servers import Servers
from tests.apiserver.workspace import KIND, Workspace
from tests.controlplane.plane import ControlPlane
from tests.vllm_server import Model

Json = dict[str, Any]

CRAB = "\U0001f99e"
ANOTHER = "11111111-1111-1111-1111-111111111111"
NO_LABEL = {"example..com/team": "a"}
CHARACTERS = "".join(map(chr, (*range(0xD800), *range(0xE000, 0x11000), 0x1F99E, 0x10FFFF)))


@pytest.fixture
async def cluster(control_plane: ControlPlane) -> AsyncIterator[Cluster]:
    """The operator's own view of the cluster, with an administrator's rights."""
    admin = control_plane.admin
    configuration = Configuration()
    configuration.host, configuration.ca_cert_data = admin.server, admin.authority
    configuration.api_key = {"BearerToken": f"Bearer {admin.token}"}
    server = ApiServer(configuration)
    yield Cluster(server)
    await server.close()


def written(key: ObjectKey, data: dict[str, str], **metadata: Any) -> Json:
    named = {"name": key.name, "namespace": key.namespace, **metadata}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": named, "data": data}


async def test_every_character_is_kept(namespace: str, cluster: Cluster) -> None:
    key, data = ObjectKey(namespace, "all"), {"all": CHARACTERS}
    assert isinstance(await cluster.apply_config_map(key, written(key, data)), ConfigMapState)
    result = await cluster.get_config_map(key)
    assert result is not None
    assert result["data"] == data


async def test_a_spec_with_an_emoji_can_be_tried(namespace: str, cluster: Cluster) -> None:
    key = ObjectKey(namespace, "vllm")
    named = {"name": key.name, "namespace": namespace}
    spec = {"baseUrl": "http://vllm:8000/v1", "models": [{"id": "m", "name": f"Rocket {CRAB}"}]}
    assert await cluster.try_provider(key, {**KIND, "metadata": named, "spec": spec}) == ""


@pytest.mark.parametrize("name", ["guide", "immutable-infra", "vllm"])
async def test_a_name_does_not_change_what_an_answer_means(
    name: str, namespace: str, cluster: Cluster
) -> None:
    key, data = ObjectKey(namespace, name), {"a": "b"}
    with pytest.raises(Conflict):
        await cluster.apply_config_map(key, written(key, data, uid=ANOTHER))
    first = await cluster.apply_config_map(key, written(key, data))
    assert isinstance(first, ConfigMapState)
    with pytest.raises(Conflict):
        await cluster.apply_config_map(key, written(key, {"a": "c"}, uid=ANOTHER))
    with pytest.raises(Rejected, match="prefix part"):
        await cluster.apply_config_map(key, written(key, data, uid=first.uid, labels=NO_LABEL))
    await cluster.apply_config_map(key, written(key, data) | {"immutable": True})
    frozen = await cluster.apply_config_map(key, written(key, {"a": "c"}, uid=first.uid))
    assert isinstance(frozen, Problem)
    assert frozen.reason is Reason.IMMUTABLE
    with pytest.raises(Conflict):
        await cluster.apply_config_map(key, written(key, {"a": "c"}, uid=ANOTHER))


@pytest.fixture
def leaving(control_plane: ControlPlane, namespace: str) -> Iterator[str]:
    """A namespace on its way out, which something in it still holds."""
    path = f"/api/v1/namespaces/{namespace}"
    held = {"metadata": {"name": "held", "finalizers": ["example.com/hold"]}}
    control_plane.admin.request("POST", f"{path}/configmaps", held)
    control_plane.admin.request("DELETE", path)
    yield namespace
    freed = {"metadata": {"finalizers": None}}
    merge = "application/merge-patch+json"
    control_plane.admin.request("PATCH", f"{path}/configmaps/held", freed, content_type=merge)


async def test_a_namespace_on_its_way_out_is_gone(leaving: str, cluster: Cluster) -> None:
    key = ObjectKey(leaving, "vllm")
    with pytest.raises(NotFound):
        await cluster.apply_config_map(key, written(key, {}))


def test_characters_beyond_the_basic_plane_are_published(
    space: Workspace, servers: Servers
) -> None:
    base = {"agents": {"list": [{"id": "main", "identity": {"emoji": CRAB}}]}}
    text = json.dumps(base, ensure_ascii=False)
    space.create("configmaps", {"metadata": {"name": "base"}, "data": {"openclaw.json5": text}})
    server = servers.start(Model(f"{CRAB}/crab", 40960), Model("plain", 40960))
    provider = space.provider(server, output={"baseConfigRef": {"name": "base"}})
    status = provider.is_ready()["status"]
    provider.publishes("plain", f"{CRAB}/crab")
    assert [model["id"] for model in status["models"]] == ["plain", f"{CRAB}/crab"]
    agents = json.loads(provider.data["openclaw.json"])["agents"]
    assert agents["list"] == base["agents"]["list"]
    provider.edit(models=[{"id": "m", "name": f"Rocket {CRAB}"}])
    provider.is_ready()
    assert [model["name"] for model in provider.document["models"]] == [f"Rocket {CRAB}"]


def test_a_configmap_beyond_the_quota_is_reported(space: Workspace, servers: Servers) -> None:
    space.create("resourcequotas", {"metadata": {"name": "none"}})
    hard = {"count/configmaps": "0"}
    space.patch("resourcequotas", "none/status", {"status": {"hard": hard, "used": hard}})
    provider = space.provider(servers.start())
    provider.becomes(Ready="False WriteRefused", ConfigPublished="False WriteRefused")
    assert "exceeded quota: none" in provider.message("Ready")
    space.delete("resourcequotas", "none")
    provider.annotate(requested_at="now")
    provider.is_ready()
