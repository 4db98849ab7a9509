"""What the rings share: one real control plane per process, one namespace per test."""

import gc
import re
from collections.abc import Generator, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import settings

from tests.controlplane import binaries
from tests.controlplane.plane import PROGRAMS, ControlPlane
from tests.operator_process import OperatorProcess

# A busy machine would miss a deadline for a single example.
settings.register_profile("without-deadlines", deadline=None)
settings.load_profile("without-deadlines")
CRDS = Path(__file__).parent.parent / "crds"
# The modules that take more than a minute, the longest first.
LONG = (
    "apiserver/test_staying",
    "catalogs/test_catalog_fleet",
    "apiserver/test_faults",
    "conformance/test_mounts",
    "apiserver/test_leader",
    "conformance/test_client",
    "apiserver/test_api_server_trouble",
    "replicas/test_endpoint_slices",
    "conformance/test_inference",
    "apiserver/test_install",
    "conformance/test_catalog",
    "apiserver/test_demo",
    "conformance/test_ids",
    "apiserver/test_openshift",
    "conformance/test_manifests",
    "apiserver/test_documented_commands",
    "conformance/test_generated",
    "apiserver/test_command_line_docs",
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Have processes that share the modules begin with the long ones, so that all end together."""
    if hasattr(config, "workerinput"):
        place = {module: number for number, module in enumerate(LONG)}
        items.sort(key=lambda item: place.get(_module(item.path), len(LONG)))


def _module(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def pytest_collection() -> None:
    """Collect no garbage while thousands of tests are collected: nearly all of it is to stay."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Keep the garbage collector from going through thousands of tests again and again."""
    gc.freeze()
    gc.enable()


def pytest_runtestloop(session: pytest.Session) -> None:
    """Build the control plane before the first test: no time limit ends it, its progress shows."""
    is_needed = any("control_plane" in getattr(item, "fixturenames", ()) for item in session.items)
    if is_needed and not session.config.option.collectonly:
        capture = session.config.pluginmanager.getplugin("capturemanager")
        with capture.global_and_fixture_disabled():
            binaries.ensure(*PROGRAMS)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what the last operators said beside a failure."""
    report = yield
    if report.failed:
        report.sections += [
            ("operator", process.tail())
            for process in OperatorProcess.launched
            if process.log.exists()
        ]
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
