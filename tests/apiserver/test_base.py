"""A base configuration that is broken and mended: what is published stays meanwhile."""

import json

from tests.apiserver.servers import Servers
from tests.apiserver.workspace import Json, Workspace, soon
from tests.vllm_server import Model

KEY = "openclaw.json5"
WATCHED = {"app.kubernetes.io/part-of": "openclaw-vllm"}
BASE = "// ours\n{gateway: {port: 1}, models: {providers: {other: {models: []}}}}"
BROKEN = "{\n  gateway: {port: ]\n}"
TAKEN = "{models: {providers: {vllm: {}}}}"
MENDED = "{\n  gateway: {port: 2,}\n}"


def test_a_broken_base_is_reported_with_its_place_and_mending_it_heals_at_once(
    space: Workspace, servers: Servers
) -> None:
    """The server is asked once an hour: whatever happens comes from the watch on the base."""
    metadata = {"name": "base", "labels": WATCHED}
    space.create("configmaps", {"metadata": metadata, "data": {KEY: BASE}})
    output = {"baseConfigRef": {"name": "base", "key": KEY}}
    server = servers.start(Model("m"))
    provider = space.provider(server, output=output, discovery={"interval": "1h"})

    def write(text: str) -> None:
        space.patch("configmaps", "base", {"data": {KEY: text}})

    def configured() -> Json:
        result: Json = json.loads(provider.data["openclaw.json"])
        return result

    provider.is_ready()
    assert configured()["gateway"] == {"port": 1}
    assert set(configured()["models"]["providers"]) == {"other", "vllm"}
    before = provider.config_map()
    write(BROKEN)
    provider.becomes(
        Ready="False BaseConfigInvalid",
        ConfigPublished="False BaseConfigInvalid",
        ServerReachable="True Succeeded",
        Stalled="True BaseConfigInvalid",
    )
    assert "it stops being JSON5 at line 2, column 19" in provider.message("Ready")
    assert provider.config_map() == before
    write(TAKEN)
    soon(lambda: "it has models.providers.vllm, " in provider.message("Ready"))
    assert provider.config_map() == before
    write(MENDED)
    provider.becomes(Ready="True Succeeded", Stalled="absent")
    assert configured() == {
        "gateway": {"port": 2},
        "models": json.loads(provider.data["models.json"]),
        "agents": {"defaults": json.loads(provider.data["agents-defaults.json"])},
    }
