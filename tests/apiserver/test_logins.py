"""Logins of a running operator: tokens that are replaced, plugins that fail, proxies in between."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.apiserver.forward_proxy import ForwardProxy
from tests.apiserver.kubeconfigs import NAME, Kubeconfigs, encoded
from tests.apiserver.servers import Servers, ServerThread
from tests.apiserver.workspace import Provider, Workspace, soon
from tests.controlplane.credential import ApiError, Credential
from tests.controlplane.plane import ControlPlane
from tests.operator_process import ACCOUNT, NAMESPACE, OperatorProcess

pytestmark = pytest.mark.timeout(240)

PROXY_USER = "me:s3cret"
RENEWED_WITHIN = 5.0  # seconds from the new token to the write that waited for it
ACCOUNT_PATH = f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/{ACCOUNT}/token"
SECRETS = f"/api/v1/namespaces/{NAMESPACE}/secrets"

Start = Callable[[Path], OperatorProcess]


class Tokens:
    """Tokens of the operator's account, which end when the Secret that they are bound to goes."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane

    def issue(self, name: str) -> str:
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}}
        created = self._plane.admin.request("POST", SECRETS, secret)
        bound = {"kind": "Secret", "apiVersion": "v1", "name": name}
        bound["uid"] = created["metadata"]["uid"]
        spec = {"expirationSeconds": 3600, "boundObjectRef": bound}
        request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
        return str(self._plane.admin.request("POST", ACCOUNT_PATH, request)["status"]["token"])

    def revoke(self, name: str, token: str) -> None:
        """Have the API server refuse a token, which it remembers for ten seconds."""
        self._plane.admin.request("DELETE", f"{SECRETS}/{name}")
        user = Credential(self._plane.server, self._plane.authority.pem, token)
        soon(lambda: _is_refused(user), "the token is refused")


def _is_refused(user: Credential) -> bool:
    try:
        user.request("GET", "/api/v1/services")
    except ApiError as error:
        return error.code == 401
    return False


@pytest.fixture
def tokens(control_plane: ControlPlane, operator_kubeconfig: Path) -> Iterator[Tokens]:
    yield Tokens(control_plane)
    control_plane.kubectl("--namespace", NAMESPACE, "delete", "secrets", "--all")


@pytest.fixture
def kubeconfigs(control_plane: ControlPlane, tmp_path: Path) -> Kubeconfigs:
    return Kubeconfigs(control_plane, tmp_path)


@dataclass(frozen=True)
class Scene:
    """A namespace, and a cluster of kubeconfigs that only a proxy reaches."""

    home: Workspace
    kubeconfigs: Kubeconfigs
    proxy: ForwardProxy

    @property
    def cluster(self) -> dict[str, str]:
        server = f"https://{NAME}:{self.home.plane.server.rpartition(':')[2]}"
        proxy = f"http://{PROXY_USER}@{self.proxy.address}"
        return {"server": server, "tls-server-name": "localhost", "proxy-url": proxy}


@pytest.fixture
def scene(
    home: Workspace, kubeconfigs: Kubeconfigs, server_thread: ServerThread
) -> Iterator[Scene]:
    with ForwardProxy(server_thread, home.plane) as proxy:
        yield Scene(home, kubeconfigs, proxy)


@pytest.fixture
def start(home: Workspace, tmp_path: Path) -> Iterator[Start]:
    """Launch an operator with a kubeconfig; afterwards, see that it logged no traceback."""
    started = list[OperatorProcess]()

    def start(kubeconfig: Path) -> OperatorProcess:
        process = OperatorProcess(kubeconfig, tmp_path)
        started.append(process)
        process.launch()
        return process

    yield start
    for process in started:
        process.kill()
        assert not [line for line in process.log_lines() if "exception" in line]
        assert not process.bugs()
        log, (_, _, word) = process.log.read_text(), PROXY_USER.partition(":")
        assert not [text for text in (word, encoded(PROXY_USER.encode())) if text in log]


def messages(process: OperatorProcess) -> list[str]:
    return [str(line["message"]) for line in process.log_lines()]


def entry_of(kind: str, token: str, kubeconfigs: Kubeconfigs) -> dict[str, Any]:
    """Return a user whose token is read from a file, by a plugin, or is in the kubeconfig."""
    if kind == "file":
        return {"tokenFile": str(kubeconfigs.file("token.txt", f"{token}\n"))}
    return kubeconfigs.plugin({"token": token}) if kind == "plugin" else {"token": token}


