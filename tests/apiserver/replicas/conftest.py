"""An operator that reaches Services and pods, and the EndpointSlices of a test."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import cluster_dns
from tests.apiserver.slices import Slices
from tests.apiserver.workspace import Workspace
from tests.controlplane.plane import ControlPlane
from tests.operator_process import OperatorProcess
from tests.rights import held_to_its_rights


@pytest.fixture(scope="session")
def service_process(
    operator_kubeconfig: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OperatorProcess]:
    """Keep one operator for the modules in which Services and pods lead to this machine."""
    program = (sys.executable, str(cluster_dns.__file__))
    folder = tmp_path_factory.mktemp("services")
    process = OperatorProcess(operator_kubeconfig, folder, program=program)
    yield process
    process.kill()


@pytest.fixture(scope="module")
def operator(
    control_plane: ControlPlane, operator_process: OperatorProcess, service_process: OperatorProcess
) -> Iterator[OperatorProcess]:
    """Have an operator that reaches Services run in the place of that of the other tests."""
    operator_process.kill()
    with held_to_its_rights(control_plane, service_process):
        yield service_process
    service_process.kill()


@pytest.fixture
def slices(space: Workspace) -> Slices:
    return Slices(space)
