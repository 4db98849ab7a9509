"""Which cluster is found, and what is said where there is none."""

import json
import pwd
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from openclaw_vllm.edges.kube.connection import connect_to_cluster, read_again
from openclaw_vllm.edges.kube.login.credential import Login
from openclaw_vllm.edges.kube.login.errors import LoginFailed, NoCluster
from openclaw_vllm.edges.kube.login.kubeconfig import read_kubeconfig
from openclaw_vllm.edges.kube.login.users import Context, source_of

PLUGIN = {
    "command": "true",
    "apiVersion": "client.authentication.k8s.io/v1",
    "provideClusterInfo": True,
}
SERVER = "https://cluster.example.test:6443"
KUBECONFIG = f"""
apiVersion: v1
kind: Config
current-context: here
contexts: [{{name: here, context: {{cluster: it, user: me}}}}]
clusters: [{{name: it, cluster: {{server: "{SERVER}"}}}}]
users: [{{name: me, user: {{token: secret}}}}]
"""


@pytest.fixture(autouse=True)
def _nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KUBECONFIG", "HOME", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"):
        monkeypatch.delenv(name, raising=False)


def _without_a_name(_: int) -> None:
    raise KeyError("uid not found")


async def test_a_user_without_name_and_home_has_no_kubeconfig(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As the container's user of OpenShift: the service account is looked for next."""
    monkeypatch.setattr(pwd, "getpwuid", _without_a_name)
    with pytest.raises(NoCluster, match="Service host/port is not set"):
        await connect_to_cluster()


@pytest.mark.parametrize("variable", ["KUBECONFIG", "HOME"])
async def test_a_kubeconfig_is_found_by(
    variable: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / ".kube" / "config"
    path.parent.mkdir()
    path.write_text(KUBECONFIG)
    monkeypatch.setenv(variable, str(path if variable == "KUBECONFIG" else tmp_path))
    assert (await connect_to_cluster()).server == SERVER


@pytest.mark.parametrize(
    ("proxies", "expected"),
    [
        pytest.param({}, None, id="no proxy"),
        pytest.param({"HTTPS_PROXY": "http://proxy:1"}, "http://proxy:1", id="one for HTTPS"),
        pytest.param({"http_proxy": "http://proxy:1"}, None, id="one for plain HTTP alone"),
        pytest.param(
            {"https_proxy": "http://proxy:1", "no_proxy": "example.test"}, None, id="an exception"
        ),
    ],
)
async def test_watches_and_writes_take_the_proxy_that_the_environment_names(
    proxies: dict[str, str],
    expected: str | None,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text(KUBECONFIG)
    monkeypatch.setenv("KUBECONFIG", str(path))
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in proxies.items():
        monkeypatch.setenv(name, value)
    connection = await connect_to_cluster()
    assert connection.proxy == connection.configuration().proxy == expected


@pytest.mark.parametrize(
    ("cluster", "user", "message"),
    [
        ({"certificate-authority-data": "bm8="}, {}, "a certificate or key of the kubeconfig"),
        ({"certificate-authority-data": "no"}, {}, "certificate-authority of the kubeconfig"),
        ({}, {"client-certificate-data": "bm8="}, "a certificate or key of the kubeconfig"),
        ({}, {"tokenFile": "nowhere"}, "nowhere cannot be read"),
        ({"server": ""}, {}, "the kubeconfig's cluster has no server"),
        ({"proxy-url": "socks5://proxy:1"}, {}, "'socks5' cannot be used"),
        ({"server": "ftp://host"}, {}, "'ftp://host' is no URL such as https://host:6443"),
        ({"server": "https://host:1:2"}, {}, "is no URL"),
        ({"server": "https://"}, {}, "is no URL"),
        ({}, {"token": "two\nlines"}, "the token holds a space, a line break"),
        ({}, {"exec": "command"}, "exec of the kubeconfig is no object"),
        ({}, {"exec": PLUGIN | {"args": 5}}, "args of the kubeconfig is no list"),
        ({}, {"exec": PLUGIN | {"env": ["A=b"]}}, "env of the kubeconfig is no list of objects"),
        ({"extensions": [5]}, {"exec": PLUGIN}, "extensions of the kubeconfig is no list of obj"),
        ({}, {"token": "a", "as-groups": "b"}, "as-groups of the kubeconfig is no list"),
        ({}, {"token": "a", "as-user-extra": ["b"]}, "as-user-extra of the kubeconfig is no obj"),
        ({}, {"token": "a", "as": "two\nlines"}, "Impersonate-User cannot be a header"),
    ],
)
async def test_what_is_wrong_with_a_kubeconfig_ends_a_start(
    cluster: dict[str, Any],
    user: dict[str, Any],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(write(tmp_path, cluster, user)))
    with pytest.raises(NoCluster, match=message) as caught:
        await connect_to_cluster()
    assert str(caught.value).startswith("no cluster to talk to: ")


@pytest.mark.parametrize(
    ("cluster", "user", "others", "expected"),
    [
        pytest.param({}, {"token": "new"}, {}, "Bearer new", id="another token"),
        pytest.param(
            {}, {"token": "new"}, {"current-context": "b"}, "Bearer new", id="use-context"
        ),
        pytest.param({"server": "https://b.test"}, {"token": "b"}, {}, None, id="another cluster"),
        pytest.param({}, {"token": "new"}, {"contexts": []}, None, id="no context any more"),
    ],
)
async def test_after_a_refusal_the_context_of_the_start_is_read_again(
    cluster: dict[str, str],
    user: dict[str, str],
    others: dict[str, Any],
    expected: str | None,
    tmp_path: Path,
) -> None:
    kubeconfig = read_kubeconfig([write(tmp_path, {}, {"token": "old"})])
    assert kubeconfig is not None
    login = Login(source_of(partial(read_again, kubeconfig), refuse))
    old = await login.credential()
    assert old.authorization == "Bearer old"
    write(tmp_path, cluster, user, others)
    if expected is not None:
        assert (await login.renewed(old)).authorization == expected
        return
    with pytest.raises(LoginFailed):
        await login.renewed(old)


async def refuse(_: Context) -> str:
    raise AssertionError("there is no auth-provider")


def write(
    folder: Path,
    cluster: dict[str, str],
    user: dict[str, str],
    others: dict[str, Any] | None = None,
) -> Path:
    """Write a kubeconfig whose context is `a`."""
    config = {
        "clusters": [{"name": "a", "cluster": {"server": SERVER, **cluster}}],
        "users": [{"name": "a", "user": user}],
        "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}],
        "current-context": "a",
        **(others or {}),
    }
    path = folder / "kubeconfig"
    path.write_text(json.dumps(config))
    return path
