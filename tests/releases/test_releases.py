"""Every maintained OpenClaw starts on what is published for it, answers, and follows a change."""

import json
from pathlib import Path

import pytest

from tests.builders import Wire
from tests.builders.golden_cases import CASES
from tests.conformance.gateway import RELOADED, SETTINGS, Gateway, running
from tests.conformance.openclaw import wanted_variables
from tests.conformance.published import publish
from tests.conformance.recorder import Recorder
from tests.conformance.volume import ConfigMapVolume
from tests.eventually import eventually_sync
from tests.releases.conftest import NewAgent
from tests.releases.table import BELOW_AGENTS, OF_ITS_OWN, RELEASES
from tests.vllm_server import Model

pytestmark = pytest.mark.timeout(600)

NOTICED_WITHIN = 45.0  # seconds; 1 to 4 where a change is followed
INCLUDING = {
    "gateway": SETTINGS,
    "models": {"$include": "./vllm/models.json"},
    "agents": {"defaults": {"$include": "./vllm/agents-defaults.json"}},
}


def spec(server: Recorder, release: str) -> Wire:
    """Default model, allow list and alias: all that has an older form."""
    agents = {"primary": ["*"], "allow": "Discovered", "aliases": {"coder": "*"}}
    return {"baseUrl": server.base_url, "agents": agents, "output": {"openclaw": release}}


def follows(gateway: Gateway) -> bool:
    """Return whether the gateway takes in a new configuration within the time."""
    try:
        eventually_sync(
            lambda: RELOADED in gateway.log_text(), within=NOTICED_WITHIN, describe="it reloads"
        )
    except AssertionError:
        return False
    return True


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("release", RELEASES)
def test_each_golden_in_its_form_is_valid(new_agent: NewAgent, release: str, name: str) -> None:
    case = CASES[name]
    models = [Model(model.id, model.context or 0, model.parent) for model in case.models]
    published = publish(
        {"baseUrl": case.connection.base_url, **case.spec, "output": {"openclaw": release}},
        models,
        ca_pem=case.connection.ca_pem,
    )
    config = published.data["openclaw.json"]
    agent = new_agent(release, **wanted_variables(config))
    agent.configure(config)
    assert agent.run("config", "validate", "--json").answer["valid"] is True


@pytest.mark.parametrize("place", [BELOW_AGENTS, OF_ITS_OWN], ids=".".join)
@pytest.mark.parametrize("release", RELEASES)
def test_memory_search_is_taken_in_one_place_alone(
    new_agent: NewAgent, release: str, place: tuple[str, ...]
) -> None:
    config: Wire = {"provider": "vllm-embed", "model": "BAAI/bge-m3"}
    for key in reversed(place):
        config = {key: config}
    agent = new_agent(release)
    agent.configure(config)
    taken = agent.run("config", "validate", "--json").code == 0
    assert taken == (place == RELEASES[release].memory_search)


@pytest.mark.parametrize("release", RELEASES)
def test_an_agent_that_includes_the_documents_answers_and_follows_them_or_not(
    new_agent: NewAgent, vllm: Recorder, release: str
) -> None:
    agent = new_agent(release)
    agent.configure(INCLUDING)
    vllm.models = (Model("first", 65536),)
    volume = ConfigMapVolume(agent.state / "vllm", publish(spec(vllm, release), vllm.models).data)
    with running(agent) as gateway:
        assert gateway.turn() == "Hello from a vLLM stand-in."
        vllm.models = (Model("second", 65536),)
        volume.update(publish(spec(vllm, release), vllm.models).data)
        assert follows(gateway) == RELEASES[release].follows_include
    assert [request.model for request in vllm.asked] == ["first"]


@pytest.mark.parametrize("release", RELEASES)
def test_a_fully_managed_agent_answers_and_follows_a_change(
    new_agent: NewAgent, vllm: Recorder, tmp_path: Path, release: str
) -> None:
    base = json.dumps({"gateway": SETTINGS})
    vllm.models = (Model("first", 65536),)
    data = publish(spec(vllm, release), vllm.models, base=base).data
    volume = ConfigMapVolume(tmp_path / "mnt", data)
    path = str(volume.folder / "openclaw.json")
    agent = new_agent(release, OPENCLAW_CONFIG_PATH=path, OPENCLAW_CONFIG_READONLY="1")
    with running(agent) as gateway:
        assert gateway.turn() == "Hello from a vLLM stand-in."
        vllm.models = (Model("second", 65536),)
        volume.update(publish(spec(vllm, release), vllm.models, base=base).data)
        assert follows(gateway) == RELEASES[release].follows_mounted
        expected = "second" if RELEASES[release].follows_mounted else "first"
        assert gateway.turn() == "Hello from a vLLM stand-in."
    assert [request.model for request in vllm.asked] == ["first", expected]
