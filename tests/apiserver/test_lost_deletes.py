"""Deletions that no watch tells, after a crash of the API server: no ghost is kept alive.

The operator is stopped while the server crashes, comes back and is asked to delete: its watches
then begin anew with lists, which say nothing of what is gone (measured: 0 of 2 arrive).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import pytest

from tests.apiserver.servers import Servers, ServerThread
from tests.apiserver.workspace import PROVIDERS, SOON, Provider, Workspace, soon, workspace
from tests.controlplane.audit import AuditEntries
from tests.controlplane.plane import ControlPlane
from tests.eventually import eventually_sync
from tests.operator_process import OperatorProcess
from tests.vllm_server import VllmServer

pytestmark = pytest.mark.timeout(300)

AUDITED_WITHIN = 60.0  # seconds: the re-list, two seconds to settle, and a busy machine
HOLD = "tests.openclaw-vllm.dev/hold"
GHOSTS = ("deleted-with-its-configmap", "deleted-alone", "collected-late")
ROBBED, CANARY = "robbed-of-its-configmap", "canary"


@dataclass(frozen=True)
class Gap:
    """What was there before the operator's watches were cut, and where the audit log was then."""

    space: Workspace
    server: VllmServer
    providers: dict[str, Provider]
    data: dict[str, str]
    mark: int
    asked: int  # how often the server was until then

    def has_listed_again(self, kind: str) -> bool:
        """Return whether the operator began to watch anew, with what there is now."""
        requests = self.space.asked_since(self.mark).of(kind, namespace="")
        return bool(requests.lists_of_watches())

    def writes(self, name: str) -> AuditEntries:
        """Return what the operator wrote about a provider from the gap on, for three intervals."""
        enough = self.asked + 3 * len(self.providers.keys() - set(GHOSTS))
        soon(lambda: self.server.count("/v1/models") >= enough, "three intervals pass")
        writes = self.space.asked_since(self.mark).writes()
        return AuditEntries(entry for entry in writes if entry.name.startswith(name))


@pytest.fixture(scope="module")
def gap(
    control_plane: ControlPlane, operator: OperatorProcess, server_thread: ServerThread
) -> Iterator[Gap]:
    """Cut the watches, delete behind the operator's back, and let it look again."""
    with (
        Servers(server_thread) as servers,
        workspace(control_plane, "a-gap-in-the-watches") as space,
    ):
        server = servers.start()
        names = (*GHOSTS, ROBBED, CANARY)
        providers = {name: space.provider(server, name) for name in names}
        for provider in providers.values():
            provider.is_ready()
        data, mark = providers[CANARY].data, control_plane.audit.mark()
        providers["collected-late"].damage(metadata={"finalizers": [HOLD]})
        operator.pause()
        try:
            outdate(space)
            control_plane.kill_apiserver()
            restart(space)
            delete_unseen(space, providers)
        finally:
            operator.resume()
        gap = Gap(space, server, providers, data, mark, server.count("/v1/models"))
        # the garbage collector was held back until the operator watches again, and believes that
        # the provider is there still: without a second thought, one would undo what the other does
        eventually_sync(lambda: gap.has_listed_again("configmaps"), within=AUDITED_WITHIN)
        providers["collected-late"].damage(metadata={"finalizers": []})
        yield gap


def outdate(space: Workspace) -> None:
    """Write what no watch of the operator tells, so that a new server finds its version too old."""
    for number in range(10):
        space.create("secrets", {"metadata": {"name": f"any-{number}"}})


def restart(space: Workspace) -> None:
    """Start the API server, and wait for the controllers too: they come back later."""
    space.plane.start_apiserver()
    space.delete("serviceaccounts", "default")
    soon(lambda: space.find("serviceaccounts", "default"), "the controllers work")


def delete_unseen(space: Workspace, providers: dict[str, Provider]) -> None:
    for name in (ROBBED, "deleted-with-its-configmap"):  # before the garbage collector does
        space.delete("configmaps", providers[name].config_map_name)
    for name in GHOSTS:
        providers[name].delete()
    late = providers["collected-late"]
    eventually_sync(lambda: space.find(PROVIDERS, late.name) is None, within=SOON)
    eventually_sync(
        lambda: "deletionTimestamp" in late.config_map()["metadata"],
        within=SOON,
        describe="the garbage collector deletes the ConfigMap",
    )


def test_the_gap_is_one_that_hides_deletions(gap: Gap) -> None:
    """Without this, the other tests would prove nothing: a watch that goes on tells everything."""
    for kind in (PROVIDERS, "configmaps"):
        soon(partial(gap.has_listed_again, kind), f"{kind} are listed again")


@pytest.mark.parametrize("name", GHOSTS)
def test_a_provider_that_went_unseen_is_dropped_and_nothing_is_written_for_it(
    name: str, gap: Gap, operator: OperatorProcess
) -> None:
    ghost = gap.providers[name]
    labels = {"namespace": gap.space.namespace, "name": name}
    eventually_sync(
        lambda: not operator.metric("vllmprovider_status_condition", **labels),
        within=AUDITED_WITHIN,
        describe=f"{name} leaves the cache",
    )
    eventually_sync(
        lambda: gap.space.find("configmaps", ghost.config_map_name) is None, within=SOON
    )
    assert gap.writes(name) == ()
    assert gap.space.find("configmaps", ghost.config_map_name) is None


def test_a_configmap_that_went_unseen_comes_back_with_one_write(gap: Gap) -> None:
    robbed = gap.providers[ROBBED]
    eventually_sync(
        lambda: gap.space.find("configmaps", robbed.config_map_name), within=AUDITED_WITHIN
    )
    assert [(w.verb, w.resource) for w in gap.writes(ROBBED)] == [("patch", "configmaps")]
    assert robbed.data == gap.data


def test_who_was_not_deleted_is_left_alone(gap: Gap) -> None:
    assert gap.writes(CANARY) == ()
    assert gap.providers[CANARY].data == gap.data


@pytest.mark.parametrize("name", GHOSTS)
def test_a_new_provider_of_a_name_that_went_unseen_works(name: str, gap: Gap) -> None:
    reborn = gap.space.provider(gap.server, name)
    reborn.is_ready()
    assert reborn.data == gap.data


def wait_for_a_probe(server: VllmServer) -> None:
    count = server.count("/v1/models")
    soon(lambda: server.count("/v1/models") > count, "the server is asked")


def test_a_crash_of_the_api_server_changes_nothing_and_loses_no_watch(
    space: Workspace, servers: Servers, operator: OperatorProcess
) -> None:
    server = servers.start()
    provider = space.provider(server)
    provider.is_ready()
    operator.wait_until_idle()
    before, mark = provider.config_map(), space.plane.audit.mark()
    with operator.outage():
        space.plane.kill_apiserver()
        wait_for_a_probe(server)
        restart(space)
    wait_for_a_probe(server)
    assert space.asked_since(mark).writes() == ()
    assert provider.config_map() == before
    provider.edit(discovery={"exclude": ["Qwen/*"]})
    provider.publishes("meta-llama/Llama-3.3-70B-Instruct")
