"""Somebody's cluster, as kubectl and Helm see it, and how our image gets there.

E2E_KUBECONFIG names it. E2E_LOAD_IMAGE is the command that brings an archive to its nodes, with
{archive} where the file is named. E2E_IMAGE_ARCHIVE is an
archive that is there already; without it the image is built here, by Buildah.
"""

import json
import os
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests import rbac
from tests.cluster.streams import Stream
from tests.controlplane import binaries
from tests.controlplane.component import leashed
from tests.image import build

Json = dict[str, Any]
KUBECONFIG = "E2E_KUBECONFIG"
LOAD_IMAGE = "E2E_LOAD_IMAGE"
IMAGE_ARCHIVE = "E2E_IMAGE_ARCHIVE"


class CannotRunError(Exception):
    """The ring cannot begin, or a command of it failed; the message says why."""


@dataclass(frozen=True)
class Cluster:
    """kubectl and Helm with an administrator's kubeconfig; their own files are in `folder`."""

    kubeconfig: Path
    folder: Path

    def kubectl(self, *args: str, manifests: list[Json] | None = None) -> str:
        """Run kubectl and return what it prints; `manifests` are its standard input."""
        items = {"apiVersion": "v1", "kind": "List", "items": manifests}
        cache = f"--cache-dir={self.folder / 'kubectl'}"
        return self._run("kubectl", cache, *args, text=json.dumps(items) if manifests else None)

    def helm(self, *args: str) -> str:
        """Run Helm and return what it prints."""
        return self._run("helm", *args)

    @contextmanager
    def stream(self, *args: str) -> Iterator[Stream]:
        """Run kubectl, which watches or follows something, while the block runs."""
        program = binaries.ensure("kubectl")["kubectl"]
        command = [str(program), f"--cache-dir={self.folder / 'kubectl'}", *args]
        process = subprocess.Popen(
            leashed(command), env=self._env(), stdout=subprocess.PIPE, text=True
        )
        stream = Stream(process)
        try:
            yield stream
        finally:
            stream.close()

    def apply(self, *manifests: Json) -> None:
        self.kubectl("apply", "--server-side", "-f", "-", manifests=list(manifests))

    def get(self, namespace: str, *what: str) -> Json:
        """Return an object, or a list of them, such as `pods --selector=app=x`."""
        result: Json = json.loads(self.kubectl("get", "-n", namespace, *what, "-o", "json"))
        return result

    def list(self, namespace: str, *what: str) -> list[Json]:
        result: list[Json] = self.get(namespace, *what)["items"]
        return result

    def _run(self, program: str, *args: str, text: str | None = None) -> str:
        command = [str(binaries.ensure(program)[program]), *args]
        run_result = subprocess.run(
            command, check=False, input=text, env=self._env(), capture_output=True, text=True
        )
        if run_result.returncode != 0:
            raise CannotRunError(
                f"{program} {' '.join(args)}\n{run_result.stderr}{run_result.stdout}"
            )
        return run_result.stdout

    def _env(self) -> Mapping[str, str]:
        homes = {name: str(self.folder) for name in ("HELM_CACHE_HOME", "HELM_CONFIG_HOME")}
        return {**os.environ, **homes, "KUBECONFIG": str(self.kubeconfig), "KUBERC": "off"}


def image_of_the_chart() -> str:
    """Return the name of the image that the chart installs with its defaults."""
    helm = str(binaries.ensure("helm")["helm"])
    command = [helm, "template", str(rbac.CHART), "--show-only=templates/deployment.yaml"]
    rendered = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    name: str = yaml.safe_load(rendered)["spec"]["template"]["spec"]["containers"][0]["image"]
    return name


def check() -> None:
    """Raise CannotRunError unless the environment says which cluster, and how to load an image."""
    variables = {
        KUBECONFIG: "the kubeconfig of a cluster's administrator",
        LOAD_IMAGE: "the command that loads an image, such as 'kind load image-archive {archive}'",
    }
    missing = [
        f"{name} ({meaning})" for name, meaning in variables.items() if name not in os.environ
    ]
    if missing:
        raise CannotRunError(f"Set {' and '.join(missing)}.")


def load_image(folder: Path) -> str:
    """Bring the image to the nodes under the chart's name for it, and return that name."""
    name, archive_path = image_of_the_chart(), os.environ.get(IMAGE_ARCHIVE)
    archive = Path(archive_path) if archive_path else folder / "image.tar"
    if not archive_path:
        build.export(build.build(), archive, name)
    command = [part.format(archive=archive) for part in shlex.split(os.environ[LOAD_IMAGE])]
    run_result = subprocess.run(command, check=False, capture_output=True, text=True)
    if run_result.returncode != 0:
        raise CannotRunError(
            f"{LOAD_IMAGE}: {shlex.join(command)}\n{run_result.stderr}{run_result.stdout}"
        )
    return name
