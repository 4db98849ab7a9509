"""Whose ConfigMap it is: what is not ours is never touched, and of two who want one name, one."""

from datetime import UTC, datetime

import pytest

from tests.apiserver.servers import Servers
from tests.apiserver.workspace import Json, Provider, Workspace
from tests.eventually import eventually_sync
from tests.operator_process import OperatorProcess

NOT_OWNED = {"ConfigPublished": "False NotOwned", "Stalled": "True NotOwned"}
IMMUTABLE = {"ConfigPublished": "False Immutable", "Stalled": "True Immutable"}
SHARED = {"output": {"configMapName": "shared"}}
OWN_LABELS = {
    "app.kubernetes.io/managed-by": "openclaw-vllm-operator",
    "app.kubernetes.io/part-of": "openclaw-vllm",
}

FOREIGN: dict[str, Json] = {
    "plain": {},
    "in-the-watch": {"labels": {"app.kubernetes.io/part-of": "openclaw-vllm"}},
    "of-another-provider": {"labels": {**OWN_LABELS, "openclaw-vllm.dev/provider": "another"}},
    "of-a-deployment": {
        "labels": {**OWN_LABELS, "openclaw-vllm.dev/provider": "vllm"},
        "ownerReferences": [
            {
                "apiVersion": "v1",
                "kind": "Namespace",
                "name": "kube-system",
                "uid": "",
                "controller": True,
            }
        ],
    },
}


def foreign(space: Workspace, kind: str = "plain") -> Json:
    """Build a ConfigMap of the name that we want; its owner, if any, exists."""
    metadata = {"name": "vllm-openclaw", **FOREIGN[kind]}
    for owner in metadata.get("ownerReferences", ()):
        system = space.plane.admin.request("GET", "/api/v1/namespaces/kube-system")
        owner["uid"] = system["metadata"]["uid"]
    return {"metadata": metadata, "data": {"openclaw.json": "theirs"}}


def owner_of(provider: Provider) -> str:
    return str(provider.config_map()["metadata"]["ownerReferences"][0]["name"])


@pytest.mark.parametrize("kind", FOREIGN)
def test_a_foreign_configmap_is_never_touched_and_its_removal_heals(
    kind: str, space: Workspace, servers: Servers
) -> None:
    other = space.create("configmaps", foreign(space, kind))
    provider = space.provider(servers.start())
    provider.becomes(**NOT_OWNED, ServerReachable="True Succeeded")
    assert "vllm-openclaw" in provider.message("Ready")
    provider.edit(discovery={"exclude": ["Qwen/*"]})
    provider.becomes(**NOT_OWNED)
    assert provider.config_map() == other
    space.delete("configmaps", "vllm-openclaw")
    provider.is_ready()
    provider.publishes("meta-llama/Llama-3.3-70B-Instruct")


def test_a_foreign_configmap_in_the_place_of_ours_is_never_touched(
    space: Workspace, servers: Servers, operator: OperatorProcess
) -> None:
    provider = space.provider(servers.start())
    provider.is_ready()
    operator.pause()
    space.delete("configmaps", "vllm-openclaw")
    other = space.create("configmaps", foreign(space))
    operator.resume()
    provider.becomes(**NOT_OWNED)
    assert provider.config_map() == other


def test_an_immutable_configmap_waits_for_a_person(space: Workspace, servers: Servers) -> None:
    provider = space.provider(servers.start())
    provider.is_ready()
    frozen = provider.damage(immutable=True)
    provider.becomes(**IMMUTABLE)
    provider.edit(discovery={"exclude": ["Qwen/*"]})
    provider.becomes(**IMMUTABLE)
    assert provider.config_map() == frozen
    space.delete("configmaps", "vllm-openclaw")
    provider.is_ready()
    provider.publishes("meta-llama/Llama-3.3-70B-Instruct")


def test_of_two_that_want_one_name_the_older_keeps_it(space: Workspace, servers: Servers) -> None:
    server = servers.start()
    older = space.provider(server, "older", **SHARED)
    created = older.is_ready()["metadata"]["creationTimestamp"]
    born = datetime.fromisoformat(created)
    eventually_sync(lambda: (datetime.now(UTC) - born).total_seconds() > 1, within=10)
    younger = space.provider(server, "younger", **SHARED)
    younger.becomes(**NOT_OWNED)
    assert "older" in younger.message("Ready")
    assert owner_of(older) == "older"
    older.edit(discovery={"exclude": ["Qwen/*"]})
    older.publishes("meta-llama/Llama-3.3-70B-Instruct")
    older.delete()
    younger.is_ready()
    assert owner_of(younger) == "younger"


def test_a_label_of_ours_brings_an_orphan_back(space: Workspace, servers: Servers) -> None:
    """A restored backup has our labels and no owner: it is taken over, not refused."""
    labels = {**OWN_LABELS, "openclaw-vllm.dev/provider": "vllm"}
    orphan = {"metadata": {"name": "vllm-openclaw", "labels": labels}, "data": {}}
    before = space.create("configmaps", orphan)["metadata"]["uid"]
    provider = space.provider(servers.start())
    provider.is_ready()
    assert provider.config_map()["metadata"]["uid"] == before
    assert owner_of(provider) == "vllm"


def test_a_provider_deleted_as_an_orphan_leaves_its_configmap(
    space: Workspace, servers: Servers
) -> None:
    provider = space.provider(servers.start())
    provider.is_ready()
    before = provider.data
    space.kubectl("delete", "vllmprovider", "vllm", "--cascade=orphan", "--wait")
    eventually_sync(lambda: "ownerReferences" not in provider.config_map()["metadata"], within=30)
    assert provider.data == before
