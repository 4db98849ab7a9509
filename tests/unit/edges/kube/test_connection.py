"""Which cluster is found, and what is said where there is none."""

import pwd
from pathlib import Path

import pytest

from openclaw_vllm.edges.kube.connection import NoCluster, credentials, load_configuration

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
        await load_configuration()


@pytest.mark.parametrize("variable", ["KUBECONFIG", "HOME"])
async def test_a_kubeconfig_is_found_by(
    variable: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / ".kube" / "config"
    path.parent.mkdir()
    path.write_text(KUBECONFIG)
    monkeypatch.setenv(variable, str(path if variable == "KUBECONFIG" else tmp_path))
    assert (await load_configuration()).host == SERVER


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
    configuration = await load_configuration()
    assert configuration.proxy == expected
    assert (await credentials(configuration)).proxy_url == expected
