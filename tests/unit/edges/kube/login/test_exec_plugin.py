"""Plugins of a kubeconfig: what they print, and what is said of one that fails."""

import json
import sys
from math import inf
from pathlib import Path
from typing import Any

import pytest

from openclaw_vllm.edges.kube.login import exec_plugin
from openclaw_vllm.edges.kube.login.credential import Credential
from openclaw_vllm.edges.kube.login.errors import LoginFailed, NoCluster
from openclaw_vllm.edges.kube.login.exec_plugin import exec_plugin_of
from openclaw_vllm.edges.kube.login.kubeconfig import Located

VERSION = "client.authentication.k8s.io/v1"
NO_CLUSTER = Located({}, Path())


async def run(program: str, **fields: Any) -> Credential:
    command = {"command": sys.executable, "args": ["-c", program], "apiVersion": VERSION}
    return await exec_plugin_of(Located({**command, **fields}, Path()), NO_CLUSTER).run()


def printing(status: object, **fields: object) -> str:
    answer = {"apiVersion": VERSION, "kind": "ExecCredential", "status": status, **fields}
    return f"print({json.dumps(answer)!r})"


@pytest.mark.parametrize(
    ("status", "expires_at"),
    [
        ({"token": "a"}, inf),
        ({"token": "a", "expirationTimestamp": "1970-01-01T00:01:00Z"}, 60.0),
        ({"token": "a", "expirationTimestamp": "1970-01-01T01:01:00+01:00"}, 60.0),
    ],
)
async def test_a_token_and_its_end(status: dict[str, str], expires_at: float) -> None:
    credential = await run(printing(status))
    assert (credential.authorization, credential.expires_at) == ("Bearer a", expires_at)


async def test_a_token_may_come_with_a_certificate() -> None:
    pair = {"clientCertificateData": "certificate", "clientKeyData": "key"}
    expected = Credential("Bearer a", b"certificate", b"key")
    assert await run(printing({"token": "a", **pair})) == expected
    assert "key" not in repr(expected)


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("raise SystemExit('no session:\\n  log in')", "ended with code 1: no session: log in"),
        ("print('a')", "printed no ExecCredential: Expecting value"),
        ("print('[]')", "printed no ExecCredential: list indices"),
        (printing(None), "printed no ExecCredential: 'NoneType'"),
        (printing({}), "neither a token nor a certificate with its key"),
        (printing({"clientKeyData": "a"}), "neither a token nor a certificate with its key"),
        (printing({"token": "a"}, apiVersion="v1"), f"it is not of {VERSION}"),
        (printing({"token": "a", "expirationTimestamp": "soon"}), "Invalid isoformat"),
        ("import time; time.sleep(60)", "has not ended within 1 s"),
    ],
)
async def test_a_failure_is_told_in_one_line_with_the_command(
    program: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exec_plugin, "TIMEOUT", 1.0)
    with pytest.raises(LoginFailed) as caught:
        await run(program)
    assert message in str(caught.value)
    assert f"{sys.executable} -c" in str(caught.value)
    assert "\n" not in str(caught.value)


async def test_a_plugin_that_is_not_installed_says_how_to_get_it() -> None:
    with pytest.raises(LoginFailed, match=r"'a-plugin' cannot be started: .*: get it"):
        await exec_plugin_of(
            Located(
                {"command": "a-plugin", "apiVersion": VERSION, "installHint": "get it from a.test"},
                Path(),
            ),
            NO_CLUSTER,
        ).run()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"command": ""}, "has no command"),
        ({"apiVersion": "client.authentication.k8s.io/v1alpha1"}, "v1alpha1' is not known"),
        ({"interactiveMode": "Always"}, "wants a terminal"),
    ],
)
def test_an_entry_that_cannot_work_is_refused(fields: dict[str, str], message: str) -> None:
    entry = {"command": "a", "apiVersion": VERSION, **fields}
    with pytest.raises(NoCluster, match=message):
        exec_plugin_of(Located(entry, Path()), NO_CLUSTER)
