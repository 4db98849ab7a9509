"""The manifests of docs/manifests, run through the real client as far as configuration goes."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import manifests
from tests.apiserver.servers import Servers
from tests.conformance.install import Installation
from tests.conformance.openclaw import inference
from tests.conformance.pod import Pod
from tests.conformance.published import publish
from tests.conformance.recorder import Recorder, recording
from tests.manifests import Manifest
from tests.vllm_server import Model

pytestmark = pytest.mark.timeout(300)

KEY = "replace-me"  # as the manifests have it
MODEL = Model("Qwen/Qwen3-32B", 40960)
STATE = "/home/openclaw/.openclaw"  # where openclaw-operator keeps an agent's


@pytest.fixture
def vllm(servers: Servers) -> Iterator[Recorder]:
    with recording(servers, MODEL, keys=(KEY,), tools=True) as server:
        yield server


@pytest.mark.parametrize("name", manifests.names())
def test_an_agent_of_the_manifest_is_valid_and_reaches_the_model_with_its_key(
    name: str, vllm: Recorder, installation: Installation, tmp_path: Path
) -> None:
    agent = pod_of(manifests.read(name), vllm, tmp_path).start(installation)
    verdict, default, answered = agent.run_all(
        ["config", "validate", "--json"],
        ["config", "get", "agents.defaults.model", "--json"],
        inference(f"vllm/{MODEL.id}"),
    )
    assert (verdict.answer["valid"], verdict.answer["warnings"]) == (True, []), str(verdict)
    assert default.answer == {"primary": f"vllm/{MODEL.id}"}
    assert answered.answer["ok"], str(answered)
    assert [(request.model, request.key) for request in vllm.asked] == [(MODEL.id, KEY)]


def test_a_pod_that_starts_again_keeps_what_the_agent_made_of_its_configuration(
    vllm: Recorder, installation: Installation, tmp_path: Path
) -> None:
    pod = pod_of(manifests.read("include.yaml"), vllm, tmp_path)
    agent = pod.start(installation)
    assert agent.run("config", "set", "ui.seamColor", "#112233").code == 0
    pod.restart()
    assert agent.run("config", "get", "ui.seamColor", "--json").answer == "#112233"
    config = json.loads((agent.state / "openclaw.json").read_text())
    assert config["models"] == {"$include": "./vllm/models.json"}


def pod_of(objects: list[Manifest], server: Recorder, root: Path) -> Pod:
    """Return the manifest's pod in a cluster where this server answers at the provider's URL."""
    (provider,) = manifests.of_kind(objects, "VllmProvider")
    config_maps = {
        item["metadata"]["name"]: item["data"] for item in manifests.of_kind(objects, "ConfigMap")
    }
    spec = {**provider["spec"], "baseUrl": server.base_url}
    base = spec.get("output", {}).get("baseConfigRef")
    text = config_maps[base["name"]][base["key"]] if base else ""
    config_maps[manifests.published_name(provider)] = publish(spec, (MODEL,), base=text).data
    secrets = {
        item["metadata"]["name"]: item["stringData"]
        for item in manifests.of_kind(objects, "Secret")
    }
    return Pod(root, _pod_spec(objects, root, config_maps), config_maps, secrets)


def _pod_spec(objects: list[Manifest], root: Path, config_maps: dict[str, Any]) -> Any:
    """Return the Deployment's pod, or one such as openclaw-operator makes for its resource."""
    for deployment in manifests.of_kind(objects, "Deployment"):
        return deployment["spec"]["template"]["spec"]
    (instance,) = manifests.of_kind(objects, "OpenClawInstance")
    spec, config = instance["spec"], instance["spec"]["config"]
    state = Path(f"{root}{STATE}")
    state.mkdir(parents=True)
    reference = config.get("configMapRef")
    text = config_maps[reference["name"]]["openclaw.json"] if reference else None
    (state / "openclaw.json").write_text(text or json.dumps(config["raw"]))
    data = {"name": "data", "mountPath": STATE}
    mounts = [data, *spec.get("extraVolumeMounts", [])]
    home = {"name": "HOME", "value": str(state.parent)}
    container = {"env": [home, *spec["env"]], "volumeMounts": mounts}
    return {"containers": [container], "volumes": [{"name": "data"}, *spec.get("extraVolumes", [])]}
