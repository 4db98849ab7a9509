"""Before a server's first good answer: a valid, empty ConfigMap, the reason, and early retries."""

import json
from functools import partial

import pytest

from tests.apiserver.honesty import assert_honest
from tests.apiserver.servers import Servers
from tests.apiserver.workspace import Json, Workspace, soon
from tests.controlplane.component import free_port
from tests.vllm_server import Answer, Hang, Model

RARELY = {"interval": "1h", "timeout": "1s"}
SKELETON: Json = {"providers": {}}

NEVER_GOOD: dict[str, tuple[Json, str]] = {
    "hangs": ({"fault": Hang()}, "TimedOut"),
    "fails": ({"fault": Answer(500)}, "UnexpectedStatus"),
    "wants a key": ({"keys": ("secret",)}, "Unauthorized"),
    "says nothing of use": ({"fault": Answer(200, b"{}")}, "InvalidAnswer"),
}


@pytest.mark.parametrize("how", NEVER_GOOD)
def test_a_server_that_never_worked_is_reported_at_once_and_retried_soon(
    how: str, space: Workspace, servers: Servers
) -> None:
    settings, reason = NEVER_GOOD[how]
    server = servers.start(**settings)
    provider = space.provider(server, discovery=RARELY)
    provider.becomes(Ready=f"False {reason}", ConfigPublished="False Pending")
    assert json.loads(provider.data["models.json"]) == SKELETON
    assert json.loads(provider.data["openclaw.json"]) == {"models": SKELETON}
    assert json.loads(provider.data["agents-defaults.json"]) == {}
    server.fault, server.keys = None, ()
    provider.is_ready()
    assert provider.models


def test_a_server_that_starts_after_its_provider_is_found_within_seconds(
    space: Workspace, servers: Servers
) -> None:
    port = free_port()
    provider = space.provider(f"http://127.0.0.1:{port}/v1", discovery=RARELY)
    provider.becomes(Ready="False ConnectionFailed")
    servers.start(port=port)
    provider.is_ready()


def test_a_server_without_models_is_waited_for(space: Workspace, servers: Servers) -> None:
    server = servers.start()
    models, server.models = server.models, ()
    provider = space.provider(server, discovery=RARELY)
    provider.becomes(ConfigPublished="False NoModels", ServerReachable="True Succeeded")
    server.models = models
    provider.is_ready()


@pytest.mark.parametrize(
    ("serves", "task", "words"),
    [
        pytest.param("embed", "Embed", "memory.search", id="embeds"),
        pytest.param("score", "Other", "reranking", id="reranks"),
        pytest.param("classify", "Other", "classification", id="classifies"),
        pytest.param("transcribe", "Other", "speech", id="transcribes"),
    ],
)
def test_a_server_that_does_not_chat_does_not_become_a_chat_model(
    serves: str, task: str, words: str, space: Workspace, servers: Servers
) -> None:
    provider = space.provider(servers.start(task=serves))
    whole = provider.becomes(ConfigPublished="True NoChatModels", Ready="True NoChatModels")
    status = assert_honest(whole)["status"]
    assert status["endpoint"]["task"] == task
    assert {model["reason"] for model in status["rejectedModels"]} == {"NotChat"}
    row = space.plane.kubectl("get", "vllmproviders", "-n", space.namespace, "--no-headers")
    assert row.split()[1:4] == ["0", "True", "NoChatModels"]
    events = partial(space.plane.kubectl, "get", "events", "-n", space.namespace)
    soon(lambda: "NoChatModels" in events("-o", "jsonpath={.items[*].reason}"))
    assert words in provider.message("ConfigPublished")
    assert provider.models == []


def test_a_server_that_reranks_after_it_chatted_loses_its_models_after_remove_after_answers(
    space: Workspace, servers: Servers
) -> None:
    server = servers.start()
    provider = space.provider(server, discovery={"interval": "1h", "removeAfter": 3})
    provider.is_ready()
    published, server.task = provider.models, "score"
    server.models = (*server.models, Model("reranker"))  # a list that changes is looked at closely
    for _ in range(2):
        provider.probe(server)
        assert provider.models == published
    provider.probe(server)
    provider.becomes(ConfigPublished="True NoChatModels", Ready="True NoChatModels")
    assert provider.models == []
