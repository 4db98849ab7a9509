"""What the rings share: one real control plane per session, one namespace per test."""

import re
from collections.abc import Generator, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.controlplane import binaries
from tests.controlplane.plane import PROGRAMS, ControlPlane
from tests.operator_process import OperatorProcess

CRDS = Path(__file__).parent.parent / "crds"


def pytest_runtestloop(session: pytest.Session) -> None:
    """Build the control plane before the first test: no time limit ends it, its progress shows."""
    wanted = any("control_plane" in getattr(item, "fixturenames", ()) for item in session.items)
    if wanted and not session.config.option.collectonly:
        capture = session.config.pluginmanager.getplugin("capturemanager")
        with capture.global_and_fixture_disabled():
            binaries.ensure(*PROGRAMS)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what the last operators said beside a failure."""
    report = yield
    if report.failed:
        report.sections += [("operator", process.tail()) for process in OperatorProcess.launched]
    return report


@pytest.fixture(scope="session")
def control_plane() -> Iterator[ControlPlane]:
    """Run etcd, kube-apiserver and the garbage collector, with our CRDs established."""
    crds = CRDS if any(CRDS.glob("*.yaml")) else None
    with ControlPlane(crds=crds) as plane:
        yield plane


@pytest.fixture
def namespace(control_plane: ControlPlane, request: pytest.FixtureRequest) -> Iterator[str]:
    """Give a test a namespace of its own; it is deleted afterwards, without waiting for it."""
    test = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower())[:40].strip("-")
    name = f"{test}-{uuid4().hex[:6]}"
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    control_plane.admin.request("POST", "/api/v1/namespaces", body)
    yield name
    control_plane.admin.request("DELETE", f"/api/v1/namespaces/{name}")
