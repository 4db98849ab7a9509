"""Agents' pods are annotated when their ConfigMap changes: once each, and no other pod ever."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from openclaw_vllm.edges.kube.apiserver import ATTEMPTS
from tests import rbac
from tests.apiserver.servers import Servers
from tests.apiserver.workspace import Json, Workspace, soon
from tests.controlplane.plane import ControlPlane
from tests.operator_process import (
    ACCOUNT,
    NAMESPACE,
    USER,
    OperatorProcess,
    wait_for_right,
)
from tests.rights import assert_within_rights
from tests.vllm_server import Model

pytestmark = pytest.mark.timeout(240)

DIGEST = "openclaw-vllm.dev/config-digest"
REFRESH = "openclaw-vllm.dev/refresh"
CONFIG_MAP = "vllm-openclaw"
ROLE = "openclaw-vllm-mount-refresh"


@pytest.fixture
def rights(control_plane: ControlPlane) -> Iterator[None]:
    """Give the operator the right, and take it away afterwards."""
    items = rbac.mount_refresh(NAMESPACE, ROLE, ACCOUNT)
    manifest = json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
    control_plane.kubectl("apply", "-f", "-", input=manifest)
    wait_for_right(control_plane, USER, verb="patch", resource="pods")
    yield
    control_plane.kubectl("delete", "-f", "-", input=manifest)


@pytest.fixture
def process(
    home: Workspace, operator_kubeconfig: Path, tmp_path: Path
) -> Iterator[OperatorProcess]:
    started = OperatorProcess(operator_kubeconfig, tmp_path, "--mount-refresh")
    yield started
    started.kill()


def agent_pod(
    space: Workspace, name: str, *, config_map: str = CONFIG_MAP, mounted: str = CONFIG_MAP
) -> None:
    """Create an agent's pod; nothing schedules it here."""
    volume = {"name": "vllm", "configMap": {"name": mounted, "optional": True}}
    spec = {
        "containers": [{"name": "agent", "image": "agent"}],
        "volumes": [volume],
        "automountServiceAccountToken": False,
    }
    metadata = {"name": name, "labels": {REFRESH: config_map}}
    soon(lambda: space.find("serviceaccounts", "default"), "pods can be made")
    space.create("pods", {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})


def digest_of(space: Workspace, pod: str) -> str | None:
    metadata: Json = space.get("pods", pod)["metadata"]
    digest: str | None = metadata.get("annotations", {}).get(DIGEST)
    return digest


def published(space: Workspace) -> str:
    digest: str = space.get("configmaps", CONFIG_MAP)["metadata"]["annotations"][DIGEST]
    return digest


def warnings(space: Workspace, reason: str) -> list[str]:
    """Return the notes of the Events with this reason about the VllmProvider."""
    words = ("get", "events.events.k8s.io", "-o", "json")
    events: list[Json] = json.loads(space.kubectl(*words))["items"]
    return [each["note"] for each in events if each["reason"] == reason]


def consumers(space: Workspace) -> Any:
    return space.get("vllmproviders", "vllm")["status"].get("consumers")


def mentions(space: Workspace, pod: str) -> list[int]:
    """Return how often each Event about missing mounts names a pod."""
    return [note.count(f"pod {pod} has the label") for note in warnings(space, "RefreshNotMounted")]


@pytest.mark.usefixtures("rights")
def test_pods_are_annotated_once_for_each_change_and_never_at_rest(
    home: Workspace, servers: Servers, process: OperatorProcess
) -> None:
    mark = home.plane.audit.mark()
    process.start()
    server = servers.start(Model("a"))
    home.provider(server).is_ready()
    for name in ("one", "two"):
        agent_pod(home, name)
    agent_pod(home, "without-the-mount", mounted="other")
    agent_pod(home, "of-no-configmap", config_map="nothing", mounted="nothing")
    soon(lambda: consumers(home) == {"pods": 3, "current": 2}, "both pods are annotated")
    assert {digest_of(home, name) for name in ("one", "two")} == {published(home)}

    server.models = (Model("a"), Model("b"))
    before = published(home)
    soon(lambda: published(home) != before, "the ConfigMap changes")
    both = ("one", "two")
    soon(lambda: {digest_of(home, name) for name in both} == {published(home)}, "they know it")
    soon(lambda: consumers(home) == {"pods": 3, "current": 2}, "both pods are annotated again")

    home.delete("pods", "two")
    soon(lambda: consumers(home) == {"pods": 2, "current": 1}, "a pod that is gone counts no more")
    process.kill()
    process.start()
    home.provider(server, "second").is_ready()
    asked = home.plane.audit.since(mark).by(USER)
    assert_within_rights(process, asked)
    assert [(w.name, w.code) for w in asked.of("pods", namespace=home.namespace).writes()] == [
        (name, 200) for name in ("one", "two") * 2
    ]
    assert {digest_of(home, name) for name in ("without-the-mount", "of-no-configmap")} == {None}
    soon(lambda: mentions(home, "without-the-mount") == [1, 1], "each process names the pod once")


def test_without_the_right_one_event_and_the_condition_say_so(
    home: Workspace, servers: Servers, process: OperatorProcess
) -> None:
    """Listing is allowed, patching is not: what an administrator forgets."""
    plane = home.plane
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list", "watch"]}]
    role, binding = rbac.mount_refresh(NAMESPACE, ROLE, ACCOUNT)
    items = [role | {"rules": rules}, binding]
    manifest = json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
    plane.kubectl("apply", "-f", "-", input=manifest)
    try:
        wait_for_right(plane, USER, verb="watch", resource="pods")
        mark = plane.audit.mark()
        process.start()
        home.provider(servers.start(Model("a"))).is_ready()
        agent_pod(home, "one")
        soon(lambda: "pods are not refreshed" in message(home), "the condition says so")
        assert consumers(home) == {"pods": 1, "current": 0}
        asked = plane.audit.since(mark).by(USER).of("pods", namespace=home.namespace)
        assert {(w.verb, w.code) for w in asked.writes()} == {("patch", 403)}
        assert len(asked.writes()) <= ATTEMPTS
        assert len(warnings(home, "RefreshRefused")) == 1
    finally:
        plane.kubectl("delete", "-f", "-", input=manifest)


def message(space: Workspace) -> str:
    conditions = space.get("vllmproviders", "vllm")["status"]["conditions"]
    text: str = next(each["message"] for each in conditions if each["type"] == "ConfigPublished")
    return text
