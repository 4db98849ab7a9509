"""Vandalism: whatever is done to a published ConfigMap is undone within a second, by no probe."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.apiserver.servers import Servers, ServerThread
from tests.apiserver.workspace import Provider, Workspace, soon, workspace
from tests.controlplane.plane import ControlPlane
from tests.operator_process import OperatorProcess
from tests.vllm_server import Hang, VllmServer

Json = dict[str, Any]

REPAIRED_WITHIN = 1.5  # seconds: a second is promised; the machine is shared
RARELY = {"interval": "10m"}
PART_OF = "app.kubernetes.io/part-of"

DAMAGE: dict[str, Json | None] = {
    "deleted": None,
    "data-edited": {"data": {"openclaw.json": "{}"}},
    "key-removed": {"data": {"models.json": None}},
    "all-data-removed": {"data": None},
    "labels-removed": {"metadata": {"labels": None}},
    "label-of-the-watch-changed": {"metadata": {"labels": {PART_OF: "another"}}},
    "annotations-removed": {"metadata": {"annotations": None}},
    "owner-removed": {"metadata": {"ownerReferences": None}},
    "owner-and-data-removed": {"metadata": {"ownerReferences": None}, "data": None},
}


def own_fields(config_map: Json) -> Json:
    """Return what is ours of a ConfigMap: all but its identity and its history."""
    metadata = config_map["metadata"]
    fields = ("labels", "annotations", "ownerReferences")
    return {"data": config_map.get("data"), **{field: metadata.get(field) for field in fields}}


def vandalize(provider: Provider, damage: Json | None) -> None:
    if damage is None:
        provider.space.delete("configmaps", provider.config_map_name)
    else:
        provider.damage(**damage)


def becomes(provider: Provider, expected: Json) -> None:
    """Wait until its ConfigMap is this, in all that is ours."""

    def so() -> bool:
        result = provider.space.find("configmaps", provider.config_map_name)
        return result is not None and own_fields(result) == expected

    soon(so, "the ConfigMap is as it was")


def assert_repairs(provider: Provider, damage: Json | None) -> None:
    """Damage it, and wait until it is as it was; what it takes is measured from the answer on."""
    before = own_fields(provider.config_map())
    vandalize(provider, damage)
    start = time.monotonic()
    becomes(provider, before)
    assert time.monotonic() - start < REPAIRED_WITHIN


def fail(servers: Servers, server: VllmServer, how: str) -> None:
    match how:
        case "is down":
            servers.stop(server)
        case "hangs":
            server.fault = Hang()


@pytest.mark.alone
@pytest.mark.parametrize("how", ["works", "is down", "hangs"])
def test_damage_is_repaired_at_once_while_the_server(
    how: str, space: Workspace, servers: Servers
) -> None:
    server = servers.start()
    provider = space.provider(server, discovery=RARELY)
    provider.is_ready()
    fail(servers, server, how)
    count = len(server.seen)
    for damage in DAMAGE.values():
        assert_repairs(provider, damage)
    assert len(server.seen) == count


@pytest.mark.alone
def test_damage_is_repaired_while_nothing_new_may_be_published(
    space: Workspace, servers: Servers
) -> None:
    provider = space.provider(servers.start(), discovery=RARELY)
    provider.is_ready()
    provider.edit(discovery=RARELY | {"maxModels": 1})
    refused = {"ConfigPublished": "False TooManyModels", "Ready": "False TooManyModels"}
    provider.becomes(**refused)
    for damage in DAMAGE.values():
        assert_repairs(provider, damage)
    provider.becomes(**refused)


@pytest.fixture(scope="module")
def damaged_at_the_start(
    control_plane: ControlPlane, operator: OperatorProcess, server_thread: ServerThread
) -> Iterator[dict[str, tuple[Provider, Json]]]:
    """Return what was damaged after an operator had read it and before it watched; the server is
    down."""
    with (
        Servers(server_thread) as servers,
        workspace(control_plane, "damage-at-the-start") as space,
    ):
        server = servers.start()
        providers = {name: space.provider(server, name, discovery=RARELY) for name in DAMAGE}
        for provider in providers.values():
            provider.is_ready()
        before = {name: own_fields(provider.config_map()) for name, provider in providers.items()}
        servers.stop(server)
        operator.kill()
        mark = control_plane.audit.mark()
        operator.launch()
        soon(lambda: space.asked_since(mark).of("configmaps"), "the ConfigMaps are read")
        for name, damage in DAMAGE.items():
            vandalize(providers[name], damage)
        operator.wait_until_ready()
        yield {name: (provider, before[name]) for name, provider in providers.items()}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_while_an_operator_starts_is_repaired_although_the_server_is_down(
    damage: str, damaged_at_the_start: dict[str, tuple[Provider, Json]]
) -> None:
    becomes(*damaged_at_the_start[damage])


def test_what_others_add_survives(space: Workspace, servers: Servers) -> None:
    provider = space.provider(servers.start())
    provider.is_ready()
    before = provider.data
    other = {"extra.json": "[]", "openclaw.json": "{}"}
    provider.damage(data=other, metadata={"labels": {"team": "a"}, "annotations": {"note": "b"}})
    soon(lambda: provider.data["openclaw.json"] == before["openclaw.json"])
    provider.edit(discovery={"exclude": ["Qwen/*"]})
    provider.publishes("meta-llama/Llama-3.3-70B-Instruct")
    result = provider.config_map()
    assert result["data"]["extra.json"] == "[]"
    assert result["metadata"]["labels"]["team"] == "a"
    assert result["metadata"]["annotations"]["note"] == "b"


def force_in(provider: Provider, times: int) -> None:
    """Put the text of a ConfigMap that is committed to Git in place of ours, as Flux does at each
    interval and `kubectl apply` may, and wait until ours is back each time."""
    ours = own_fields(provider.config_map())
    metadata = {"name": provider.config_map_name, "namespace": provider.space.namespace}
    in_git = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
    text = json.dumps({**in_git, "data": {"openclaw.json": "{}"}})
    force = ("apply", "--server-side", "--force-conflicts", "--field-manager=git", "-f", "-")
    for _ in range(times):
        provider.space.plane.kubectl(*force, input=text)
        becomes(provider, ours)


CONTESTED = {"Ready": "False Contested", "Stalled": "True Contested"}


def test_a_text_that_is_forced_in_again_and_again_is_said_with_its_manager(
    space: Workspace, servers: Servers
) -> None:
    provider = space.provider(servers.start())
    provider.is_ready()
    force_in(provider, 3)
    provider.becomes(**CONTESTED)
    assert "field manager git has overwritten" in provider.message("ConfigPublished")
    force_in(provider, 1)


def test_a_contest_goes_on_after_a_restart_which_writes_nothing(
    space: Workspace, servers: Servers, operator: OperatorProcess
) -> None:
    provider = space.provider(server := servers.start())
    provider.is_ready()
    force_in(provider, 3)
    provider.becomes(**CONTESTED)
    operator.wait_until_idle()
    assert operator.stop() == 0
    mark, count = space.plane.audit.mark(), server.count("/v1/models")
    operator.start()
    soon(lambda: server.count("/v1/models") > count, "the server is asked")
    operator.wait_until_idle()
    assert space.asked_since(mark).writes() == ()
    provider.becomes(**CONTESTED)
    force_in(provider, 1)
    soon(lambda: "overwritten ConfigMap vllm-openclaw 4 times" in provider.message("Ready"))


def test_additions_alone_are_no_damage(
    space: Workspace, servers: Servers, operator: OperatorProcess
) -> None:
    server = servers.start()
    provider = space.provider(server)
    provider.is_ready()
    operator.wait_until_idle()
    mark = space.plane.audit.mark()
    provider.damage(data={"extra.json": "[]"}, metadata={"labels": {"team": "a"}})
    count = server.count("/v1/models")
    soon(lambda: server.count("/v1/models") > count)
    assert space.asked_since(mark).writes() == ()
