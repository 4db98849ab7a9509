"""An operator that reaches the Services of stand-ins, and one estate of namespaces per test."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests import cluster_dns
from tests.apiserver.catalogs.estate import Estate
from tests.apiserver.servers import Servers
from tests.controlplane.plane import ControlPlane
from tests.operator_process import NAMESPACE, OperatorProcess
from tests.rights import in_place_of


@pytest.fixture(scope="session")
def catalog_process(
    operator_kubeconfig: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OperatorProcess]:
    """Keep one operator for all modules; it believes that it runs in a pod's namespace."""
    folder = tmp_path_factory.mktemp("catalogs")
    options = ("--log-level=debug", f"--leader-election-namespace={NAMESPACE}")
    process = OperatorProcess(operator_kubeconfig, folder, *options, program=cluster_dns.PROGRAM)
    yield process
    process.kill()


@pytest.fixture(scope="module")
def operator(
    control_plane: ControlPlane, operator_process: OperatorProcess, catalog_process: OperatorProcess
) -> Iterator[OperatorProcess]:
    """Have it run in the place of the operator of the other tests."""
    with in_place_of(operator_process, catalog_process, control_plane) as operator:
        yield operator


@pytest.fixture
def estate(
    control_plane: ControlPlane, operator: OperatorProcess, servers: Servers
) -> Iterator[Estate]:
    assert operator.runs, operator.tail()
    with Estate(control_plane, servers, f"e{uuid4().hex[:5]}") as created:
        yield created
