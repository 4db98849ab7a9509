"""A vLLM that embeds: it is told from one that chats, and serves an agent's memory."""

import pytest

from tests.apiserver.workspace import Provider, Workspace
from tests.e2e.conftest import NewVllm
from tests.e2e.story import Story
from tests.e2e.vllm import Vllm

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def server(new_vllm: NewVllm) -> Vllm:
    return new_vllm("tiny-bert", "--served-model-name=tiny-bert")


@pytest.fixture(scope="module")
def provider(space: Workspace, server: Vllm, story: Story) -> Provider:
    with story.step("A VllmProvider for it is created, and it is known to embed"):
        provider = space.provider(
            server.base_url, discovery={"interval": "5s", "capabilities": "Probe"}
        )
        provider.becomes(ServerReachable="True Succeeded", ConfigPublished="False NoModels")
    return provider


def test_a_server_that_embeds_is_known_as_such_and_publishes_no_chat_model(
    provider: Provider, server: Vllm
) -> None:
    assert provider.status["endpoint"]["task"] == "Embed"
    assert provider.document["baseUrl"] == server.base_url
    assert provider.models == []
    assert "memory.search" in provider.message("ConfigPublished")


def test_it_is_never_asked_to_chat(provider: Provider, server: Vllm) -> None:
    assert provider.status["endpoint"]["task"] == "Embed"
    assert server.asked("OPTIONS /v1/embeddings") == 1
    assert server.asked("POST /v1/chat/completions") == 0
