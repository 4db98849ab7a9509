"""Twenty sources in twenty namespaces: nothing at rest, one write per change, even if killed."""

from collections.abc import Iterator
from time import sleep
from uuid import uuid4

import pytest

from tests.apiserver.catalogs.estate import Estate
from tests.apiserver.catalogs.fleet import HOMES, TEAMS, Fleet
from tests.apiserver.relists import restart_and_relist
from tests.apiserver.servers import Servers, ServerThread
from tests.apiserver.workspace import soon
from tests.controlplane.audit import AuditEntries
from tests.controlplane.plane import ControlPlane
from tests.operator_process import OperatorProcess
from tests.vllm_server import Model

pytestmark = pytest.mark.timeout(300)

ENDS_WITHIN = 10.0  # seconds, as the operator promises
# Seconds until the API server has answered what it was asked when the asker died. Measured: within
# 0.05, all with 504 in its audit log, and two of three of these writes had taken effect.
CUT_OFF = 1.0


@pytest.fixture(scope="module")
def fleet(
    control_plane: ControlPlane, operator: OperatorProcess, server_thread: ServerThread
) -> Iterator[Fleet]:
    """Start it under an operator that will not relist soon."""
    restart_and_relist(operator, control_plane)
    with (
        Servers(server_thread) as servers,
        Estate(control_plane, servers, f"f{uuid4().hex[:5]}") as estate,
    ):
        yield Fleet.start(estate)


def written(fleet: Fleet, mark: int) -> AuditEntries:
    """Return what the operator wrote since the mark."""
    return fleet.estate.asked_since(mark).writes()


def written_maps(fleet: Fleet, mark: int) -> list[str]:
    """Return the namespaces of the ConfigMaps written since, each as often as it was written."""
    return sorted(entry.namespace for entry in written(fleet, mark).of("configmaps"))


def test_intervals_without_a_change_ask_the_api_server_nothing(fleet: Fleet) -> None:
    before, mark = fleet.snapshot(), fleet.estate.plane.audit.mark()
    fleet.wait_for_probes(4)
    assert fleet.estate.asked_since(mark) == ()
    assert fleet.snapshot() == before


def test_a_change_of_one_source_costs_one_write_per_namespace(fleet: Fleet) -> None:
    mark = fleet.estate.plane.audit.mark()
    server = fleet.servers[-1]
    server.models = (*server.models, Model("org/new", 32768))
    soon(lambda: "org/new" in str(fleet.catalog.models), "the new model is everywhere")
    fleet.settles(2 * TEAMS)
    assert written_maps(fleet, mark) == sorted(home.namespace for home in fleet.homes)
    status = written(fleet, mark).of("vllmcatalogs", name=fleet.catalog.name)
    assert [entry.subresource for entry in status] == ["status"]


@pytest.mark.parametrize("end", ["SIGKILL", "SIGTERM"])
def test_a_restart_changes_no_byte_and_writes_nothing(
    fleet: Fleet, operator: OperatorProcess, end: str
) -> None:
    before = fleet.snapshot()
    if end == "SIGKILL":
        operator.kill()
    else:
        assert operator.stop(within=ENDS_WITHIN) == 0
    mark = fleet.estate.plane.audit.mark()
    operator.start()
    fleet.wait_for_probes(2)
    assert written(fleet, mark) == ()
    assert fleet.snapshot() == before


def test_a_restart_while_every_server_is_down_changes_no_byte(
    fleet: Fleet, operator: OperatorProcess
) -> None:
    before = fleet.catalog.config_maps()
    operator.kill()
    for server in fleet.servers:
        fleet.estate.servers.stop(server)
    operator.start()
    fleet.catalog.becomes(Ready="True Succeeded", SourcesReachable="False SourcesFailing")
    assert fleet.catalog.config_maps() == before
    for server in fleet.servers:
        fleet.estate.servers.restart(server)
    fleet.settles(2 * TEAMS)
    assert fleet.catalog.config_maps() == before


@pytest.mark.parametrize("point", [0, 1, 7, HOMES])
def test_killed_in_the_midst_of_a_change_it_ends_where_it_would_have(
    fleet: Fleet, operator: OperatorProcess, point: int
) -> None:
    """Each namespace is written to once in all, and again only where the kill undid the write."""
    mark, server = fleet.estate.plane.audit.mark(), fleet.servers[TEAMS]
    change = f"org/killed-at-{point}"
    server.models = (*server.models, Model(change, 32768))

    def unchanged() -> list[str]:
        maps = fleet.catalog.config_maps().items()
        return sorted(home for home, item in maps if change not in item["data"]["models.json"])

    soon(lambda: len(unchanged()) <= HOMES - point, f"{point} namespaces have the change")
    operator.kill()
    sleep(CUT_OFF)
    first = written_maps(fleet, mark)
    assert len(first) == len(set(first))
    owed, restart = unchanged(), fleet.estate.plane.audit.mark()
    operator.start()
    soon(lambda: not unchanged(), "all have it")
    fleet.settles(2 * TEAMS)
    assert written_maps(fleet, restart) == owed
    others = [entry for entry in written(fleet, mark) if entry.resource != "configmaps"]
    assert {entry.subresource for entry in others} <= {"status", ""}
    before, mark = fleet.snapshot(), fleet.estate.plane.audit.mark()
    fleet.wait_for_probes(1)
    assert written(fleet, mark) == ()
    assert fleet.snapshot() == before


def test_killed_while_namespaces_and_sources_come_and_go_it_ends_where_it_would_have(
    fleet: Fleet, operator: OperatorProcess
) -> None:
    """What happened while it was away, it does at its return."""
    leaves, team = fleet.homes[0], fleet.teams[0]
    operator.kill()
    fleet.estate.label(leaves, agents="others")
    new = fleet.estate.agents("new")
    team.delete("services", "qwen")
    operator.start()
    fleet.settles(2 * TEAMS - 1)
    assert leaves.namespace not in fleet.catalog.targets
    assert new.namespace in fleet.catalog.targets
