"""Starts what is measured: a build of the operator, or the peer."""

import json
import os
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from hack.bench.builds import BIN, Build
from hack.bench.objects import Json, Pace
from hack.demo.server import ROOT
from tests import rbac
from tests.controlplane.plane import ControlPlane
from tests.operator_process import USER, OperatorProcess, grant

PEER = "peer"
PEER_USER = f"system:serviceaccount:{PEER}:{PEER}"


class PeerProcess(OperatorProcess):
    """The peer, started by `kopf run`; kopf's liveness stands in for readiness."""

    def __init__(self, kubeconfig: Path, folder: Path, pace: Pace) -> None:
        super().__init__(kubeconfig, folder)
        liveness = f"--liveness=http://{self.health_address}/readyz"
        options = ["--standalone", "--all-namespaces", liveness]
        self._command = [str(BIN / "kopf"), "run", *options, "-m", "hack.bench.peer"]
        self._environment |= {"PEER_INTERVAL": str(pace.interval), "PYTHONPATH": str(ROOT)}


def start(
    build: Build | None, plane: ControlPlane, folder: Path, pace: Pace
) -> tuple[OperatorProcess, str]:
    """Start a build with the chart's rights, or the peer with all; return it and its user.

    The first start leaves bytecode for those that are measured, as it is in the image.
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    folder.mkdir()
    if build is None:
        process: OperatorProcess = PeerProcess(_grant_everything(plane), folder, pace)
    else:
        process = OperatorProcess(grant(plane), folder, program=build.program)
    process.start()
    return process, PEER_USER if build is None else USER


def is_ready(process: OperatorProcess) -> bool:
    """Ask the process itself, by a request that costs nothing beside what is measured."""
    connection = HTTPConnection(process.health_address, timeout=10)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _grant_everything(plane: ControlPlane) -> Path:
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": PEER}}
    subject = {"kind": "ServiceAccount", "name": PEER, "namespace": PEER}
    binding: Json = {
        "apiVersion": f"{rbac.GROUP}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": PEER},
        "roleRef": {"apiGroup": rbac.GROUP, "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [subject],
    }
    items = [namespace, rbac.service_account(PEER, PEER), binding]
    manifest = json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
    plane.kubectl("apply", "-f", "-", input=manifest)
    return plane.kubeconfig_for(PEER, PEER)
