"""`openclaw-vllm verify`: the manifest, then the server and the key; keys are never printed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import builders
from tests.apiserver.servers import Servers, ServerThread
from tests.certificates import Authority
from tests.harnesses.command_line import CommandLine, provider
from tests.vllm_server import Answer, Model, Task

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


def reasons(report: dict[str, Any]) -> dict[str, str]:
    return {c["type"]: f"{c['status']} {c['reason']}" for c in report["conditions"]}


def test_a_good_server_is_verified(cli: CommandLine, servers: Servers) -> None:
    server = servers.start(Model("m"))
    path = cli.write_yaml("p.yaml", provider({"baseUrl": server.base_url}))
    result = cli.run("verify", "-f", path, "--allow-loopback")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        f"ok      {path}: agents/vllm",
        "        EndpointResolved  True     Succeeded: there is a URL to probe",
        "        ServerReachable   True     Succeeded: the last answer was good",
        "        ConfigPublished   True     Succeeded: the ConfigMap holds what this generation"
        " asks for",
    ]


@pytest.mark.parametrize("task", ["embed", "score", "classify", "transcribe"])
def test_a_server_that_does_not_chat_is_reported_as_in_the_cluster(
    task: Task, cli: CommandLine, servers: Servers
) -> None:
    server = servers.start(Model("m"))
    server.task = task
    path = cli.write_yaml("p.yaml", provider({"baseUrl": server.base_url}))
    report = cli.json("verify", "-f", path, "--allow-loopback")
    assert reasons(report)["Ready"] == "True NoChatModels"


def test_capabilities_are_probed_with_a_live_server(cli: CommandLine, servers: Servers) -> None:
    server = servers.start(Model("m"))
    spec = {"baseUrl": server.base_url, "discovery": {"capabilities": "Probe"}}
    report = cli.json(
        "render", "-f", cli.write_yaml("p.yaml", provider(spec)), "--live", "--allow-loopback"
    )
    assert '"supportsTools": false' in report["data"]["models.json"]
    assert report["notes"] == []


def test_a_key_that_the_list_does_not_need_is_reported_as_unproved(
    cli: CommandLine, servers: Servers
) -> None:
    server = servers.start(Model("m"))
    path = cli.write_yaml("p.yaml", provider({"baseUrl": server.base_url, "auth": AUTH}))
    result = cli.run("verify", "-f", path, *ALLOWED, VLLM_API_KEY=KEY)
    assert result.exit_code == 0, result.stdout
    assert "lists its models without a key, so the key was not proved" in result.stdout


@pytest.mark.parametrize("variable", ["VLLM_API_KEY", "OTHER"])
def test_a_key_comes_from_the_environment(
    cli: CommandLine, servers: Servers, variable: str
) -> None:
    server = servers.start(Model("m"))
    server.keys = (KEY,)
    path = cli.write_yaml("p.yaml", provider({"baseUrl": server.base_url, "auth": AUTH}))
    named = [] if variable == "VLLM_API_KEY" else ["--api-key-env", variable]
    result = cli.run("verify", "-f", path, *ALLOWED, *named, **{variable: KEY})
    assert result.exit_code == 0, result.stdout
    assert KEY not in result.output


def test_a_secret_header_comes_from_the_variable_that_agents_read(
    cli: CommandLine, servers: Servers
) -> None:
    server = servers.start(Model("m"))
    source = {"secretKeyRef": {"name": "tokens", "key": "token"}}
    header = {"name": "X-Token", "valueFrom": source, "env": "X_TOKEN"}
    path = cli.write_yaml("p.yaml", provider({"baseUrl": server.base_url, "headers": [header]}))
    result = cli.run("verify", "-f", path, *ALLOWED, X_TOKEN=KEY)
    assert result.exit_code == 0, result.stdout
    assert server.seen[0].headers["x-token"] == KEY
    assert KEY not in result.output


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
    cli: CommandLine,
    servers: Servers,
    environment: dict[str, str],
    words: tuple[str, ...],
    type_: str,
    reason: str,
) -> None:
    server = servers.start(Model("m"))
    server.keys = (KEY,)
    path = cli.write_yaml("p.yaml", provider({"baseUrl": server.base_url, "auth": AUTH}))
    result = cli.run("verify", "-f", path, *words, **environment)
    assert result.exit_code == 1
    assert result.stdout.startswith("FAILED  ")
    assert any(type_ in line and reason in line for line in result.stdout.splitlines())
    assert KEY not in result.output
    expected = 1 if reason == "Unauthorized" else 0
    assert server.count("/v1/models") == expected


@pytest.mark.parametrize("kind", ["ConfigMap", "Secret"])
def test_a_private_ca_comes_from_a_file(cli: CommandLine, servers: Servers, kind: str) -> None:
    authority = Authority.create()
    server = servers.start(Model("m"), tls=authority.issue("127.0.0.1").server_context())
    spec = {"baseUrl": server.base_url, "tls": {"caBundleRef": {"kind": kind, "name": "corp-ca"}}}
    words = ["verify", "-f", cli.write_yaml("p.yaml", provider(spec)), "--allow-loopback"]
    report = cli.json(*words, "--ca-file", cli.write("ca.crt", authority.pem))
    assert reasons(report)["Ready"] == "True Succeeded"
    other = cli.write("other.crt", Authority.create().pem)
    assert reasons(cli.json(*words, "--ca-file", other))["Ready"] == "False TLSFailed"
    assert reasons(cli.json(*words))["Ready"] == "False CABundleNotFound"


def test_a_bad_answer_is_reported_without_a_byte_of_it(cli: CommandLine, servers: Servers) -> None:
    server = servers.start(Model("m"))
    server.fault = Answer(body=b"PLANTED")
    path = cli.write_yaml("p.yaml", provider({"baseUrl": server.base_url}))
    result = cli.run("verify", "-f", path, "--allow-loopback")
    assert result.exit_code == 1
    assert "InvalidAnswer" in result.stdout
    assert "PLANTED" not in result.output


def test_an_explicit_list_needs_no_probe(cli: CommandLine) -> None:
    path = cli.write_yaml("p.yaml", provider(builders.wire_spec(models=[{"id": "m"}])))
    report = cli.json("verify", "-f", path)
    assert reasons(report)["ServerReachable"] == "True Skipped"
    assert report["ok"] is True


def test_a_snapshot_may_stand_for_the_server(cli: CommandLine) -> None:
    path = cli.write_yaml("p.yaml", provider())
    assert cli.run("verify", "-f", path, "--snapshot", cli.write_snapshot("m")).exit_code == 0
    assert cli.run("verify", "-f", path, "--snapshot", cli.write_snapshot()).exit_code == 1


@pytest.mark.parametrize(
    ("words", "message"),
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
def test_wrong_usage_ends_with_2(cli: CommandLine, words: list[str], message: str) -> None:
    path = cli.write_yaml("p.yaml", provider())
    result = cli.run("verify", *(path if word == "FILE" else word for word in words))
    assert result.exit_code == 2
    assert message in result.stderr


def test_a_missing_cluster_is_reported_in_one_line(cli: CommandLine) -> None:
    path = cli.write_yaml("p.yaml", provider())
    words = ["verify", "--offline", "--server-dry-run", path]
    result = cli.run(*words, KUBECONFIG=cli.write("kubeconfig", ""))
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: no cluster to talk to")
    assert len(result.stderr.splitlines()) == 1
