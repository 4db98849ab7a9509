"""Two shards of VllmProviders: each object is served by one, also when its label changes.

Each shard has an account of its own here, so that the audit log tells them apart.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests import rbac
from tests.apiserver.resident import Resident
from tests.apiserver.servers import Servers
from tests.apiserver.workspace import PROVIDERS, Json, Provider, Workspace, soon
from tests.rights import assert_within_rights
from tests.vllm_server import Model, VllmServer

pytestmark = pytest.mark.timeout(240)

LABEL = "openclaw-vllm.dev/shard"
NAMED, REST = f"{LABEL}=red", f"{LABEL} notin (red)"


class Shard(Resident):
    """An operator of the VllmProviders that a selector selects, with a Lease of its own."""

    def __init__(self, space: Workspace, folder: Path, lease: str, selector: str) -> None:
        self.lease = lease
        super().__init__(
            space,
            folder,
            f"--shard-selector={selector}",
            "--leader-elect",
            f"--leader-election-namespace={space.namespace}",
            f"--leader-election-id={lease}",
        )
        self.grant(_leader_election(space.namespace, lease, self.account))
        self.may(verb="update", group="coordination.k8s.io", resource="leases", name=lease)

    def writes(self, name: str) -> int:
        """Return how often it wrote a VllmProvider's status or its ConfigMap."""
        writes = self.asked.writes()
        return len(writes.of(PROVIDERS, name=name)) + len(
            writes.of("configmaps", name=f"{name}-openclaw")
        )

    @property
    def has_compared(self) -> bool:
        """Whether it has compared its cache with the cluster, after it was filled."""
        return any(entry.verb == "list" for entry in self.asked.of(PROVIDERS))


def _leader_election(namespace: str, lease: str, account: str) -> list[rbac.Manifest]:
    """Give the account what the chart gives the operators of shards: its own Lease."""
    role, binding = rbac.leader_election(namespace, f"{account}-leader", account)
    named = [rule | {"resourceNames": [lease]} for rule in role["rules"] if "resourceNames" in rule]
    others = [rule for rule in role["rules"] if "resourceNames" not in rule]
    return [role | {"rules": [*others, *named]}, binding]


@contextmanager
def working(space: Workspace, folder: Path, lease: str, selector: str) -> Iterator[Shard]:
    shard = Shard(space, folder, lease, selector)
    try:
        shard.start()
        yield shard
        assert_within_rights(shard, shard.asked)
    finally:
        shard.kill()


@pytest.fixture
def shards(home: Workspace, tmp_path: Path) -> Iterator[tuple[Shard, Shard]]:
    """Start the shard of a label, and the one of all without it."""
    with (
        working(home, tmp_path, "shard-red", NAMED) as named,
        working(home, tmp_path, "shard-rest", REST) as rest,
    ):
        soon(lambda: named.has_compared and rest.has_compared)
        yield named, rest


def move(provider: Provider, shard: str | None) -> None:
    labels = {"metadata": {"labels": {LABEL: shard}}}
    provider.space.patch(PROVIDERS, provider.name, labels)


def labelled(space: Workspace, server: VllmServer, name: str, shard: str | None) -> Provider:
    """Create a VllmProvider of a shard, from its first moment on."""
    metadata = {"name": name, "labels": {} if shard is None else {LABEL: shard}}
    spec = {"baseUrl": server.base_url, "discovery": {"interval": "5s"}}
    manifest = {"apiVersion": f"{LABEL.partition('/')[0]}/v1alpha1", "kind": "VllmProvider"}
    space.create(PROVIDERS, {**manifest, "metadata": metadata, "spec": spec})
    return Provider(space, name, f"{name}-openclaw")


def published(provider: Provider) -> tuple[Json, Json]:
    """Return what must not change when an object moves: the whole ConfigMap, and the status."""
    return provider.config_map(), provider.status


def test_each_object_is_served_by_one_shard_and_none_by_nobody(
    shards: tuple[Shard, Shard], home: Workspace, servers: Servers
) -> None:
    named, rest = shards
    server = servers.start()
    of_shard: dict[str, tuple[str | None, Shard]] = {
        "a": ("red", named),
        "b": ("blue", rest),
        "c": ("", rest),
        "d": (None, rest),
    }
    for name, (label, _) in of_shard.items():
        labelled(home, server, name, label).is_ready()
    for name, (_, shard) in of_shard.items():
        other = rest if shard is named else named
        assert (shard.writes(name) > 0, other.writes(name)) == (True, 0), name


def test_an_object_that_moves_changes_hands_without_a_changed_byte(
    shards: tuple[Shard, Shard], home: Workspace, servers: Servers
) -> None:
    named, rest = shards
    server = servers.start(Model("org/one"))
    provider = labelled(home, server, "moving", "red")
    provider.is_ready()
    for shard, to, before in ((rest, "blue", named), (named, "red", rest)):
        as_it_was, wrote = published(provider), before.writes("moving")
        move(provider, to)
        provider.probe(server)
        assert published(provider) == as_it_was
        server.models = (*server.models, Model(f"org/of-{to}"))
        provider.publishes(*(model.id for model in server.models))
        provider.is_ready()
        assert before.writes("moving") == wrote
        assert shard.writes("moving")


def test_an_object_moves_as_it_is_published_and_not_as_it_was_when_the_shard_started(
    home: Workspace, servers: Servers, tmp_path: Path
) -> None:
    server = servers.start(Model("org/old"))
    with working(home, tmp_path, "shard-red", NAMED):
        provider = labelled(home, server, "moving", "red")
        provider.is_ready()
        with working(home, tmp_path, "shard-rest", REST) as rest:
            soon(lambda: rest.has_compared)
            server.models = (Model("org/new"), Model("org/old"))
            provider.publishes("org/new", "org/old")
            provider.is_ready()
            servers.stop(server)
            provider.becomes(Ready="False ConnectionFailed")
            as_it_was = published(provider)
            move(provider, None)
            provider.annotate(requested_at="now")
            soon(lambda: rest.metric("vllmprovider_probe_total", name="moving"), "it is probed")
            servers.restart(server)
            provider.is_ready()
            assert provider.config_map() == as_it_was[0]


def test_a_shard_that_starts_again_writes_nothing(
    shards: tuple[Shard, Shard], home: Workspace, servers: Servers
) -> None:
    named, _ = shards
    server = servers.start()
    provider = labelled(home, server, "stays", "red")
    provider.is_ready()
    as_it_was, wrote = published(provider), named.writes("stays")
    assert named.stop() == 0
    named.start()
    provider.probe(server)
    assert (published(provider), named.writes("stays")) == (as_it_was, wrote)
