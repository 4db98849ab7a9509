"""Keys: read by name, sent only where their owner agreed, rotated unseen, written nowhere."""

import base64
import json
import shlex
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from tests.apiserver.servers import Servers
from tests.apiserver.workspace import Json, Provider, Workspace, soon
from tests.certificates import Authority
from tests.operator_process import OperatorProcess
from tests.vllm_server import Reply, VllmServer

KEY, NEXT, TOKEN = "sk-Zm9v/bar+baz==&%7", "sk-next/+=&%8", "t0k3n/+=&%9"
SECRET = {"name": "vllm-api-key", "key": "api-key"}
AUTH: Json = {"apiKeySecretRef": SECRET, "apiKeyEnv": "TEAM_KEY"}
HOSTS = "openclaw-vllm.dev/allowed-hosts"
LOCAL = "127.0.0.1"
REFUSALS = (401, 403)  # of a wrong key: vLLM's status, and that of half of the gateways
RARELY = {"interval": "1h"}


@pytest.fixture
def authority(space: Workspace) -> Authority:
    """Make the CA that all servers here have: a key needs a server whose certificate is checked."""
    authority = Authority.create()
    space.create("configmaps", {"metadata": {"name": "ca"}, "data": {"ca.crt": authority.pem}})
    return authority


@pytest.fixture
def server(servers: Servers, authority: Authority) -> VllmServer:
    return servers.start(keys=(KEY,), tls=authority.issue(LOCAL).server_context())


@pytest.fixture(autouse=True)
def no_leak(space: Workspace, operator: OperatorProcess) -> Iterator[None]:
    """After each test, look for every key in everything that can be read."""
    yield
    kinds = "configmaps,vllmproviders,events,events.events.k8s.io"
    output = space.kubectl("get", kinds, "-o", "json", "--show-managed-fields")
    requests = output + operator.log.read_text() + operator.metrics()
    assert "TEAM_KEY" in requests  # what is looked at is not empty
    for key in (KEY, NEXT, TOKEN):
        for form in forms(key):
            assert form not in requests


def forms(key: str) -> set[str]:
    """Return the key as it could be written: plain, base64, in a URL, in JSON."""
    plain = (key, f"Bearer {key}")
    encoded = {base64.b64encode(text.encode()).decode().rstrip("=") for text in plain}
    return encoded | {key, quote(key), quote(key, safe=""), quote_plus(key), json.dumps(key)[1:-1]}


def create_secret(space: Workspace, key: str | None = KEY, hosts: str = LOCAL) -> None:
    metadata = {"name": SECRET["name"], "annotations": {HOSTS: hosts} if hosts else {}}
    data = {"token": TOKEN} if key is None else {"api-key": key, "token": TOKEN}
    space.create("secrets", {"metadata": metadata, "stringData": data})


def keyed(space: Workspace, server: VllmServer, **spec: Any) -> Provider:
    tls = {"caBundleRef": {"name": "ca"}}
    return space.provider(server, **{"auth": AUTH, "tls": tls, "discovery": RARELY, **spec})


def test_a_key_is_sent_and_its_variable_published(space: Workspace, server: VllmServer) -> None:
    create_secret(space)
    provider = keyed(space, server)
    status = provider.is_ready()["status"]
    assert provider.document["apiKey"] == "${TEAM_KEY}"
    assert status["credentials"] == {
        "env": "TEAM_KEY",
        "secretName": "vllm-api-key",
        "secretKey": "api-key",
    }


def test_a_missing_secret_is_named_and_creating_it_heals(
    space: Workspace, server: VllmServer
) -> None:
    provider = keyed(space, server)
    provider.becomes(EndpointResolved="False SecretNotFound", ServerReachable="Unknown Pending")
    assert "Secret vllm-api-key does not exist" in provider.message("Ready")
    create_secret(space)
    provider.is_ready()


def test_a_missing_key_of_a_secret_is_named_and_adding_it_heals(
    space: Workspace, server: VllmServer
) -> None:
    create_secret(space, key=None)
    provider = keyed(space, server)
    provider.becomes(EndpointResolved="False SecretKeyNotFound")
    assert "vllm-api-key has no key api-key" in provider.message("Ready")
    space.patch("secrets", "vllm-api-key", {"stringData": {"api-key": KEY}})
    provider.is_ready()


def test_a_key_that_may_not_be_sent_is_not_and_the_message_is_the_command_that_allows_it(
    space: Workspace, server: VllmServer
) -> None:
    create_secret(space, hosts="")
    provider = keyed(space, server)
    provider.becomes(EndpointResolved="False KeyNotAllowed", Stalled="True KeyNotAllowed")
    assert not server.seen
    program, *command = shlex.split(provider.message("Ready").partition("to allow it: ")[2])
    assert program == "kubectl"
    space.plane.kubectl(*command)
    provider.is_ready()
    assert space.get("secrets", "vllm-api-key")["metadata"]["annotations"][HOSTS] == LOCAL


