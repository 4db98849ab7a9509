"""`openclaw-vllm verify`: the manifest, then the server and the key; keys are never printed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import builders
from tests.apiserver.servers import Servers, ServerThread
from tests.certificates import Authority
from tests.unit.commands.pipelines import Desk, provider
from tests.vllm_server import Answer, Model

ROOT = Path(__file__).parents[3]
KEY = "sk-planted-key"
AUTH = {"apiKeySecretRef": {"name": "vllm-api-key", "key": "api-key"}}
ALLOWED = ("--allow-loopback", "--key-hosts", "127.0.0.1", "--allow-insecure-keys")


@pytest.fixture(scope="module")
def thread() -> Iterator[ServerThread]:
    with ServerThread() as thread:
        yield thread


@pytest.fixture
def servers(thread: ServerThread) -> Iterator[Servers]:
    with Servers(thread) as running:
        yield running


def reasons(said: dict[str, Any]) -> dict[str, str]:
    return {c["type"]: f"{c['status']} {c['reason']}" for c in said["conditions"]}


def test_a_good_server_is_verified(desk: Desk, servers: Servers) -> None:
    server = servers.start(Model("m"))
    path = desk.put("p.yaml", provider({"baseUrl": server.base_url}))
    ended = desk.call("verify", "-f", path, "--allow-loopback")
    assert (ended.exit_code, ended.stderr) == (0, "")
    assert ended.stdout.splitlines() == [
        f"ok      {path}: agents/vllm",
        "        EndpointResolved  True     Succeeded: there is a URL to probe",
        "        ServerReachable   True     Succeeded: the last answer was good",
        "        ConfigPublished   True     Succeeded: the ConfigMap holds what this generation"
        " asks for",
    ]


def test_a_server_that_only_embeds_is_told_as_in_the_cluster(desk: Desk, servers: Servers) -> None:
    server = servers.start(Model("m"))
    server.task = "embed"
    path = desk.put("p.yaml", provider({"baseUrl": server.base_url}))
    said = desk.json("verify", "-f", path, "--allow-loopback")
    assert reasons(said)["Ready"] == "False NoModels"


def test_capabilities_are_found_out_with_a_live_server(desk: Desk, servers: Servers) -> None:
    server = servers.start(Model("m"))
    spec = {"baseUrl": server.base_url, "discovery": {"capabilities": "Probe"}}
    said = desk.json(
        "render", "-f", desk.put("p.yaml", provider(spec)), "--live", "--allow-loopback"
    )
    assert '"supportsTools": false' in said["data"]["models.json"]
    assert said["notes"] == []


def test_a_key_that_the_list_does_not_need_is_told_to_be_unproved(
    desk: Desk, servers: Servers
) -> None:
    server = servers.start(Model("m"))
    path = desk.put("p.yaml", provider({"baseUrl": server.base_url, "auth": AUTH}))
    ended = desk.call("verify", "-f", path, *ALLOWED, VLLM_API_KEY=KEY)
    assert ended.exit_code == 0, ended.stdout
    assert "lists its models without a key, so the key was not proved" in ended.stdout


@pytest.mark.parametrize("variable", ["VLLM_API_KEY", "OTHER"])
def test_a_key_comes_from_the_environment(desk: Desk, servers: Servers, variable: str) -> None:
    server = servers.start(Model("m"))
    server.keys = (KEY,)
    path = desk.put("p.yaml", provider({"baseUrl": server.base_url, "auth": AUTH}))
    named = [] if variable == "VLLM_API_KEY" else ["--api-key-env", variable]
    ended = desk.call("verify", "-f", path, *ALLOWED, *named, **{variable: KEY})
    assert ended.exit_code == 0, ended.stdout
    assert KEY not in ended.output


def test_a_secret_header_comes_from_the_variable_that_agents_read(
    desk: Desk, servers: Servers
) -> None:
    server = servers.start(Model("m"))
    source = {"secretKeyRef": {"name": "tokens", "key": "token"}}
    header = {"name": "X-Token", "valueFrom": source, "env": "X_TOKEN"}
    path = desk.put("p.yaml", provider({"baseUrl": server.base_url, "headers": [header]}))
    ended = desk.call("verify", "-f", path, *ALLOWED, X_TOKEN=KEY)
    assert ended.exit_code == 0, ended.stdout
    assert server.seen[0].headers["x-token"] == KEY
    assert KEY not in ended.output


REFUSALS = [
    ({"VLLM_API_KEY": "wrong"}, ALLOWED, "ServerReachable", "Unauthorized"),
    ({}, ALLOWED, "EndpointResolved", "SecretNotFound"),
    ({"VLLM_API_KEY": KEY}, ("--allow-loopback",), "EndpointResolved", "KeyNotAllowed"),
    (
        {"VLLM_API_KEY": KEY},
        ("--allow-loopback", "--key-hosts", "127.0.0.1"),
        "EndpointResolved",
        "KeyNotAllowed",
    ),
    ({"VLLM_API_KEY": KEY}, ALLOWED[1:], "EndpointResolved", "DestinationDenied"),
    (
        {"VLLM_API_KEY": KEY},
        (*ALLOWED, "--allow-hosts", "*.test"),
        "EndpointResolved",
        "DestinationDenied",
    ),
    ({"VLLM_API_KEY": f"{KEY}\n"}, ALLOWED, "EndpointResolved", "SecretKeyNotFound"),
]


@pytest.mark.parametrize(("environment", "words", "type_", "reason"), REFUSALS)
def test_a_key_goes_only_where_the_operator_would_send_it(
    desk: Desk,
    servers: Servers,
    environment: dict[str, str],
    words: tuple[str, ...],
    type_: str,
    reason: str,
) -> None:
    server = servers.start(Model("m"))
    server.keys = (KEY,)
    path = desk.put("p.yaml", provider({"baseUrl": server.base_url, "auth": AUTH}))
    ended = desk.call("verify", "-f", path, *words, **environment)
    assert ended.exit_code == 1
    assert ended.stdout.startswith("FAILED  ")
    assert any(type_ in line and reason in line for line in ended.stdout.splitlines())
    assert KEY not in ended.output
    expected = 1 if reason == "Unauthorized" else 0
    assert server.count("/v1/models") == expected


def test_a_private_ca_is_given_by_a_file(desk: Desk, servers: Servers) -> None:
    authority = Authority.create()
    server = servers.start(Model("m"), tls=authority.issue("127.0.0.1").server_context())
    spec = {"baseUrl": server.base_url, "tls": {"caBundleRef": {"name": "corp-ca"}}}
    words = ["verify", "-f", desk.put("p.yaml", provider(spec)), "--allow-loopback"]
    said = desk.json(*words, "--ca-file", desk.write("ca.crt", authority.pem))
    assert reasons(said)["Ready"] == "True Succeeded"
    other = desk.write("other.crt", Authority.create().pem)
    assert reasons(desk.json(*words, "--ca-file", other))["Ready"] == "False TLSFailed"
    assert reasons(desk.json(*words))["Ready"] == "False CABundleNotFound"


def test_a_bad_answer_is_told_without_a_byte_of_it(desk: Desk, servers: Servers) -> None:
    server = servers.start(Model("m"))
    server.fault = Answer(body=b"PLANTED")
    path = desk.put("p.yaml", provider({"baseUrl": server.base_url}))
    ended = desk.call("verify", "-f", path, "--allow-loopback")
    assert ended.exit_code == 1
    assert "InvalidAnswer" in ended.stdout
    assert "PLANTED" not in ended.output


def test_an_explicit_list_asks_nobody(desk: Desk) -> None:
    path = desk.put("p.yaml", provider(builders.wire_spec(models=[{"id": "m"}])))
    said = desk.json("verify", "-f", path)
    assert reasons(said)["ServerReachable"] == "True Skipped"
    assert said["ok"] is True


def test_a_snapshot_may_stand_for_the_server(desk: Desk) -> None:
    path = desk.put("p.yaml", provider())
    assert desk.call("verify", "-f", path, "--snapshot", desk.snapshot("m")).exit_code == 0
    assert desk.call("verify", "-f", path, "--snapshot", desk.snapshot()).exit_code == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "give a file"),
        (["--offline", "--live", "FILE"], "--offline excludes"),
        (["--offline", "--snapshot", "FILE", "FILE"], "--offline excludes"),
        (["--live", "--snapshot", "FILE", "FILE"], "exclude each other"),
        (["missing.yaml"], "does not exist"),
        (["--offline", "FILE", "--name", "typo"], "no VllmProvider of the files is named 'typo'"),
        (["--offline", "FILE", "--name", ""], "no VllmProvider of the files is named ''"),
        (["--offline", "FILE", "-n", "Bad NS"], "'Bad NS' is no namespace: write at most 63"),
    ],
)
def test_wrong_usage_ends_with_2(desk: Desk, words: list[str], said: str) -> None:
    path = desk.put("p.yaml", provider())
    ended = desk.call("verify", *(path if word == "FILE" else word for word in words))
    assert ended.exit_code == 2
    assert said in ended.stderr


def test_a_missing_cluster_is_said_in_one_line(desk: Desk) -> None:
    path = desk.put("p.yaml", provider())
    words = ["verify", "--offline", "--server-dry-run", path]
    ended = desk.call(*words, KUBECONFIG=desk.write("kubeconfig", ""))
    assert ended.exit_code == 1
    assert ended.stderr.startswith("Error: no cluster to talk to")
    assert len(ended.stderr.splitlines()) == 1
