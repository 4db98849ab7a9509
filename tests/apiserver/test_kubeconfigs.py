"""Kubeconfigs: whom the API server sees, and whether it is reached, are as with kubectl."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from openclaw_vllm.edges.kube import connection
from openclaw_vllm.edges.kube.apiserver import ApiServer, Unavailable
from openclaw_vllm.edges.kube.connection import connect_to_cluster
from openclaw_vllm.edges.kube.login.errors import NoCluster
from tests.apiserver.forward_proxy import ForwardProxy
from tests.apiserver.kubeconfigs import NAME, Kubeconfigs, encoded
from tests.apiserver.servers import ServerThread
from tests.controlplane.component import ControlPlaneError
from tests.controlplane.plane import ControlPlane

pytestmark = pytest.mark.timeout(240)

WHO = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
REVIEW = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "ALL_PROXY")
NOBODY = ""  # the API server is not reached, or does not say who asks
NOWHERE = "http://127.0.0.1:1"

Case = Callable[["Scene"], Path]


@dataclass(frozen=True)
class Scene(Kubeconfigs):
    """Kubeconfigs, a proxy, and the environment of both programs."""

    proxy: ForwardProxy
    patch: pytest.MonkeyPatch

    @property
    def admin(self) -> dict[str, Any]:
        return {"token": self.plane.admin.token}

    @property
    def elsewhere(self) -> dict[str, str]:
        """A server by a name that only a proxy knows, with a certificate for another."""
        port = self.plane.server.rpartition(":")[2]
        return {"server": f"https://{NAME}:{port}", "tls-server-name": "localhost"}


@pytest.fixture(scope="module")
def forward_proxy(
    control_plane: ControlPlane, server_thread: ServerThread
) -> Iterator[ForwardProxy]:
    with ForwardProxy(server_thread, control_plane) as proxy:
        yield proxy


@pytest.fixture
def scene(
    control_plane: ControlPlane,
    forward_proxy: ForwardProxy,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Scene:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    return Scene(control_plane, tmp_path, forward_proxy, monkeypatch)


async def seen_as(scene: Scene, kubeconfig: str) -> str:
    """Return the user that the API server sees, by our own connection."""
    scene.patch.setenv("KUBECONFIG", kubeconfig)
    with suppress(NoCluster, Unavailable):
        server = ApiServer((await connect_to_cluster()).configuration())
        try:
            reply = await server.create(WHO, REVIEW)
        finally:
            await server.close()
        return str(reply.body["status"]["userInfo"]["username"])
    return NOBODY


def seen_by_kubectl(scene: Scene, kubeconfig: str) -> str:
    try:
        answer = scene.plane.kubectl_as(Path(kubeconfig), "auth", "whoami", "--output=json")
    except ControlPlaneError:
        return NOBODY
    return str(json.loads(answer)["status"]["userInfo"]["username"])


def token_file(scene: Scene) -> Path:
    """A relative path; the token ends with a newline, and goes before the one beside it."""
    scene.file("token.txt", f"{scene.plane.admin.token}\n")
    return scene.write({"tokenFile": "token.txt", "token": "wrong"})


def token_before_plugin(scene: Scene) -> Path:
    return scene.write(scene.admin | scene.script("raise SystemExit(1)"))


def plugin(scene: Scene) -> Path:
    expiry = "2126-01-01T00:00:00Z"
    return scene.write(scene.plugin({**scene.admin, "expirationTimestamp": expiry}))


def plugin_that_prints_rubbish(scene: Scene) -> Path:
    return scene.write(scene.script("print('Bearer me')"))


def plugin_that_is_told_of_the_cluster(scene: Scene) -> Path:
    program = (
        "import json, os, sys\n"
        "info = json.loads(os.environ['KUBERNETES_EXEC_INFO'])\n"
        "cluster = info['spec']['cluster']\n"
        "authority = cluster['certificate-authority-data']\n"
        "known = cluster['server'] == sys.argv[1] and authority and os.environ['FOR'] == 'tests'\n"
        f"info['status'] = {{'token': {scene.plane.admin.token!r} if known else 'wrong'}}\n"
        "print(json.dumps(info))"
    )
    entry = scene.script(program)
    entry["exec"] |= {
        "args": [scene.plane.server],
        "env": [{"name": "FOR", "value": "tests"}],
        "provideClusterInfo": True,
    }
    return scene.write(entry)


def plugin_with_a_certificate(scene: Scene) -> Path:
    certificate, key = scene.certificate("carol")
    return scene.write(scene.plugin({"clientCertificateData": certificate, "clientKeyData": key}))


def plugin_with_half_a_certificate(scene: Scene) -> Path:
    certificate, _ = scene.certificate("carol")
    return scene.write(scene.plugin({"clientCertificateData": certificate}))


def certificate_in_files(scene: Scene) -> Path:
    certificate, key = scene.certificate("dave")
    scene.file("dave.crt", certificate)
    scene.file("dave.key", key)
    return scene.write({"client-certificate": "dave.crt", "client-key": "dave.key"})


def certificate_in_place(scene: Scene) -> Path:
    certificate, key = (encoded(part.encode()) for part in scene.certificate("erin"))
    return scene.write({"client-certificate-data": certificate, "client-key-data": key})


def impersonation(scene: Scene) -> Path:
    extra = {"as-user-extra": {"scopes": ["view"]}}
    return scene.write({**scene.admin, "as": "frank", "as-groups": ["a", "b"], **extra})


def wrong_token(scene: Scene) -> Path:
    return scene.write({"token": "wrong"})


def proxy_of_the_cluster(scene: Scene) -> Path:
    """It goes before that of the environment."""
    scene.patch.setenv("HTTPS_PROXY", NOWHERE)
    proxy = {"proxy-url": f"http://{scene.proxy.address}"}
    return scene.write(scene.admin, {**scene.elsewhere, **proxy})


def proxy_with_a_password(scene: Scene) -> Path:
    proxy = {"proxy-url": f"http://me:s%40cret@{scene.proxy.address}"}
    return scene.write(scene.admin, {**scene.elsewhere, **proxy})


def proxy_of_the_environment(scene: Scene) -> Path:
    scene.patch.setenv("HTTPS_PROXY", scene.proxy.address)
    return scene.write(scene.admin, scene.elsewhere)


def proxy_of_plain_http(scene: Scene) -> Path:
    scene.patch.setenv("HTTP_PROXY", f"http://{scene.proxy.address}")
    return scene.write(scene.admin, scene.elsewhere)


def proxy_for_others(scene: Scene) -> Path:
    scene.patch.setenv("HTTPS_PROXY", f"http://{scene.proxy.address}")
    scene.patch.setenv("NO_PROXY", "example.com, .cluster.test")
    return scene.write(scene.admin, scene.elsewhere)


def proxy_past_this_machine(scene: Scene) -> Path:
    scene.patch.setenv("HTTPS_PROXY", NOWHERE)
    return scene.write(scene.admin)


def name_of_the_certificate(scene: Scene) -> Path:
    return scene.write(scene.admin, {"tls-server-name": "kubernetes.default.svc"})


def wrong_name(scene: Scene) -> Path:
    return scene.write(scene.admin, {"tls-server-name": NAME})


def unverified(scene: Scene) -> Path:
    authority = {"certificate-authority-data": None}
    return scene.write(scene.admin, {**authority, "insecure-skip-tls-verify": True})


def unknown_authority(scene: Scene) -> Path:
    return scene.write(scene.admin, {"certificate-authority-data": None})


def missing_file(scene: Scene) -> Path:
    return scene.write({"tokenFile": "nowhere"})


@pytest.mark.parametrize(
    ("case", "user"),
    [
        (token_file, "admin"),
        (token_before_plugin, "admin"),
        (plugin, "admin"),
        (plugin_that_prints_rubbish, NOBODY),
        (plugin_that_is_told_of_the_cluster, "admin"),
        (plugin_with_a_certificate, "carol"),
        (plugin_with_half_a_certificate, NOBODY),
        (certificate_in_files, "dave"),
        (certificate_in_place, "erin"),
        (impersonation, "frank"),
        (wrong_token, NOBODY),
        (proxy_of_the_cluster, "admin"),
        (proxy_with_a_password, "admin"),
        (proxy_of_the_environment, "admin"),
        (proxy_of_plain_http, NOBODY),
        (proxy_for_others, NOBODY),
        (proxy_past_this_machine, "admin"),
        (name_of_the_certificate, "admin"),
        (wrong_name, NOBODY),
        (unverified, "admin"),
        (unknown_authority, NOBODY),
        (missing_file, NOBODY),
    ],
    ids=lambda value: value.__name__ if callable(value) else None,
)
async def test_the_api_server_sees_whom_kubectl_would_be(
    case: Case, user: str, scene: Scene
) -> None:
    kubeconfig = str(case(scene))
    assert seen_by_kubectl(scene, kubeconfig) == user
    scene.proxy.asked.clear()
    assert await seen_as(scene, kubeconfig) == user
    sent = {password for _, password in scene.proxy.asked}
    assert sent <= ({"me:s@cret"} if case is proxy_with_a_password else {""})


async def test_of_several_files_the_first_that_names_something_counts(scene: Scene) -> None:
    first = scene.write(scene.admin, name="first")
    second = scene.write({"token": "wrong"}, {"server": "https://127.0.0.1:1"}, "second")
    named = f"{scene.folder / 'missing'}:{first}:{second}"
    assert seen_by_kubectl(scene, named) == await seen_as(scene, named) == "admin"


async def test_a_pod_is_its_service_account(scene: Scene) -> None:
    """Also where its environment names a proxy for others."""
    host, port = scene.plane.server.removeprefix("https://").split(":")
    scene.file("token", scene.plane.admin.token)
    scene.file("ca.crt", scene.plane.authority.pem)
    scene.patch.setattr(connection, "ACCOUNT", scene.folder)
    scene.patch.setenv("KUBERNETES_SERVICE_HOST", host)
    scene.patch.setenv("KUBERNETES_SERVICE_PORT", port)
    scene.patch.setenv("HTTPS_PROXY", NOWHERE)
    scene.patch.setenv("HOME", str(scene.folder))
    assert await seen_as(scene, "") == "admin"
    assert await seen_as(scene, str(scene.folder / "missing")) == "admin"
