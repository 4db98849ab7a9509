"""What changes nothing costs nothing: ten intervals, a crash and a restart, seen by the server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.apiserver.fleet import COUNTS, Fleet
from tests.apiserver.servers import Servers, ServerThread
from tests.apiserver.workspace import workspace
from tests.controlplane.plane import ControlPlane
from tests.operator_process import OperatorProcess

pytestmark = pytest.mark.timeout(300)

INTERVALS = 10
ENDS_WITHIN = 10.0  # seconds, as the operator promises


@pytest.fixture(scope="module")
def fleet(
    control_plane: ControlPlane, operator: OperatorProcess, server_thread: ServerThread
) -> Iterator[Fleet]:
    """Start fifty VllmProviders, some of them down, and an operator that will not audit soon."""
    operator.kill()
    operator.start()
    with Servers(server_thread) as servers, workspace(control_plane, "a-fleet-that-stays") as space:
        yield Fleet.start(space, servers)


def test_ten_intervals_without_a_change_ask_the_api_server_nothing(fleet: Fleet) -> None:
    details = {sort: server.count("/version") for sort, server in fleet.servers.items()}
    before, mark = fleet.snapshot(), fleet.space.plane.audit.mark()
    fleet.wait_for_probes(INTERVALS)
    assert fleet.space.asked_since(mark) == ()
    assert fleet.snapshot() == before
    assert {sort: server.count("/version") for sort, server in fleet.servers.items()} == details


@pytest.mark.parametrize("end", ["SIGKILL", "SIGTERM"])
def test_a_restart_changes_no_byte_and_writes_nothing(
    fleet: Fleet, operator: OperatorProcess, end: str
) -> None:
    before = fleet.snapshot()
    assert len(before) >= 2 * sum(count for count, _ in COUNTS.values())
    if end == "SIGKILL":
        operator.kill()
    else:
        assert operator.stop(within=ENDS_WITHIN) == 0
    mark = fleet.space.plane.audit.mark()
    operator.start()
    fleet.wait_for_probes(2)
    fleet.settle()
    assert fleet.space.asked_since(mark).writes() == ()
    assert fleet.snapshot() == before


def test_two_operators_at_once_write_nothing_either(
    fleet: Fleet, operator_kubeconfig: Path, tmp_path: Path
) -> None:
    """As during a rolling update."""
    second = OperatorProcess(operator_kubeconfig, tmp_path)
    before, mark = fleet.snapshot(), fleet.space.plane.audit.mark()
    try:
        second.start()
        fleet.wait_for_probes(4)  # two of each
    finally:
        second.kill()
    assert fleet.space.asked_since(mark).writes() == ()
    assert fleet.snapshot() == before
    assert second.bugs() == []


def test_a_restarted_operator_still_works(fleet: Fleet) -> None:
    provider = fleet.providers["shuffled-0"]
    provider.edit(discovery={"exclude": ["org/a"]})
    provider.publishes("org/b", "org/c", "org/d", "org/e", "org/f")
