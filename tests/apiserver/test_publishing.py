"""The main job: a VllmProvider becomes a ConfigMap, in two writes, and takes it away again."""

import json

from openclaw_vllm.api.configmap import digest
from openclaw_vllm.core.config.agents import hash_patterns
from tests.apiserver.servers import Servers
from tests.apiserver.workspace import SOON, Workspace
from tests.eventually import eventually_sync
from tests.operator_process import OperatorProcess
from tests.vllm_server import Model

PRODUCT = {
    "app.kubernetes.io/managed-by": "openclaw-vllm-operator",
    "app.kubernetes.io/part-of": "openclaw-vllm",
    "openclaw-vllm.dev/provider": "vllm",
}


def test_a_provider_is_published_with_one_write_of_each_object(
    space: Workspace, servers: Servers
) -> None:
    mark = space.plane.audit.mark()
    provider = space.provider(servers.start())
    provider.is_ready()
    asked = space.asked_since(mark)
    assert asked.reads().of("configmaps") == ()
    assert [(w.verb, w.resource, w.subresource, w.code) for w in asked.writes()] == [
        ("patch", "configmaps", "", 201),
        ("patch", "vllmproviders", "status", 200),
    ]


def test_the_configmap_is_what_agents_can_mount(space: Workspace, servers: Servers) -> None:
    server = servers.start()
    provider = space.provider(server)
    owner = provider.is_ready()["metadata"]
    result = provider.config_map()
    metadata, data = result["metadata"], result["data"]
    assert set(data) == {"openclaw.json", "models.json", "agents-defaults.json"}
    assert metadata["labels"] == PRODUCT
    assert metadata["annotations"] == {
        "openclaw-vllm.dev/config-digest": digest(data),
        "openclaw-vllm.dev/primary-patterns": hash_patterns(["*"]),
    }
    assert metadata["ownerReferences"] == [
        {
            "apiVersion": "openclaw-vllm.dev/v1alpha1",
            "kind": "VllmProvider",
            "name": "vllm",
            "uid": owner["uid"],
            "controller": True,
        }
    ]
    agents = {"model": {"primary": "vllm/Qwen/Qwen3-32B"}}
    assert json.loads(data["agents-defaults.json"]) == agents
    assert json.loads(data["openclaw.json"]) == {
        "models": json.loads(data["models.json"]),
        "agents": {"defaults": agents},
    }
    assert provider.document["baseUrl"] == server.base_url
    assert provider.models == ["Qwen/Qwen3-32B", "meta-llama/Llama-3.3-70B-Instruct"]


def test_the_status_says_what_is_published_and_whence(space: Workspace, servers: Servers) -> None:
    base, adapter = Model("org/base", 40960), Model("org/lora", parent="org/base")
    server = servers.start(base, adapter, Model("user@host"), Model("org/small", 4096))
    provider = space.provider(server)
    status = provider.is_ready()["status"]
    assert provider.conditions == {
        "Ready": "True Succeeded",
        "EndpointResolved": "True Succeeded",
        "ServerReachable": "True Succeeded",
        "ConfigPublished": "True Succeeded",
    }
    assert status["endpoint"] == {
        "baseUrl": server.base_url,
        "serverVersion": "0.32.0",
        "task": "Generate",
    }
    assert status["modelCount"] == 3
    assert [(m["ref"], m["contextWindow"], m["contextWindowSource"]) for m in status["models"]] == [
        ("vllm/org/base", 40960, "Server"),
        ("vllm/org/lora", 40960, "Parent"),
        ("vllm/org/small", 4096, "Server"),
    ]
    assert [m.get("note") for m in status["models"]] == [None, None, "SmallContext"]
    assert {m["state"] for m in status["models"]} == {"Served"}
    assert status["rejectedModels"] == [{"id": "user@host", "reason": "InvalidReference"}]
    assert status["configMap"] == {"name": "vllm-openclaw", "digest": digest(provider.data)}
    assert status["primaryModel"] == "vllm/org/base"
    assert "credentials" not in status


def test_nothing_of_the_user_s_object_changes_but_its_status(
    space: Workspace, servers: Servers
) -> None:
    provider = space.provider(servers.start())
    metadata = provider.is_ready()["metadata"]
    assert metadata["generation"] == 1
    assert not {"finalizers", "annotations", "labels", "ownerReferences"} & metadata.keys()
    managers = {entry["manager"]: entry for entry in metadata["managedFields"]}
    assert managers["openclaw-vllm-operator"]["subresource"] == "status"


def test_the_configmap_goes_with_its_provider(
    space: Workspace, servers: Servers, operator: OperatorProcess
) -> None:
    provider = space.provider(servers.start())
    provider.is_ready()
    provider.delete()
    name = provider.config_map_name
    eventually_sync(lambda: space.find("configmaps", name) is None, within=SOON)
    labels = {"namespace": space.namespace}
    eventually_sync(lambda: not operator.metric("vllmprovider_models", **labels), within=SOON)
    assert space.find("configmaps", name) is None
