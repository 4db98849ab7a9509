"""A Kubernetes control plane of our own: etcd, kube-apiserver and the garbage collector.

Everything is private to it: free ports, its own certificates and tokens, one temporary folder.
Leaving the `with` block kills the processes and removes the folder; should we be killed
ourselves, the kernel kills the processes (leash.py).
"""

import contextlib
import os
import secrets
import shutil
import subprocess
from pathlib import Path
from tempfile import mkdtemp
from typing import Self

import httpx

from tests.certificates import Authority
from tests.controlplane import binaries, commands
from tests.controlplane.audit import AuditLog
from tests.controlplane.component import Component, ControlPlaneError, answers, free_port
from tests.controlplane.credential import ApiError, Credential
from tests.eventually import eventually_sync

MANAGER = "kube-controller-manager"
PROGRAMS = ("etcd", "kube-apiserver", "kubectl", MANAGER)
MANAGER_USER = f"system:{MANAGER}"


class ControlPlane:
    """Start one with `with ControlPlane() as plane`; `crds` are established before it returns.

    The controller manager (garbage collection, namespaces, service accounts) costs some seconds
    and 110 MB; it starts after the CRDs because it looks for new kinds every 30 seconds only.
    """

    def __init__(self, *, crds: Path | None = None, controller_manager: bool = True) -> None:
        self._programs = binaries.ensure(*(PROGRAMS if controller_manager else PROGRAMS[:-1]))
        self._crds = crds
        self._ports = commands.Ports(free_port(), free_port(), free_port())
        self.authority = Authority.create()
        self._tokens = {user: secrets.token_urlsafe(24) for user in ("admin", MANAGER_USER)}
        self._components: dict[str, Component] = {}
        self.folder = Path(mkdtemp(prefix="openclaw-vllm-plane-"))
        self.server = f"https://{commands.LOCAL}:{self._ports.apiserver}"
        self.admin = self._credential(self._tokens["admin"])
        self.kubeconfig = self._write_kubeconfig("admin", self.admin)
        self.audit = AuditLog(self.folder / "audit.jsonl", self._ask_for)

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Kill what runs and remove what it wrote; doing so twice is no error."""
        for component in reversed(self._components.values()):
            component.kill()
        if self.folder.exists():
            shutil.rmtree(self.folder)

    def kubectl(self, *args: str, input: str | None = None) -> str:  # noqa: A002 - subprocess's
        """Run kubectl as the administrator and return what it prints; raise what it complains."""
        return self.kubectl_as(self.kubeconfig, *args, input=input)

    def kubectl_as(self, kubeconfig: Path, *args: str, input: str | None = None) -> str:  # noqa: A002 - the same
        """Run kubectl as somebody else."""
        program = str(self._programs["kubectl"])
        command = [program, f"--cache-dir={self.folder / 'cache'}", *args]
        env = {**os.environ, "KUBECONFIG": str(kubeconfig), "KUBERC": "off"}
        run_result = subprocess.run(
            command, check=False, input=input, env=env, capture_output=True, text=True
        )
        if run_result.returncode != 0:
            raise ControlPlaneError(f"kubectl {' '.join(args)}: {run_result.stderr.strip()}")
        return run_result.stdout

    def kubeconfig_for(self, namespace: str, name: str) -> Path:
        """Write the kubeconfig of a service account, with a token from the TokenRequest API."""
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token"
        request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest"}
        lifetime = {"spec": {"expirationSeconds": 24 * 3600}}
        token = self.admin.request("POST", path, {**request, **lifetime})["status"]["token"]
        return self._write_kubeconfig(f"{namespace}.{name}", self._credential(token, namespace))

    @property
    def apiserver_pid(self) -> int:
        """The process id of the API server."""
        pid = self._components["kube-apiserver"].pid
        assert pid is not None, "the API server does not run"
        return pid

    def kill_apiserver(self) -> None:
        """Kill the API server with SIGKILL; etcd keeps what it knew."""
        self._components["kube-apiserver"].kill()

    def start_apiserver(self) -> None:
        """Start the API server, again with the same data on the same port, and wait for it."""
        self._components["kube-apiserver"].start(lambda: self.admin.answers("/readyz"))

    def compact(self) -> None:
        """Have etcd forget every version but the present: who resumes at an older one gets 410."""
        store = f"http://{commands.LOCAL}:{self._ports.etcd}/v3/kv"
        anything = {"key": "AA==", "range_end": "AA==", "limit": 1}  # its answer has the revision
        with httpx.Client(trust_env=False) as client:
            revision = client.post(f"{store}/range", json=anything).json()["header"]["revision"]
            compacted = client.post(f"{store}/compaction", json={"revision": revision})
        compacted.raise_for_status()

    def _start(self) -> None:
        commands.prepare(self.folder, self.authority, self._tokens)
        self._add(commands.etcd(self._programs["etcd"], self.folder, self._ports))
        self._add(
            commands.kube_apiserver(self._programs["kube-apiserver"], self.folder, self._ports)
        )
        self._components["etcd"].start(lambda: answers(self._ports.etcd))
        self.start_apiserver()
        if self._crds is not None:
            self._establish(self._crds)
        if MANAGER in self._programs:
            self._start_manager(self._programs[MANAGER])

    def _add(self, command: list[str | Path]) -> Component:
        component = Component(command, self.folder)
        self._components[component.name] = component
        return component

    def _establish(self, crds: Path) -> None:
        self.kubectl("apply", "--server-side", "-f", str(crds))
        eventually_sync(lambda: self._are_established(crds), within=30)

    def _are_established(self, crds: Path) -> bool:
        """Return whether the CRDs are served; kubectl's wait fails on one just created."""
        wait = ("wait", "--for=condition=Established", "--timeout=10s", "-f", str(crds))
        try:
            return bool(self.kubectl(*wait))
        except ControlPlaneError as error:
            raise AssertionError(str(error)) from error

    def _start_manager(self, program: Path) -> None:
        """Start the controllers; they work once they have made the first service account."""
        credential = self._credential(self._tokens[MANAGER_USER])
        kubeconfig = self._write_kubeconfig(MANAGER, credential)
        command = commands.kube_controller_manager(program, self.folder, self._ports, kubeconfig)
        account = "/api/v1/namespaces/default/serviceaccounts/default"
        self._add(command).start(lambda: self.admin.answers(account))

    def _credential(self, token: str, namespace: str = "default") -> Credential:
        return Credential(self.server, self.authority.pem, token, namespace)

    def _write_kubeconfig(self, name: str, credential: Credential) -> Path:
        path = self.folder / f"{name}.kubeconfig"
        path.touch(mode=0o600)
        path.write_text(credential.kubeconfig())
        return path

    def _ask_for(self, name: str) -> None:
        """Ask for what does not exist, so that the audit log has a line with this name."""
        with contextlib.suppress(ApiError):
            self.admin.request("GET", f"/api/v1/namespaces/default/configmaps/{name}")