def test_a_key_that_may_go_elsewhere_is_not_sent_and_the_message_does_not_tell_where(
    space: Workspace, server: VllmServer
) -> None:
    hosts = "vllm.example.com, *.example.org"
    create_secret(space, hosts=hosts)
    provider = keyed(space, server)
    provider.becomes(EndpointResolved="False KeyNotAllowed", Stalled="True KeyNotAllowed")
    assert not server.seen
    message = provider.message("Ready")
    assert message.endswith(f"add {LOCAL}, after a comma, to its annotation {HOSTS}")
    assert "example" not in message
    space.patch(
        "secrets", "vllm-api-key", {"metadata": {"annotations": {HOSTS: f"{hosts},{LOCAL}"}}}
    )
    provider.is_ready()


def test_a_key_never_goes_over_plain_http(space: Workspace, servers: Servers) -> None:
    create_secret(space)
    server = servers.start(keys=(KEY,))
    provider = keyed(space, server, tls=None)
    provider.becomes(EndpointResolved="False KeyNotAllowed")
    message = provider.message("EndpointResolved")
    assert "--allow-insecure-keys" in message
    assert "value allowInsecureKeys" in message
    assert not server.seen


@pytest.mark.parametrize("status", REFUSALS)
def test_a_rotated_key_never_shows_as_a_failure(
    space: Workspace, server: VllmServer, operator: OperatorProcess, status: int
) -> None:
    server.key_refusal = Reply(status)
    create_secret(space)
    provider = keyed(space, server, discovery={"interval": "5s"})
    before = provider.is_ready()
    operator.wait_until_idle()
    space.patch("secrets", "vllm-api-key", {"stringData": {"api-key": NEXT}})
    server.seen.clear()
    mark = space.plane.audit.mark()
    server.keys = (NEXT,)
    accepted = f"Bearer {NEXT}"
    soon(lambda: any(s.headers.get("authorization") == accepted for s in list(server.seen)))
    count = server.count("/v1/models")
    soon(lambda: server.count("/v1/models") > count, "one more probe")
    assert space.asked_since(mark).writes() == ()
    assert [read.resource for read in space.asked_since(mark).reads().of("secrets")] == ["secrets"]
    assert provider.read() == before


@pytest.mark.parametrize("status", REFUSALS)
def test_a_wrong_key_is_reported_and_the_list_stays(
    space: Workspace, server: VllmServer, status: int
) -> None:
    server.key_refusal = Reply(status)
    create_secret(space)
    provider = keyed(space, server)
    provider.is_ready()
    before = provider.config_map()
    server.keys = (NEXT,)
    provider.probe(server)
    provider.becomes(ServerReachable="False Unauthorized", ConfigPublished="True Succeeded")
    message = provider.message("ServerReachable")
    assert message.startswith(f"status {status} ")
    assert f"{LOCAL} refuses key api-key of Secret vllm-api-key" in message
    assert provider.config_map() == before
    space.patch("secrets", "vllm-api-key", {"stringData": {"api-key": NEXT}})
    provider.probe(server)
    provider.becomes(ServerReachable="True Succeeded", Ready="True Succeeded")


def test_a_client_certificate_is_shown_and_its_variables_published(
    space: Workspace, servers: Servers, authority: Authority
) -> None:
    server = servers.start(keys=(KEY,), tls=authority.issue(LOCAL).server_context(authority))
    create_secret(space)
    client = authority.issue("agent")
    data = {"tls.crt": client.certificate.decode()}
    metadata = {"name": "agent-tls", "annotations": {HOSTS: LOCAL}}
    space.create("secrets", {"metadata": metadata, "stringData": data})
    tls = {"caBundleRef": {"name": "ca"}, "clientCertificateRef": {"name": "agent-tls"}}
    provider = keyed(space, server, tls=tls)
    provider.becomes(EndpointResolved="False SecretKeyNotFound")
    assert "Secret agent-tls has no key tls.key" in provider.message("Ready")
    space.patch("secrets", "agent-tls", {"stringData": {"tls.key": client.key.decode()}})
    provider.is_ready()
    published = provider.document["request"]["tls"]
    assert published["cert"] == "${VLLM_CLIENT_CERTIFICATE}"
    assert published["key"] == "${VLLM_CLIENT_KEY}"
    assert "PRIVATE KEY" not in space.kubectl("get", "configmaps,vllmproviders", "-o", "json")


def test_a_header_from_a_secret_goes_the_same_way(space: Workspace, server: VllmServer) -> None:
    create_secret(space)
    ref = {"name": "vllm-api-key", "key": "token"}
    headers = [
        {"name": "X-Token", "valueFrom": {"secretKeyRef": ref}, "env": "TEAM_TOKEN"},
        {"name": "X-Team", "value": "a ${HOME} b"},
    ]
    provider = keyed(space, server, headers=headers)
    provider.is_ready()
    asked = server.seen[0].headers
    assert (asked["x-token"], asked["x-team"]) == (TOKEN, "a ${HOME} b")
    assert provider.document["headers"] == {"X-Token": "${TEAM_TOKEN}", "X-Team": "a $${HOME} b"}
