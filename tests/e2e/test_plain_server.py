"""A vLLM without a key or a tool parser, with two names, and adapters that come and go."""

import json
from pathlib import Path

import pytest

from tests.apiserver.workspace import Json, Provider, Workspace, soon
from tests.conformance.volume import ConfigMapVolume
from tests.e2e.conftest import NewAgent, NewVllm
from tests.e2e.story import Story
from tests.e2e.turn import exec_turn
from tests.e2e.vllm import Vllm

pytestmark = pytest.mark.timeout(900)

CONTEXT = 65536
LONGEST = 48  # tokens of an answer: nonsense need not be long


@pytest.fixture(scope="module")
def server(new_vllm: NewVllm, models: Path) -> Vllm:
    names = ("--served-model-name", "tiny-a", "tiny-b")
    return new_vllm(
        "tiny-llama", *names, "--enable-lora", "--lora-modules", f"tiny-lora={models / 'tiny-lora'}"
    )


@pytest.fixture(scope="module")
def provider(space: Workspace, server: Vllm, story: Story) -> Provider:
    with story.step("A VllmProvider for it is created and becomes Ready"):
        provider = space.provider(
            server.base_url,
            discovery={"interval": "5s", "capabilities": "Probe", "removeAfter": 3},
            modelDefaults={"maxTokens": LONGEST},
            agents={"primary": ["tiny-b"]},
        )
        provider.is_ready()
    return provider


def test_both_names_and_the_adapter_are_found(provider: Provider, server: Vllm) -> None:
    status = provider.is_ready()["status"]
    assert status["endpoint"] == {
        "baseUrl": server.base_url,
        "serverVersion": "0.32.0",
        "task": "Generate",
    }
    assert [
        (m["id"], m["contextWindow"], m["contextWindowSource"], m["parent"])
        for m in status["models"]
    ] == [
        ("tiny-a", CONTEXT, "Server", ""),
        ("tiny-b", CONTEXT, "Server", ""),
        ("tiny-lora", CONTEXT, "Parent", "tiny-a"),
    ]
    assert provider.models == ["tiny-a", "tiny-b", "tiny-lora"]
    assert status["primaryModel"] == "vllm/tiny-b"


def test_a_server_without_a_tool_parser_is_known_to_take_no_tools(provider: Provider) -> None:
    abilities = [
        (m["tools"], m["toolsSource"], m["images"], m["imagesSource"])
        for m in models_by_id(provider).values()
    ]
    assert abilities == [("Unsupported", "Probe", "Unsupported", "Probe")] * 3
    published = provider.document["models"]
    assert [model["compat"]["supportsTools"] for model in published] == [False] * 3
    assert [model["input"] for model in published] == [["text"]] * 3


def test_an_agent_s_turn_ends_with_the_model_s_text(
    provider: Provider, server: Vllm, new_agent: NewAgent, tmp_path: Path, story: Story
) -> None:
    mounted = ConfigMapVolume(tmp_path / "mnt", provider.data)
    agent = new_agent(
        OPENCLAW_CONFIG_PATH=str(mounted.folder / "openclaw.json"), OPENCLAW_CONFIG_READONLY="1"
    )
    with story.step("OpenClaw, fully managed, takes a turn without tools"):
        turn = exec_turn(agent)
    story.tell(f"    {turn.model} said {json.dumps(turn.text)}")
    assert turn.model == "vllm/tiny-b"
    assert turn.text.strip() in server.completions
    assert turn.output_tokens == LONGEST


def test_an_adapter_that_is_loaded_arrives_and_one_that_is_unloaded_goes_after_three_answers(
    provider: Provider, server: Vllm, models: Path, story: Story
) -> None:
    path = str(models / "tiny-lora")
    with story.step("vLLM loads another adapter; it arrives by itself"):
        server.post("/load_lora_adapter", {"lora_name": "late-lora", "lora_path": path})
        provider.publishes("tiny-a", "tiny-b", "tiny-lora", "late-lora")
        soon(lambda: "late-lora" in models_by_id(provider), "the status shows it")
    late = models_by_id(provider)["late-lora"]
    assert late["contextWindow"] == CONTEXT
    assert late["tools"] == "Unsupported", "an adapter can what its base can"
    before = server.asked("GET /v1/models")
    with story.step("vLLM unloads it; it goes with the third answer without it"):
        server.post("/unload_lora_adapter", {"lora_name": "late-lora"})
        soon(
            lambda: models_by_id(provider)["late-lora"]["state"] == "Missing",
            "it is shown as missing",
        )
        assert "late-lora" in provider.models
        provider.publishes("tiny-a", "tiny-b", "tiny-lora")
    assert server.asked("GET /v1/models") == before + 3
    soon(lambda: "late-lora" not in models_by_id(provider), "the status shows it no more")


def models_by_id(provider: Provider) -> dict[str, Json]:
    return {model["id"]: model for model in provider.status["models"]}
