"""A real kustomize-controller at work, and a Git repository whose revisions a test pushes."""

import hashlib
import io
import json
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from tests.apiserver.workspace import Json, Workspace
from tests.controlplane.component import Component, answers, free_port
from tests.controlplane.plane import ControlPlane
from tests.eventually import eventually_sync
from tests.gitops.programs import HERE, KUSTOMIZE_CONTROLLER

CRD = "config/crd/bases/kustomize.toolkit.fluxcd.io_kustomizations.yaml"
SOURCE = "source.toolkit.fluxcd.io/v1"
KUSTOMIZE = "kustomize.toolkit.fluxcd.io/v1"
NAME = "agents"


@contextmanager
def kustomize_controller(plane: ControlPlane, folder: Path) -> Iterator[str]:
    """Run the controller on a control plane; give the URL under which a folder's files are."""
    crd = KUSTOMIZE_CONTROLLER.sources_of(KUSTOMIZE_CONTROLLER.package) / CRD
    for path in (crd, HERE / "flux" / "sources.yaml"):
        plane.kubectl("apply", "--server-side", "-f", str(path))
        plane.kubectl("wait", "--for=condition=Established", "--timeout=30s", "-f", str(path))
    metrics, health = free_port(), free_port()
    command: list[str | Path] = [
        KUSTOMIZE_CONTROLLER.ensure(),
        f"--metrics-addr=127.0.0.1:{metrics}",
        f"--health-addr=127.0.0.1:{health}",
        "--requeue-dependency=1s",
    ]
    environment = {"KUBECONFIG": str(plane.kubeconfig), "RUNTIME_NAMESPACE": "default"}
    component = Component(command, folder, environment)
    try:
        component.start(lambda: answers(health))
        with _files(folder) as url:
            yield url
    finally:
        component.kill()


@contextmanager
def _files(folder: Path) -> Iterator[str]:
    """Serve a folder's files on loopback, as source-controller serves its artifacts."""
    handler = partial(_Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Keep the tests' output free of requests."""


@dataclass(frozen=True)
class Repository:
    """A GitRepository whose artifact a test writes, and the Kustomization that applies it."""

    space: Workspace
    folder: Path
    url: str

    def create(self, **spec: object) -> None:
        """Create both, with the Kustomization of docs/gitops.md but for what a test changes."""
        self._apply(
            SOURCE, "GitRepository", {"interval": "1h", "url": "https://git.example/agents"}
        )
        reference = {"kind": "GitRepository", "name": NAME}
        base = {"interval": "1h", "path": "./", "prune": True, "wait": True, "timeout": "15m"}
        self._apply(KUSTOMIZE, "Kustomization", {**base, "sourceRef": reference, **spec})

    def push(self, *objects: Json) -> str:
        """Make a revision of these objects, and return its name once the controller can see it."""
        archive = _archive({f"{n}.yaml": json.dumps(obj) for n, obj in enumerate(objects)})
        digest = hashlib.sha256(archive).hexdigest()
        (self.folder / f"{digest}.tar.gz").write_bytes(archive)
        revision = f"main@sha1:{digest[:40]}"
        artifact = {
            "digest": f"sha256:{digest}",
            "lastUpdateTime": "2026-11-29T00:00:00Z",
            "path": f"{digest}.tar.gz",
            "revision": revision,
            "url": f"{self.url}/{digest}.tar.gz",
        }
        ready = {
            "lastTransitionTime": "2026-11-29T00:00:00Z",
            "message": "stored artifact",
            "reason": "Succeeded",
            "status": "True",
            "type": "Ready",
        }
        status = {"status": {"artifact": artifact, "conditions": [ready], "observedGeneration": 1}}
        patch = ("patch", "gitrepository", NAME, "--subresource=status", "--type=merge")
        self.space.kubectl(*patch, "-p", json.dumps(status))
        return revision

    def ready(self) -> Json:
        """Return the condition Ready of the Kustomization, of its present generation."""
        status = self.status
        conditions = {c["type"]: c for c in status.get("conditions", [])}
        result: Json = conditions.get("Ready", {"status": "Unknown", "reason": "", "message": ""})
        return result

    @property
    def status(self) -> Json:
        """The status of the Kustomization."""
        text = self.space.kubectl("get", "kustomization", NAME, "-o", "json")
        result: Json = json.loads(text).get("status", {})
        return result

    def becomes(self, status: str, reason: str, *, within: float) -> str:
        """Wait for a verdict of the controller, and return its message."""

        def verdict() -> Json:
            ready = self.ready()
            assert (ready["status"], ready["reason"]) == (status, reason), ready
            return ready

        name = f"the Kustomization is {status} {reason}"
        return str(eventually_sync(verdict, within=within, describe=name)["message"])

    def delete(self) -> None:
        """Delete the Kustomization, which prunes what it has applied."""
        self.space.kubectl("delete", "kustomization", NAME, "--timeout=60s")

    def _apply(self, version: str, kind: str, spec: Mapping[str, object]) -> None:
        metadata = {"name": NAME, "namespace": self.space.namespace}
        manifest = {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}
        self.space.plane.kubectl(
            "create", "--validate=strict", "-f", "-", input=json.dumps(manifest)
        )


def _archive(files: Mapping[str, str]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, text in files.items():
            content = text.encode()
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()
