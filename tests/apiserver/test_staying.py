"""What changes nothing costs nothing: ten intervals, a crash and a restart, seen by the server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.apiserver.fleet import COUNTS, Fleet
from tests.apiserver.relists import restart_and_relist
from tests.apiserver.servers import BOTH, Servers, ServerThread
from tests.apiserver.workspace import Workspace, soon, workspace
from tests.controlplane.plane import ControlPlane
from tests.operator_process import OperatorProcess
from tests.vllm_server import Model, VllmServer

pytestmark = pytest.mark.timeout(300)

INTERVALS = 10
ENDS_WITHIN = 10.0  # seconds, as the operator promises


@pytest.fixture(scope="module")
def fleet(
    control_plane: ControlPlane, operator: OperatorProcess, server_thread: ServerThread
) -> Iterator[Fleet]:
    """Start fifty VllmProviders, some of them down, and an operator that will not relist soon."""
    restart_and_relist(operator, control_plane)
    with Servers(server_thread) as servers, workspace(control_plane, "a-fleet-that-stays") as space:
        yield Fleet.start(space, servers)


def test_ten_intervals_without_a_change_ask_the_api_server_nothing(fleet: Fleet) -> None:
    details = {sort: server.count("/version") for sort, server in fleet.servers.items()}
    before, mark = fleet.snapshot(), fleet.space.plane.audit.mark()
    fleet.wait_for_probes(INTERVALS)
    requests = fleet.space.asked_since(mark)
    # Of a kind without an event since the API server's start comes no bookmark: no VllmCatalog, and
    # the one slice is of before. kopf opens their watches anew after 70 s of silence.
    reopened = requests.resumed_watches()
    assert requests == reopened
    for kind in {entry.resource for entry in reopened}:
        assert kind in ("vllmcatalogs", "endpointslices")
        assert len(reopened.of(kind)) <= 1
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
    """As when the pod of a lost node was deleted by force and goes on."""
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


class TornServer(VllmServer):
    """Tells only every second one who asks of its last model, until it tells all."""

    torn = True

    def _listed(self) -> tuple[Model, ...]:
        odd = self.count("/v1/models") % 2
        return self.models[:-1] if self.torn and odd else self.models


def test_two_operators_that_know_differently_do_not_undo_each_others_work_without_a_pause(
    space: Workspace, servers: Servers, operator_kubeconfig: Path, tmp_path: Path
) -> None:
    """Each may write when it was asked itself, once an interval; a fight would never end."""
    server = servers.take(TornServer(models=BOTH))
    provider = space.provider(server, discovery={"interval": "5s", "removeAfter": 1})
    second = OperatorProcess(operator_kubeconfig, tmp_path)
    try:
        second.start()
        provider.is_ready()
        mark, count = space.plane.audit.mark(), server.count("/v1/models")
        soon(lambda: server.count("/v1/models") >= count + 8, "they have asked eight times")
        writes = space.asked_since(mark).writes()
        assert len(writes.of("configmaps")) <= 8
        assert len(writes) <= 3 * 8
        server.torn = False
        provider.publishes(*(model.id for model in BOTH))
    finally:
        second.kill()
    assert second.bugs() == []


def test_a_restarted_operator_still_works(fleet: Fleet) -> None:
    provider = fleet.providers["shuffled-0"]
    provider.edit(discovery={"exclude": ["org/a"]})
    provider.publishes("org/b", "org/c", "org/d", "org/e", "org/f")
