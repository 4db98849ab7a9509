"""What a user edits takes effect at once, and a mistake costs nothing of what is published."""

import json
import time
from typing import Any

import pytest

from tests.apiserver.servers import BOTH, Servers
from tests.apiserver.workspace import GROUP, PROVIDERS, Provider, Workspace, soon
from tests.controlplane.component import free_port
from tests.vllm_server import Model

EFFECTIVE_WITHIN = 1.5  # seconds; a quarter is aimed at, and the machine is shared
RARELY = {"interval": "1h"}
QWEN, LLAMA = (model.id for model in BOTH)
PARTS = ("org/a", "org/b", "org/c")

# Fields of the example in OpenClaw's documentation of vLLM.
DOCUMENTED = {
    "id": "your-model-id",
    "name": "Local vLLM Model",
    "reasoning": False,
    "input": ["text"],
    "cost": {"input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0},
    "contextWindow": 128000,
    "maxTokens": 8192,
}


@pytest.fixture
def provider(space: Workspace, servers: Servers) -> Provider:
    """Return a published one whose server is not asked again unless there is a reason."""
    provider = space.provider(servers.start(), discovery=RARELY)
    provider.is_ready()
    return provider


EDITS: dict[str, tuple[dict[str, Any], str]] = {
    "include": ({"discovery": {"include": ["Qwen/*"]}}, "[models][0][id]=Qwen/Qwen3-32B"),
    "exclude": ({"discovery": {"exclude": ["Qwen/*"]}}, f"[models][0][id]={LLAMA}"),
    "defaults": ({"modelDefaults": {"contextWindow": 30000}}, "[models][1][contextWindow]=30000"),
    "overrides": (
        {"modelOverrides": [{"match": "Qwen/*", "reasoning": True}]},
        "[models][0][reasoning]=True",
    ),
    "headers": ({"headers": [{"name": "X-Team", "value": "a"}]}, "[headers][X-Team]=a"),
    "key": ({"auth": {"apiKeyEnv": "TEAM_KEY"}}, "[apiKey]=${TEAM_KEY}"),
}


def at(document: Any, path: str) -> str:
    for part in path.strip("[]").split("]["):
        document = document[int(part)] if isinstance(document, list) else document.get(part, {})
    return str(document)


@pytest.mark.alone
@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_is_published_at_once_and_taken_back_as_fast(
    edit: str, space: Workspace, servers: Servers
) -> None:
    """Without a primary model, which would stay where the edit has moved it."""
    off = {"enabled": False}
    provider = space.provider(servers.start(), discovery=RARELY, agents=off)
    provider.is_ready()
    change, (path, _, value) = EDITS[edit][0], EDITS[edit][1].partition("=")
    before, start = provider.data, time.monotonic()
    provider.edit(**change)
    soon(lambda: at(provider.document, path) == value)
    assert time.monotonic() - start < EFFECTIVE_WITHIN
    provider.is_ready()
    provider.space.patch(PROVIDERS, "vllm", {"spec": dict.fromkeys(change) | {"discovery": RARELY}})
    provider.edit(discovery={"include": None, "exclude": None})
    soon(lambda: provider.data == before, "the same bytes as before")


def test_labels_and_annotations_come_and_go(provider: Provider) -> None:
    extra = {"labels": {"example.com/team": "a"}, "annotations": {"example.com/note": "b"}}
    provider.edit(output=extra)
    soon(lambda: provider.config_map()["metadata"]["labels"].get("example.com/team") == "a")
    assert provider.config_map()["metadata"]["annotations"]["example.com/note"] == "b"
    provider.edit(output=None)
    soon(lambda: "example.com/team" not in provider.config_map()["metadata"]["labels"])
    assert "example.com/note" not in provider.config_map()["metadata"]["annotations"]


def test_another_server_replaces_the_list_with_its_first_good_answer(
    provider: Provider, servers: Servers
) -> None:
    before, port = provider.data, free_port()
    provider.edit(baseUrl=f"http://127.0.0.1:{port}/v1")
    provider.becomes(Ready="False ConnectionFailed", ConfigPublished="False Pending")
    assert provider.data == before
    servers.start(Model("org/other"), port=port)
    provider.is_ready()
    assert provider.models == ["org/other"]


def test_explicit_models_are_published_field_for_field_and_no_server_is_probed(
    space: Workspace, servers: Servers
) -> None:
    server = servers.start()
    provider = space.provider(server, models=[DOCUMENTED])
    provider.becomes(Ready="True Succeeded", ServerReachable="True Skipped")
    (published,) = provider.document["models"]
    assert {key: published[key] for key in DOCUMENTED} == DOCUMENTED
    assert published.keys() - DOCUMENTED.keys() == {"compat"}
    assert not server.seen


def test_a_sidecar_s_models_are_published_although_loopback_is_no_place_to_ask(
    space: Workspace,
) -> None:
    provider = space.provider("http://127.0.0.1:1/v1", models=[{"id": "m"}])
    provider.becomes(Ready="True Succeeded", ServerReachable="True Skipped")
    assert provider.document["baseUrl"] == "http://127.0.0.1:1/v1"


def test_without_explicit_models_the_server_is_probed_again(provider: Provider) -> None:
    provider.edit(models=[DOCUMENTED])
    provider.publishes("your-model-id")
    provider.edit(models=None)
    provider.publishes(QWEN, LLAMA)
    provider.becomes(ServerReachable="True Succeeded")


def test_a_suspended_provider_is_left_alone_until_it_is_not(
    space: Workspace, servers: Servers
) -> None:
    server = servers.start()
    provider = space.provider(server)
    provider.is_ready()
    before = provider.edit(suspend=True)
    current = provider.becomes(Ready="True Suspended", ServerReachable="True Succeeded")
    assert current["status"]["observedGeneration"] == before["metadata"]["generation"]
    canary = space.provider(servers.start(), "canary")
    server.seen.clear()
    vandalized = provider.damage(data={"models.json": "{}"})
    mark = space.plane.audit.mark()
    canary.edit(discovery={"exclude": ["Qwen/*"]})
    canary.publishes(LLAMA)
    assert not [w for w in space.asked_since(mark).writes() if w.name.startswith("vllm")]
    assert (provider.config_map(), len(server.seen)) == (vandalized, 0)
    provider.edit(suspend=False)
    provider.is_ready()
    provider.publishes(QWEN, LLAMA)


@pytest.mark.alone
def test_a_request_to_look_now_is_followed_at_once(space: Workspace, servers: Servers) -> None:
    server = servers.start()
    provider = space.provider(server, discovery=RARELY)
    provider.is_ready()
    server.models = (*server.models, Model("org/new"))
    start = time.monotonic()
    provider.annotate(requested_at="now")
    provider.publishes(QWEN, LLAMA, "org/new")
    assert time.monotonic() - start < EFFECTIVE_WITHIN
    assert provider.read()["metadata"]["annotations"] == {f"{GROUP}/requested-at": "now"}


def test_an_edit_of_the_primary_decides_again_and_nothing_else_does(
    space: Workspace, servers: Servers
) -> None:
    server = servers.start(*map(Model, PARTS))
    agents = {"primary": ["org/b", "*"], "fallbacks": ["*"]}
    provider = space.provider(server, discovery=RARELY, agents=agents)
    provider.is_ready()

    def primary() -> str:
        return str(json.loads(provider.data["agents-defaults.json"])["model"]["primary"])

    assert primary() == provider.status["primaryModel"] == "vllm/org/b"
    provider.edit(modelDefaults={"reasoning": True})
    soon(lambda: provider.document["models"][0]["reasoning"] is True)
    assert primary() == "vllm/org/b"
    provider.edit(agents={"primary": ["org/c"]})
    soon(lambda: primary() == "vllm/org/c")
    provider.is_ready()
    assert provider.status["primaryModel"] == "vllm/org/c"


INVALID: dict[str, dict[str, Any]] = {
    "params-too-large": {"modelDefaults": {"params": {"stop": "x" * 9000}}},
    "two-aliases-of-one-model": {"agents": {"aliases": {"a": "Qwen/*", "b": "Qwen/*"}}},
}


@pytest.mark.parametrize("mistake", INVALID)
def test_a_mistake_that_only_the_operator_sees_is_reported_and_costs_nothing(
    mistake: str, provider: Provider
) -> None:
    before = provider.config_map()
    provider.edit(**INVALID[mistake])
    provider.becomes(Ready="False InvalidSpec", Stalled="True InvalidSpec")
    assert "spec." in provider.message("Ready")
    assert provider.config_map() == before
    provider.edit(**dict.fromkeys(INVALID[mistake]))
    provider.is_ready()
    assert provider.config_map() == before
