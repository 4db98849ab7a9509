"""The real tools, beside an operator that is held to its rights."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.apiserver.conftest import (
    operator,
    operator_kubeconfig,
    operator_process,
    server_thread,
    servers,
    space,
)
from tests.apiserver.workspace import Workspace
from tests.controlplane.plane import ControlPlane
from tests.gitops.kustomization import Repository, kustomize_controller
from tests.gitops.programs import PROGRAMS

__all__ = [
    "operator",
    "operator_kubeconfig",
    "operator_process",
    "server_thread",
    "servers",
    "space",
]


def pytest_runtestloop(session: pytest.Session) -> None:
    """Build the tools before the first test: no time limit ends it, and its progress shows."""
    if not session.config.option.collectonly:
        capture = session.config.pluginmanager.getplugin("capturemanager")
        with capture.global_and_fixture_disabled():
            for program in PROGRAMS:
                program.ensure()


@pytest.fixture(scope="session")
def artifacts(
    control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, str]]:
    """Run kustomize-controller; give the folder of its artifacts and the URL that serves it."""
    folder = tmp_path_factory.mktemp("flux")
    with kustomize_controller(control_plane, folder) as url:
        yield folder, url


@pytest.fixture
def repository(space: Workspace, artifacts: tuple[Path, str]) -> Repository:
    folder, url = artifacts
    return Repository(space, folder, url)
