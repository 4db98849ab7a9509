"""Deletions that no watch tells, after a crash of the API server: no ghost is kept alive.

The operator is stopped while the server crashes, comes back and is asked to delete: its watches
then begin anew with lists, which say nothing of what is gone (measured: 0 of 2 arrive).
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.apiserver.servers import Servers
from tests.apiserver.workspace import PROVIDERS, SOON, Provider, Workspace
from tests.eventually import eventually_sync
from tests.operator_process import OperatorProcess
from tests.vllm_server import VllmServer

pytestmark = pytest.mark.timeout(240)

AUDITED_WITHIN = 60.0  # seconds: the re-list, two seconds to settle, and a busy machine
CANARY_PROBES = 3


@contextmanager
def blindfolded(space: Workspace, operator: OperatorProcess) -> Iterator[None]:
    """Have the API server crash and return, and the operator see nothing of what the block does."""
    operator.pause()
    try:
        space.plane.kill_apiserver()
        space.plane.start_apiserver()
        yield
    finally:
        operator.resume()


def two(space: Workspace, server: VllmServer) -> tuple[Provider, Provider]:
    """Return one that shall go, and one whose probes tell the time."""
    ghost, canary = (space.provider(server, name) for name in ("ghost", "canary"))
    for provider in (ghost, canary):
        provider.is_ready()
    return ghost, canary


def is_gone(space: Workspace, plural: str, name: str) -> bool:
    return space.find(plural, name) is None


def wait_until_dropped(operator: OperatorProcess, ghost: Provider) -> None:
    """Wait until the operator's cache does not know the VllmProvider any more."""
    labels = {"namespace": ghost.space.namespace, "name": ghost.name}
    eventually_sync(
        lambda: not operator.metric("vllmprovider_status_condition", **labels),
        within=AUDITED_WITHIN,
        describe=f"{ghost.name} leaves the cache",
    )


def wait_for_probes(server: VllmServer) -> None:
    before = server.count("/v1/models")
    eventually_sync(
        lambda: server.count("/v1/models") >= before + CANARY_PROBES, within=60, describe="probes"
    )


@pytest.mark.parametrize("deleted", ["both", "the provider alone"])
def test_a_provider_that_went_unseen_is_not_kept_alive(
    deleted: str, space: Workspace, servers: Servers, operator: OperatorProcess
) -> None:
    server = servers.start()
    ghost, canary = two(space, server)
    published = canary.config_map()
    mark = space.plane.audit.mark()
    with blindfolded(space, operator):
        ghost.delete()
        if deleted == "both":
            space.delete("configmaps", ghost.config_map_name)
    wait_until_dropped(operator, ghost)
    eventually_sync(lambda: is_gone(space, "configmaps", ghost.config_map_name), within=SOON)
    wait_for_probes(server)
    assert space.asked_since(mark).writes() == ()
    assert is_gone(space, "configmaps", ghost.config_map_name)
    assert canary.config_map() == published
    reborn = space.provider(server, "ghost")
    reborn.is_ready()
    assert reborn.models


def test_a_configmap_that_went_unseen_comes_back_once(
    space: Workspace, servers: Servers, operator: OperatorProcess
) -> None:
    server = servers.start()
    robbed, canary = two(space, server)
    data, mark = robbed.data, space.plane.audit.mark()
    with blindfolded(space, operator):
        space.delete("configmaps", robbed.config_map_name)
    eventually_sync(
        lambda: not is_gone(space, "configmaps", robbed.config_map_name), within=AUDITED_WITHIN
    )
    wait_for_probes(server)
    writes = space.asked_since(mark).writes()
    assert [(w.verb, w.resource, w.name) for w in writes] == [
        ("patch", "configmaps", robbed.config_map_name)
    ]
    assert robbed.data == data
    canary.is_ready()


def test_a_collected_configmap_is_not_made_again_for_a_provider_that_went_unseen(
    space: Workspace, servers: Servers, operator: OperatorProcess
) -> None:
    """The garbage collector is held back until the operator looks again: the two would race."""
    server = servers.start()
    ghost, _ = two(space, server)
    ghost.damage(metadata={"finalizers": ["tests.openclaw-vllm.dev/hold"]})
    mark = space.plane.audit.mark()
    with blindfolded(space, operator):
        ghost.delete()
        eventually_sync(lambda: is_gone(space, PROVIDERS, "ghost"), within=SOON)
        eventually_sync(
            lambda: "deletionTimestamp" in ghost.config_map()["metadata"],
            within=SOON,
            describe="the garbage collector deletes the ConfigMap",
        )
    ghost.damage(metadata={"finalizers": []})
    wait_until_dropped(operator, ghost)
    wait_for_probes(server)
    assert space.asked_since(mark).writes() == ()
    assert is_gone(space, "configmaps", ghost.config_map_name)


def test_a_crash_of_the_api_server_changes_nothing_and_blinds_nobody(
    space: Workspace, servers: Servers, operator: OperatorProcess
) -> None:
    server = servers.start()
    two_of_them = two(space, server)
    before, mark = [p.config_map() for p in two_of_them], space.plane.audit.mark()
    space.plane.kill_apiserver()
    wait_for_probes(server)
    space.plane.start_apiserver()
    wait_for_probes(server)
    assert space.asked_since(mark).writes() == ()
    assert [provider.config_map() for provider in two_of_them] == before
    for provider in two_of_them:
        provider.edit(discovery={"exclude": ["Qwen/*"]})
        provider.publishes("meta-llama/Llama-3.3-70B-Instruct")
