"""One operator per module, held to its rights; one namespace and one set of servers per test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.apiserver.documented import Shell
from tests.apiserver.node import Node
from tests.apiserver.proxy import Proxy
from tests.apiserver.servers import Servers, ServerThread
from tests.apiserver.workspace import Workspace
from tests.controlplane.plane import ControlPlane
from tests.operator_process import OperatorProcess, grant
from tests.rights import held_to_its_rights


@pytest.fixture(scope="session")
def operator_kubeconfig(control_plane: ControlPlane) -> Path:
    """Give the operator's account the chart's rights, once."""
    return grant(control_plane)


@pytest.fixture(scope="session")
def operator_process(
    operator_kubeconfig: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OperatorProcess]:
    """Keep one operator for all modules; it logs as much as it can, for keys to be looked for."""
    folder = tmp_path_factory.mktemp("operator")
    process = OperatorProcess(operator_kubeconfig, folder, "--log-level=debug")
    yield process
    process.kill()


@pytest.fixture(scope="module")
def operator(
    control_plane: ControlPlane, operator_process: OperatorProcess
) -> Iterator[OperatorProcess]:
    """Have the operator run for a module; afterwards, see that it kept within its rights."""
    with held_to_its_rights(control_plane, operator_process):
        yield operator_process


@pytest.fixture(scope="session")
def server_thread() -> Iterator[ServerThread]:
    with ServerThread() as thread:
        yield thread


@pytest.fixture
def servers(server_thread: ServerThread) -> Iterator[Servers]:
    with Servers(server_thread) as running:
        yield running


@pytest.fixture
def nobody_reconciles(operator_process: OperatorProcess) -> None:
    """End the operator of other modules, which would work on what a test writes."""
    operator_process.kill()


@pytest.fixture
def home(control_plane: ControlPlane, namespace: str, nobody_reconciles: None) -> Workspace:
    """Return a namespace in which nobody works yet."""
    return Workspace(control_plane, namespace)


@pytest.fixture
def proxy(server_thread: ServerThread, control_plane: ControlPlane) -> Iterator[Proxy]:
    with Proxy(server_thread, control_plane) as running:
        yield running


@pytest.fixture
def space(control_plane: ControlPlane, namespace: str, operator: OperatorProcess) -> Workspace:
    """Return the test's namespace, in a cluster where the operator runs."""
    assert operator.runs, operator.tail()
    return Workspace(control_plane, namespace)


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """Return a user's shell, for a control plane of its own that knows nothing of us.

    Removing an install instead takes longer, and now and then an API server never ends the
    deletion of a CRD that it had before under the same name.
    """
    with ControlPlane() as plane:
        yield Shell(plane, tmp_path)


@pytest.fixture
def node(shell: Shell, tmp_path: Path) -> Iterator[Node]:
    """Run the pods of what a test installs, until it is removed."""
    with Node(shell.plane, tmp_path) as node:
        yield node
