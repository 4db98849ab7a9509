"""Plugins of a kubeconfig's user: a command that prints a token, or a client certificate and its
key (`client.authentication.k8s.io`)."""

import asyncio
import json
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import inf
from pathlib import Path
from typing import Any

from openclaw_vllm.edges.kube.login.credential import Credential, bearer
from openclaw_vllm.edges.kube.login.errors import LoginFailed, NoCluster
from openclaw_vllm.edges.kube.login.kubeconfig import Located

VERSIONS = tuple(f"client.authentication.k8s.io/{version}" for version in ("v1", "v1beta1"))
EXTENSION = "client.authentication.k8s.io/exec"
TIMEOUT = 60.0  # seconds
LONGEST_OUTPUT = 400  # characters of what a plugin complains


@dataclass(frozen=True, slots=True)
class ExecPlugin:
    """A command, and what it is given."""

    command: str
    api_version: str
    args: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    install_hint: str = ""
    cluster: Mapping[str, Any] | None = None  # what it wants to know of the cluster

    async def run(self) -> Credential:
        """Run the command and return what it prints; raises LoginFailed."""
        code, output, complaint = await self._run()
        if code:
            raise self._failed(f"ended with code {code}", complaint)
        try:
            return self._parse(json.loads(output))
        except (ValueError, TypeError, AttributeError) as error:
            raise self._failed(f"printed no ExecCredential: {error}", complaint) from error

    async def _run(self) -> tuple[int, bytes, str]:
        process = await self._start()
        try:
            async with asyncio.timeout(TIMEOUT):
                output, complaint = await process.communicate()
        except TimeoutError:
            raise self._failed(f"has not ended within {TIMEOUT:.0f} s") from None
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)  # with what it has started in its turn
                await process.wait()
        return process.returncode or 0, output, complaint.decode(errors="replace")

    async def _start(self) -> Process:
        try:
            return await asyncio.create_subprocess_exec(
                self.command,
                *self.args,
                env={**os.environ, **self.variables, "KUBERNETES_EXEC_INFO": self._info()},
                stdin=DEVNULL,
                stdout=PIPE,
                stderr=PIPE,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise self._failed(f"cannot be started: {error}", self.install_hint) from error

    def _info(self) -> str:
        spec = {"interactive": False} | ({"cluster": self.cluster} if self.cluster else {})
        info = {"apiVersion": self.api_version, "kind": "ExecCredential", "spec": spec}
        return json.dumps(info)

    def _parse(self, answer: Any) -> Credential:
        """Return the credential of an answer; raises ValueError and the like for another one."""
        if answer["kind"] != "ExecCredential" or answer["apiVersion"] != self.api_version:
            raise ValueError(f"it is not of {self.api_version}")
        status = answer["status"]
        token = str(status.get("token") or "")
        certificate = str(status.get("clientCertificateData") or "").encode()
        key = str(status.get("clientKeyData") or "").encode()
        if bool(certificate) != bool(key) or not (token or key):
            raise ValueError("it has neither a token nor a certificate with its key")
        expires_at = _seconds(status.get("expirationTimestamp"))
        return Credential(bearer(token), certificate, key, expires_at)

    def _failed(self, what: str, complaint: str = "") -> LoginFailed:
        detail = " ".join(complaint.split())[:LONGEST_OUTPUT]
        command = " ".join((self.command, *self.args))
        return LoginFailed(f"the kubeconfig's plugin {command!r} {what}{detail and f': {detail}'}")


def exec_plugin_of(entry: Located, cluster: Located) -> ExecPlugin:
    """Return the plugin that a user's field `exec` describes; raises NoCluster when it is wrong."""
    command, version = entry.text("command"), entry.text("apiVersion")
    if not command:
        raise NoCluster("exec of the kubeconfig's user has no command")
    if version not in VERSIONS:
        versions = " and ".join(VERSIONS)
        raise NoCluster(f"exec of the kubeconfig's user: {version!r} is not known, {versions} are")
    if entry.text("interactiveMode") == "Always":
        raise NoCluster(f"the kubeconfig's plugin {command!r} wants a terminal, and gets none here")
    if os.sep in command:
        command = str(entry.folder / Path(command))
    variables = {pair.text("name"): pair.text("value") for pair in entry.objects("env")}
    return ExecPlugin(
        command,
        version,
        tuple(entry.texts("args")),
        variables,
        entry.text("installHint"),
        _describe(cluster) if entry.entry.get("provideClusterInfo") else None,
    )


def _describe(cluster: Located) -> dict[str, Any]:
    """Return what a plugin may know of the cluster."""
    names = ("server", "tls-server-name", "insecure-skip-tls-verify", "proxy-url")
    description = {name: cluster.entry[name] for name in names if cluster.entry.get(name)}
    if authority := cluster.pem("certificate-authority"):
        description["certificate-authority-data"] = b64encode(authority).decode()
    for extension in cluster.objects("extensions"):
        if extension.text("name") == EXTENSION:
            description["config"] = extension.entry.get("extension")
    return description


def _seconds(timestamp: Any) -> float:
    if not timestamp:
        return inf
    moment = datetime.fromisoformat(str(timestamp))
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
