"""A Prometheus that scrapes one operator, whose providers are in every state that is drawn."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import cluster_dns, rbac
from tests.apiserver.catalogs.estate import Estate, share
from tests.apiserver.servers import Servers, ServerThread
from tests.apiserver.workspace import PROVIDERS
from tests.controlplane.plane import ControlPlane
from tests.observability import binaries
from tests.observability.prometheus import Prometheus
from tests.observability.record import FILE, record
from tests.observability.scene import Scene
from tests.operator_process import ACCOUNT, NAMESPACE, USER, OperatorProcess, grant, wait_for_right
from tests.rights import held_to_its_rights
from tests.vllm_server import Hang


def pytest_runtestloop(session: pytest.Session) -> None:
    """Build Prometheus before the first test: no time limit ends it, its progress shows."""
    if not session.config.option.collectonly:
        capture = session.config.pluginmanager.getplugin("capturemanager")
        with capture.global_and_fixture_disabled():
            binaries.ensure()


@pytest.fixture(scope="session")
def operator(
    control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OperatorProcess]:
    """Run an operator that takes part in a leader election, with the chart's rights."""
    kubeconfig = grant(control_plane)
    items = rbac.leader_election(NAMESPACE, f"{ACCOUNT}-leader", ACCOUNT)
    manifest = json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
    control_plane.kubectl("apply", "-f", "-", input=manifest)
    leases = {"group": "coordination.k8s.io", "resource": "leases", "namespace": NAMESPACE}
    wait_for_right(control_plane, USER, verb="create", **leases)
    election = ("--leader-elect", f"--leader-election-namespace={NAMESPACE}")
    folder = tmp_path_factory.mktemp("operator")
    process = OperatorProcess(kubeconfig, folder, *election, program=cluster_dns.PROGRAM)
    try:
        with held_to_its_rights(control_plane, process):
            yield process
    finally:
        process.kill()


@pytest.fixture(scope="session")
def prometheus(
    operator: OperatorProcess, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Prometheus]:
    folder = tmp_path_factory.mktemp("prometheus")
    with Prometheus(folder, operator.metrics_address) as running:
        yield running


@pytest.fixture(scope="session")
def scene(
    control_plane: ControlPlane, operator: OperatorProcess, prometheus: Prometheus
) -> Iterator[Scene]:
    """Bring VllmProviders and a VllmCatalog into every state that the dashboard shows."""
    with (
        ServerThread() as thread,
        Servers(thread) as servers,
        Estate(control_plane, servers, "observed") as estate,
    ):
        space = estate.team()
        server, hanging = servers.start(), servers.start()
        hanging.fault = Hang()
        good = space.provider(server, "good")
        space.provider(server, "slow", discovery={"interval": "10s"})
        space.provider("http://127.0.0.1:1/v1", "refused")
        space.provider(hanging, "hanging", discovery={"interval": "5s", "timeout": "1s"})
        space.provider(server, "resting", suspend=True)
        good.is_ready()
        share(space, PROVIDERS, "good")
        estate.service(space, server)
        estate.agents()
        estate.catalog().is_ready()
        scene = Scene(space, operator, prometheus, server, good)
        yield scene
        if FILE in os.environ:
            record(scene, Path(os.environ[FILE]))
