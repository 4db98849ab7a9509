"""Where the demo plays: a control plane of its own, or a namespace of somebody's cluster."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from hack.demo.process import DemoError
from tests import rbac
from tests.controlplane import binaries
from tests.controlplane.plane import ControlPlane
from tests.eventually import eventually_sync

CRDS = rbac.CHART.parents[1] / "crds"
ACCOUNT = "openclaw-vllm-operator"
ESTABLISHED_WITHIN = 60.0  # seconds


@dataclass(frozen=True)
class Cluster:
    """A namespace, and kubectl with the rights to fill it."""

    program: Path
    kubeconfig: Path
    folder: Path
    namespace: str
    scope: tuple[str, ...] = ()  # options that limit the operator to this namespace

    def kubectl(self, *args: str, manifest: object = None, namespaced: bool = True) -> str:
        command = [str(self.program), f"--cache-dir={self.folder / 'kubectl'}"]
        command += ["--namespace", self.namespace] if namespaced else []
        command += args
        env = {**os.environ, "KUBECONFIG": str(self.kubeconfig), "KUBERC": "off"}
        text = None if manifest is None else json.dumps(manifest)
        run_result = subprocess.run(
            command, check=False, input=text, env=env, capture_output=True, text=True
        )
        if run_result.returncode != 0:
            raise DemoError(f"kubectl {' '.join(args)}: {run_result.stderr.strip()}")
        return run_result.stdout.strip()

    def apply(self, *manifests: rbac.Manifest) -> str:
        items = {"apiVersion": "v1", "kind": "List", "items": list(manifests)}
        return self.kubectl("apply", "-f", "-", manifest=items)

    def operator_kubeconfig(self) -> Path:
        """Write a kubeconfig that has the operator's rights and no others."""
        view = ("config", "view", "--minify", "--raw", "--flatten", "-o", "json")
        config = json.loads(self.kubectl(*view))
        token = self.kubectl("create", "token", ACCOUNT, "--duration=1h")
        config["users"] = [{"name": config["users"][0]["name"], "user": {"token": token}}]
        path = self.folder / "operator.kubeconfig"
        path.touch(mode=0o600)
        path.write_text(json.dumps(config))
        return path


@contextmanager
def own(folder: Path) -> Iterator[Cluster]:
    """Start a control plane, with the CRDs and with what a cluster-wide install grants."""
    with ControlPlane(crds=CRDS, controller_manager=False) as plane:
        program = binaries.ensure("kubectl")["kubectl"]
        cluster = Cluster(program, plane.kubeconfig, folder, "agents")
        cluster.kubectl("create", "namespace", cluster.namespace)
        rights = rbac.cluster_wide(cluster.namespace, ACCOUNT, ACCOUNT)
        cluster.apply(rbac.service_account(cluster.namespace, ACCOUNT), *rights)
        yield cluster


@contextmanager
def borrowed(kubeconfig: Path, folder: Path) -> Iterator[Cluster]:
    """Use a namespace of a cluster that is there, with what a namespaced install grants."""
    if not kubeconfig.is_file():
        raise DemoError(f"DEMO_KUBECONFIG={kubeconfig}: there is no such file.")
    path = shutil.which("kubectl")
    program = Path(path) if path else binaries.ensure("kubectl")["kubectl"]
    namespace = f"openclaw-vllm-demo-{uuid4().hex[:6]}"
    cluster = Cluster(program, kubeconfig, folder, namespace, (f"--namespace={namespace}",))
    with _crds(cluster), _namespace(cluster):
        rights = rbac.namespaced(namespace, ACCOUNT, namespace, ACCOUNT)
        cluster.apply(rbac.service_account(namespace, ACCOUNT), *rights)
        yield cluster


@contextmanager
def _namespace(cluster: Cluster) -> Iterator[None]:
    cluster.kubectl("create", "namespace", cluster.namespace)
    try:
        yield
    finally:
        cluster.kubectl("delete", "namespace", cluster.namespace, "--timeout=120s")


@contextmanager
def _crds(cluster: Cluster) -> Iterator[None]:
    """Install the CRDs unless the cluster has them; remove what was installed and is unused."""
    here = ("get", "-f", str(CRDS), "--ignore-not-found", "-o", "name")
    installed = bool(cluster.kubectl(*here))
    if not installed:
        cluster.kubectl("apply", "--server-side", "-f", str(CRDS))
    try:
        eventually_sync(lambda: _established(cluster), within=ESTABLISHED_WITHIN)
        yield
    finally:
        if not installed and not cluster.kubectl("get", "vllmproviders", "-A", "-o", "name"):
            cluster.kubectl("delete", "-f", str(CRDS), "--timeout=60s")


def _established(cluster: Cluster) -> bool:
    """Return whether the API server serves the CRDs; kubectl's wait fails on one just created."""
    wait = ("wait", "--for=condition=Established", "--timeout=10s", "-f", str(CRDS))
    try:
        return bool(cluster.kubectl(*wait))
    except DemoError as error:
        raise AssertionError(str(error)) from error