@pytest.mark.parametrize("kind", ["file", "plugin", "kubeconfig"])
def test_a_token_that_is_refused_is_replaced_by_the_new_one_within_seconds(
    kind: str,
    scene: Scene,
    servers: Servers,
    tokens: Tokens,
    start: Start,
) -> None:
    """By what writes, and by watches that have to be opened again."""
    home, kubeconfigs, cluster = scene.home, scene.kubeconfigs, scene.cluster
    old, new = tokens.issue("old"), tokens.issue("new")
    process = start(kubeconfigs.write(entry_of(kind, old, kubeconfigs), cluster))
    process.wait_until_ready()
    provider = published(home, servers)
    tokens.revoke("old", old)
    scene.proxy.cut()
    soon(
        lambda: any(
            " 401" in message or "Unauthorized" in message for message in messages(process)
        ),
        "refused",
    )
    kubeconfigs.write(entry_of(kind, new, kubeconfigs), cluster)
    began = time.monotonic()
    home.patch("vllmproviders", "vllm", {"spec": {"discovery": {"interval": "6s"}}})
    provider.is_ready()
    taken = time.monotonic() - began
    print(f"{kind}: {taken:.1f} s from the new token to the status")
    assert taken < RENEWED_WITHIN
    assert process.code("/healthz") == 200


def test_a_plugin_that_fails_ends_a_start_with_its_command_and_its_complaint_in_one_line(
    kubeconfigs: Kubeconfigs, start: Start
) -> None:
    program = "import sys\nsys.exit('no session:\\nrun `login` first')"
    process = start(kubeconfigs.write(kubeconfigs.script(program)))
    assert process.wait() == 1
    message = (
        f"no cluster to talk to: the kubeconfig's plugin '{kubeconfigs.folder / 'plugin'}' "
        "ended with code 1: "
        "no session: run `login` first"
    )
    assert messages(process) == [message]


def test_a_plugin_that_fails_while_the_operator_runs_is_named_and_asked_again(
    scene: Scene,
    servers: Servers,
    tokens: Tokens,
    start: Start,
) -> None:
    home, kubeconfigs, cluster = scene.home, scene.kubeconfigs, scene.cluster
    old, new = tokens.issue("old"), tokens.issue("new")
    process = start(kubeconfigs.write(kubeconfigs.plugin({"token": old}), cluster))
    process.wait_until_ready()
    provider = published(home, servers)
    tokens.revoke("old", old)
    kubeconfigs.write(kubeconfigs.script("import sys\nsys.exit('no session')"), cluster)
    scene.proxy.cut()
    complaint = "ended with code 1: no session"
    soon(lambda: any(complaint in message for message in messages(process)), "it is named")
    kubeconfigs.write(kubeconfigs.plugin({"token": new}), cluster)
    home.patch("vllmproviders", "vllm", {"spec": {"discovery": {"interval": "6s"}}})
    provider.is_ready()


def test_a_proxy_that_cannot_be_used_is_named(kubeconfigs: Kubeconfigs, start: Start) -> None:
    user, proxy = {"token": "any"}, {"proxy-url": "socks5://127.0.0.1:1080"}
    process = start(kubeconfigs.write(user, proxy))
    assert process.wait() == 1
    (message,) = messages(process)
    assert "proxy-url of the kubeconfig's cluster: a proxy of the scheme 'socks5'" in message


@pytest.mark.parametrize(
    "refusal", ["407 Proxy Authentication Required", "503 Service Unavailable", "403 Forbidden"]
)
def test_a_proxy_that_opens_no_tunnel_for_a_while_ends_nothing(
    refusal: str, scene: Scene, servers: Servers, start: Start
) -> None:
    user = {"token": scene.home.plane.admin.token}
    process = start(scene.kubeconfigs.write(user, scene.cluster))
    process.wait_until_ready()
    provider = published(scene.home, servers)
    scene.proxy.refusal = refusal
    scene.proxy.cut()
    soon(lambda: any(refusal[:3] in message for message in messages(process)), "it is told")
    time.sleep(2)
    scene.proxy.refusal = ""
    scene.home.patch("vllmproviders", "vllm", {"spec": {"discovery": {"interval": "6s"}}})
    provider.is_ready()
    assert process.runs


def published(home: Workspace, servers: Servers) -> Provider:
    provider = home.provider(servers.start())
    provider.is_ready()
    return provider
