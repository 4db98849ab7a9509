"""Published documents reach a running agent in every way of mounting that the README offers.

The volumes are laid out as the kubelet does it, and one gateway per pattern goes through the life
of an agent: started before there is a model, told of one, told of another.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from openclaw_vllm.api.configmap import AGENTS, MODELS
from openclaw_vllm.core.config.documents import empty_documents
from tests import builders, manifests
from tests.apiserver.servers import Servers
from tests.conformance.conftest import NewAgent
from tests.conformance.gateway import SETTINGS, running
from tests.conformance.published import publish
from tests.conformance.recorder import Recorder, recording
from tests.conformance.volume import ConfigMapVolume
from tests.vllm_server import Model

pytestmark = pytest.mark.timeout(600)

INCLUDING = {
    "gateway": SETTINGS,
    "models": {"$include": "./vllm/models.json"},
    "agents": {"defaults": {"$include": "./vllm/agents-defaults.json"}},
}
SECRET = "planted-value"  # noqa: S105 - of nobody
# Each becomes the default model in turn.
IDS = (
    "Qwen/Qwen3-32B",
    "x${PLANTED}",
    "/models/tiny-llama",
    'say "hello", it\'s \\ 50 %',
    "vllm/日本語/é🦙:latest#1",
)


@pytest.fixture
def vllm(servers: Servers) -> Iterator[Recorder]:
    with recording(servers, tools=True) as server:
        yield server


def spec(server: Recorder) -> builders.Wire:
    return {"baseUrl": server.base_url, "agents": {"primary": ["*"]}}


@pytest.mark.parametrize(
    "output", [{}, {"documents": [MODELS, AGENTS]}], ids=["of all", "and no others"]
)
def test_an_agent_that_includes_the_documents_follows_them_without_a_restart(
    output: builders.Wire, new_agent: NewAgent, vllm: Recorder
) -> None:
    agent = new_agent(PLANTED=SECRET)
    agent.configure(INCLUDING)
    published = {**spec(vllm), "output": output}
    nothing = empty_documents(builders.spec(**published), None)
    volume = ConfigMapVolume(agent.state / "vllm", nothing.data)
    with running(agent) as gateway:
        for id_ in IDS:
            vllm.models = (Model(id_, 65536),)
            with gateway.reloading():
                volume.update(publish(published, vllm.models).data)
            assert gateway.turn() == "Hello from a vLLM stand-in."
        assert SECRET not in gateway.log_text()
    assert [request.model for request in vllm.asked] == list(IDS)
    assert all(SECRET not in request.text for request in vllm.asked)


def test_a_fully_managed_agent_runs_on_the_mounted_configuration_alone(
    new_agent: NewAgent, vllm: Recorder, tmp_path: Path
) -> None:
    base = f"// of the user, in JSON5\n{json.dumps({'gateway': SETTINGS})}"
    vllm.models = (Model("first", 65536),)
    volume = ConfigMapVolume(tmp_path / "mnt", publish(spec(vllm), vllm.models, base=base).data)
    agent = new_agent(
        OPENCLAW_CONFIG_PATH=str(volume.folder / "openclaw.json"), OPENCLAW_CONFIG_READONLY="1"
    )
    with running(agent) as gateway:
        assert all(gateway.passes(probe, agent.installation.node) for probe in manifests.probes())
        assert gateway.turn() == "Hello from a vLLM stand-in."
        vllm.models = (Model("second", 65536),)
        with gateway.reloading():
            volume.update(publish(spec(vllm), vllm.models, base=base).data)
        assert gateway.turn() == "Hello from a vLLM stand-in."
    assert [request.model for request in vllm.asked] == ["first", "second"]
    assert not (agent.state / "openclaw.json").exists()
