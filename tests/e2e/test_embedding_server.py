"""A vLLM that embeds: it is told from one that chats, and serves an agent's memory.

The agent's configuration is the one that docs/agents.md shows.
"""

import re
from pathlib import Path

import pytest

from openclaw_vllm.core.config.documents import empty_documents
from tests import builders
from tests.apiserver.workspace import Provider, Workspace
from tests.conformance.openclaw import Agent
from tests.conformance.volume import ConfigMapVolume
from tests.e2e.conftest import NewAgent, NewVllm
from tests.e2e.story import Story
from tests.e2e.vllm import Vllm

pytestmark = pytest.mark.timeout(900)

PAGE = Path(__file__).parents[2] / "docs" / "agents.md"
EXAMPLES = re.compile(r"^```json5\n(.*?)^```", re.MULTILINE | re.DOTALL)
ID = "BAAI/bge-m3"
EMBEDDINGS = "POST /v1/embeddings"


@pytest.fixture(scope="module")
def server(new_vllm: NewVllm) -> Vllm:
    return new_vllm("tiny-bert", f"--served-model-name={ID}")


@pytest.fixture(scope="module")
def provider(space: Workspace, server: Vllm, story: Story) -> Provider:
    with story.step("A VllmProvider for it is created, and it is known to embed"):
        provider = space.provider(
            server.base_url,
            "vllm-embed",
            providerId="vllm-embed",
            discovery={"interval": "5s", "capabilities": "Probe"},
        )
        provider.becomes(ServerReachable="True Succeeded", ConfigPublished="True NoChatModels")
    return provider


@pytest.fixture
def agent(provider: Provider, new_agent: NewAgent) -> Agent:
    """The agent of the page; nobody serves it a model to chat with."""
    agent = new_agent()
    (result,) = (text for text in EXAMPLES.findall(PAGE.read_text()) if "memory:" in text)
    agent.configure(result)
    ConfigMapVolume(agent.state / "vllm", empty_documents(builders.spec(), None).data)
    ConfigMapVolume(agent.state / "vllm-embed", provider.data)
    return agent


def test_a_server_that_embeds_is_known_as_such_and_is_never_asked_to_chat(
    provider: Provider, server: Vllm
) -> None:
    assert provider.status["endpoint"]["task"] == "Embed"
    assert provider.status["modelCount"] == 0
    assert provider.status.get("models", []) == []
    assert "memory.search" in provider.message("ConfigPublished")
    assert server.asked("OPTIONS /v1/embeddings") == 1
    assert server.asked("POST /v1/chat/completions") == 0


def test_an_agent_s_memory_is_searched_with_its_embeddings(
    agent: Agent, server: Vllm, story: Story
) -> None:
    memory = agent.state / "workspace" / "MEMORY.md"
    memory.parent.mkdir(parents=True)
    memory.write_text("# Memory\n\nThe office plant is called Ferdinand.\n")
    with story.step("OpenClaw indexes its memory with it, and finds something"):
        indexed = agent.run("memory", "index", "--force")
        assert indexed.code == 0, str(indexed)
        after_indexing = server.asked(EMBEDDINGS)
        assert after_indexing > 0, server.tail()
        actual = agent.run("memory", "search", "plant", "--json").answer["results"]
    assert [result["path"] for result in actual] == ["MEMORY.md"]
    assert server.asked(EMBEDDINGS) > after_indexing
