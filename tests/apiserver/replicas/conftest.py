"""An operator that reaches Services and pods, and the EndpointSlices of a test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import cluster_dns
from tests.apiserver.slices import Slices
from tests.apiserver.workspace import Workspace
from tests.controlplane.plane import ControlPlane
from tests.operator_process import OperatorProcess
from tests.rights import in_place_of


@pytest.fixture(scope="session")
def service_process(
    operator_kubeconfig: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OperatorProcess]:
    """Keep one operator for the modules in which Services and pods lead to this machine."""
    folder = tmp_path_factory.mktemp("services")
    process = OperatorProcess(operator_kubeconfig, folder, program=cluster_dns.PROGRAM)
    yield process
    process.kill()


@pytest.fixture(scope="module")
def operator(
    control_plane: ControlPlane, operator_process: OperatorProcess, service_process: OperatorProcess
) -> Iterator[OperatorProcess]:
    """Have an operator that reaches Services run in the place of that of the other tests."""
    with in_place_of(operator_process, service_process, control_plane) as operator:
        yield operator


@pytest.fixture
def slices(space: Workspace) -> Slices:
    return Slices(space)
