"""The operator as a process of the image: its files, its user, its environment, no shell."""

import json
import shutil
import subprocess
import sys
from base64 import b64decode
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.image import enter
from tests.operator_process import NAMESPACE, OperatorProcess

PROGRAM = Path("opt/openclaw-vllm")


@dataclass(frozen=True)
class Image:
    """The file system of an image, and its configuration in the terms of the OCI specification."""

    root: Path
    config: dict[str, Any]

    @property
    def program(self) -> Path:
        """The virtual environment, which is all that is ours."""
        return self.root / PROGRAM

    def entered(self, account: Path, **environment: str) -> list[str | Path]:
        """Return what precedes the arguments of a process in the image."""
        unshare = shutil.which("unshare") or "unshare"
        enters = [unshare, "--mount", sys.executable, "-IS", enter.__file__]
        return [*enters, self.root, account, json.dumps(environment), json.dumps(self.config)]

    def run(self, account: Path, *arguments: str) -> str:
        """Run the entry point to its end, and return what it prints."""
        command = [*self.entered(account), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout


class ContainedOperator(OperatorProcess):
    """Started, asked and stopped like any; its files are the image's, its account a pod's."""

    def __init__(self, image: Image, kubeconfig: Path, folder: Path, *options: str) -> None:
        super().__init__(kubeconfig, folder, *options)
        config = json.loads(kubeconfig.read_text())
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        account = folder / "account"
        account.mkdir(mode=0o755)
        (account / "token").write_text(user["token"])
        (account / "ca.crt").write_bytes(b64decode(cluster["certificate-authority-data"]))
        (account / "namespace").write_text(NAMESPACE)
        server = urlsplit(cluster["server"])
        where = {
            "KUBERNETES_SERVICE_HOST": str(server.hostname),
            "KUBERNETES_SERVICE_PORT": str(server.port),
        }
        self._command = [*map(str, image.entered(account, **where)), *self._command[1:]]
