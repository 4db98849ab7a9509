"""Kubeconfigs as people have them, in a folder of a test: tokens, plugins, certificates."""

import json
import sys
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.controlplane.plane import ControlPlane

Entry = Mapping[str, Any]

NAME = "api.cluster.test"  # only a proxy can reach it, and no certificate has it
VERSION = "client.authentication.k8s.io/v1"


@dataclass(frozen=True)
class Kubeconfigs:
    """Writes kubeconfigs for one API server."""

    plane: ControlPlane
    folder: Path

    def write(self, user: Entry, cluster: Entry | None = None, name: str = "config") -> Path:
        """Write one; the fields of `cluster` are added, and None takes one away."""
        authority = {"certificate-authority-data": encoded(self.plane.authority.pem.encode())}
        fields = {"server": self.plane.server, **authority, **(cluster or {})}
        known = {key: value for key, value in fields.items() if value is not None}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "plane", "cluster": known}],
            "contexts": [{"name": "it", "context": {"cluster": "plane", "user": "me"}}],
            "users": [{"name": "me", "user": user}],
            "current-context": "it",
        }
        return self.file(name, json.dumps(config))

    def file(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.touch(0o600)
        path.write_text(text)
        return path

    def plugin(self, status: Entry, name: str = "plugin") -> dict[str, Any]:
        """Write a plugin that prints a status, and return its entry."""
        answer = {"apiVersion": VERSION, "kind": "ExecCredential", "status": status}
        self.file(f"{name}.json", json.dumps(answer))
        return self.script(f"print(open({str(self.folder / name)!r} + '.json').read())", name)

    def script(self, program: str, name: str = "plugin") -> dict[str, Any]:
        """Write a plugin that is a program in Python, and return its entry."""
        self.file(name, f"#!{sys.executable}\n{program}\n").chmod(0o700)
        entry = {"apiVersion": VERSION, "command": f"./{name}", "interactiveMode": "Never"}
        return {"exec": entry}

    def certificate(self, user: str) -> tuple[str, str]:
        """Return the certificate of a user and its key, PEM."""
        issued = self.plane.authority.issue(user)
        return issued.certificate.decode(), issued.key.decode()


def encoded(data: bytes) -> str:
    return b64encode(data).decode()
