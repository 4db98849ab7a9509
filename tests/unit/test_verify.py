"""`openclaw-vllm verify`: the manifest, then the server and the key; keys are never printed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from openclaw_vllm.commands import rules
from tests import builders
from tests.apiserver.servers import Servers, ServerThread
from tests.certificates import Authority
from tests.unit.pipelines import Desk, config_map, provider
from tests.vllm_server import Answer, Model

ROOT = Path(__file__).parents[2]
KEY = "sk-planted-key"
AUTH = {"apiKeySecretRef": {"name": "vllm-api-key", "key": "api-key"}}
ALLOWED = ("--allow-loopback", "--key-hosts", "127.0.0.1", "--allow-insecure-keys")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


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


def test_offline_only_the_manifests_are_judged(desk: Desk) -> None:
    good, bad = desk.put("good.yaml", provider()), desk.put("bad.yaml", provider({}))
    ended = desk.call("verify", "--offline", good, bad)
    assert ended.exit_code == 1
    assert ended.stdout.splitlines() == [
        f"ok      {good}: agents/vllm",
        f"FAILED  {bad}: VllmProvider vllm",
        "        spec: write exactly one of baseUrl (http://<host>:8000/v1) and serviceRef"
        " ({name: <Service>})",
    ]


def test_without_a_cel_runtime_its_rules_are_left_to_the_cluster_which_is_said(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "cel", None)
    refused_by_a_rule = desk.put("p.yaml", provider({}))
    ended = desk.call("verify", "--offline", refused_by_a_rule)
    assert ended.exit_code == 0
    assert f"note: {rules.NOT_JUDGED}" in ended.stdout


def test_files_without_a_provider_are_passed_over(desk: Desk) -> None:
    ended = desk.call("verify", "--offline", desk.put("c.yaml", config_map("c")))
    assert (ended.exit_code, ended.output) == (0, "")


@pytest.mark.parametrize(
    "text",
    [
        'metadata: {name: "\\uD800"}\n',
        '"\\uD800": 1\n',
        'metadata: {name: a}\nspec: {modelDefaults: {params: {a: "\\uDFFF"}}}\n',
    ],
    ids=["name", "key", "params"],
)
def test_half_a_character_is_refused_with_its_place(desk: Desk, text: str) -> None:
    header = "apiVersion: openclaw-vllm.dev/v1alpha1\nkind: VllmProvider\n"
    path = desk.write("p.yaml", header + text)
    ended = desk.call("verify", "--offline", path)
    assert (ended.exit_code, ended.stdout) == (1, "")
    assert ended.stderr.startswith(f"Error: {path}:")
    assert ended.stderr.endswith(": a text holds half a surrogate pair\n")


def test_what_is_wrong_with_metadata_is_told_beside_the_rest(desk: Desk) -> None:
    wrong = provider(labels={"openclaw-vllm.dev/share": True}, anotations={})
    ended = desk.call("verify", "--offline", desk.put("p.yaml", wrong | {"specs": {}}))
    assert ended.exit_code == 1
    assert ended.stdout.splitlines()[1:] == [
        '        specs: unknown field "specs"',
        '        metadata: unknown field "metadata.anotations"; did you mean annotations?',
        '        metadata.labels.openclaw-vllm.dev/share: must be of type string: "boolean"',
    ]


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


def test_the_pre_commit_hook_is_this_command(desk: Desk) -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    program, *words = hook["entry"].split()
    assert (program, hook["language"], hook["types"]) == ("openclaw-vllm", "python", ["yaml"])
    good, bad = desk.put("good.yaml", provider()), desk.put("bad.yaml", provider({}))
    assert desk.call(*words, *hook.get("args", []), good).exit_code == 0
    assert desk.call(*words, *hook.get("args", []), good, bad).exit_code == 1
    assert hook["additional_dependencies"][0].startswith("cel-expr-python")
