"""`openclaw-vllm render`: the bytes of the cluster, without one; exit codes and messages."""

import json
from pathlib import Path

import pytest
import yaml

from openclaw_vllm.api.configmap import KEYS, digest
from openclaw_vllm.core.config.agents import hash_patterns
from tests import builders
from tests.builders.golden_cases import CASES
from tests.certificates import Authority
from tests.harnesses.command_line import CommandLine, config_map, provider, service

GOLDEN = Path(__file__).parents[1] / "golden"
CARD = {"id": "m", "max_model_len": 32768}
KEYED = {"apiKeySecretRef": {"name": "vllm-api-key", "key": "api-key"}}


def cards(name: str) -> list[dict[str, object]]:
    return [
        {"id": model.id, "parent": model.parent or None, "max_model_len": model.context}
        for model in CASES[name].models
    ]


@pytest.mark.parametrize("name", CASES)
def test_a_golden_file_is_rendered_byte_by_byte(cli: CommandLine, name: str) -> None:
    case = CASES[name]
    path = cli.write_yaml("provider.yaml", provider(builders.wire_spec(**case.spec)))
    ca = cli.write("ca.crt", case.connection.ca_pem)
    words = ["render", "-f", path, "--snapshot", cli.write_snapshot(*cards(name)), "--ca-file", ca]
    result = cli.run(*words, "--key", "openclaw.json")
    assert result.exit_code == 0, result.stderr
    assert result.stdout_bytes == (GOLDEN / f"{name}.json").read_bytes()


@pytest.mark.parametrize("name", CASES)
def test_every_form_holds_the_same_documents(cli: CommandLine, name: str) -> None:
    case = CASES[name]
    path = cli.write_yaml("provider.yaml", provider(builders.wire_spec(**case.spec)))
    ca = cli.write("ca.crt", case.connection.ca_pem)
    words = ["render", "-f", path, "--snapshot", cli.write_snapshot(*cards(name)), "--ca-file", ca]
    data = cli.json(*words)["data"]
    assert list(data) == list(KEYS)
    assert {key: cli.run(*words, "--key", key).stdout for key in KEYS} == data
    assert yaml.safe_load(cli.run(*words, "-o", "yaml").stdout)["data"] == data
    places = (f"==> agents/vllm-openclaw/{key} <==\n{data[key]}" for key in KEYS)
    assert cli.run(*words).stdout == "".join(places)


def test_the_manifest_is_the_operator_s_less_the_owner(cli: CommandLine) -> None:
    output = {"configMapName": "models", "labels": {"example.com/team": "a"}}
    path = cli.write_yaml("provider.yaml", provider(builders.wire_spec(output=output)))
    words = ["render", "-f", path, "--snapshot", cli.write_snapshot("m"), "-o", "yaml"]
    manifest = yaml.safe_load(cli.run(*words).stdout)
    assert (manifest["apiVersion"], manifest["kind"]) == ("v1", "ConfigMap")
    assert manifest["metadata"] == {
        "name": "models",
        "namespace": "agents",
        "labels": {
            "example.com/team": "a",
            "app.kubernetes.io/managed-by": "openclaw-vllm-operator",
            "app.kubernetes.io/part-of": "openclaw-vllm",
            "openclaw-vllm.dev/provider": "vllm",
        },
        "annotations": {
            "openclaw-vllm.dev/config-digest": digest(manifest["data"]),
            "openclaw-vllm.dev/primary-patterns": hash_patterns(["*"]),
        },
    }


def test_an_explicit_list_needs_no_snapshot(cli: CommandLine) -> None:
    path = cli.write_yaml("provider.yaml", provider(builders.wire_spec(models=[{"id": "m"}])))
    assert cli.json("render", "-f", path)["ok"] is True


def test_standard_input_is_a_file_too(cli: CommandLine) -> None:
    path = cli.write_yaml("provider.yaml", provider())
    result = cli.run("render", "-f", path, "--snapshot", "-", stdin=builders.answer("m"))
    assert (result.exit_code, '"id": "m"' in result.stdout) == (0, True)
    manifest = json.dumps(provider())
    result = cli.run("render", "-f", "-", "--snapshot", cli.write_snapshot(CARD), stdin=manifest)
    assert (result.exit_code, result.stderr) == (0, "")


def test_what_a_spec_names_may_stand_in_the_files(cli: CommandLine) -> None:
    spec = {
        "serviceRef": {"name": "vllm", "port": "web", "scheme": "https"},
        "tls": {"caBundleRef": {"name": "corp-ca"}},
        "output": {"baseConfigRef": {"name": "base"}},
    }
    ca = Authority.create().pem
    everything = (
        provider(spec),
        service("vllm", web=8443),
        config_map("corp-ca", **{"ca.crt": ca}),
        config_map("base", **{"openclaw.json5": "{gateway: {port: 1}}"}),
    )
    path = cli.write_yaml("all.yaml", *everything)
    report = cli.json("render", "-f", path, "--snapshot", cli.write_snapshot(CARD))
    document = json.loads(report["data"]["openclaw.json"])
    served = document["models"]["providers"]["vllm"]
    assert document["gateway"] == {"port": 1}
    assert served["baseUrl"] == "https://vllm.agents.svc.cluster.local:8443/v1"
    assert served["request"] == {"tls": {"ca": ca}}
    assert report["notes"] == []


def test_texts_may_be_given_by_themselves(cli: CommandLine) -> None:
    spec = builders.wire_spec(output={"baseConfigRef": {"name": "base"}})
    base = cli.write("base.json5", "{gateway: {port: 2}}")
    words = ["-f", cli.write_yaml("p.yaml", provider(spec)), "--snapshot", cli.write_snapshot("m")]
    report = cli.json("render", *words, "--base-config", base)
    assert json.loads(report["data"]["openclaw.json"])["gateway"] == {"port": 2}
    missing = cli.run("render", *words)
    assert missing.exit_code == 1
    assert missing.stdout == ""
    assert "BaseConfigInvalid: ConfigMap base is not given" in missing.stderr


def test_a_service_is_taken_to_exist_and_that_is_reported(cli: CommandLine) -> None:
    words = ["--snapshot", cli.write_snapshot("m")]
    path = cli.write_yaml("p.yaml", provider({"serviceRef": {"name": "vllm", "port": 80}}))
    result = cli.run("render", "-f", path, *words)
    assert result.exit_code == 0
    assert "Service agents/vllm is taken to exist" in result.stderr
    assert "http://vllm.agents.svc.cluster.local:80/v1" in result.stdout


def test_a_port_s_name_needs_the_service(cli: CommandLine) -> None:
    path = cli.write_yaml("p.yaml", provider({"serviceRef": {"name": "vllm", "port": "http"}}))
    result = cli.run("render", "-f", path, "--snapshot", cli.write_snapshot("m"))
    assert (result.exit_code, result.stdout) == (1, "")
    assert "ServiceNotFound" in result.stderr
    assert "add the Service's manifest with -f" in result.stderr


def test_what_is_not_as_it_seems_is_noted(cli: CommandLine) -> None:
    discovery = {"capabilities": "Probe"}
    spec = builders.wire_spec(discovery=discovery, suspend=True, agents={"primary": ["gone", "m"]})
    path = cli.write_yaml("p.yaml", provider(spec))
    report = cli.json("render", "-f", path, "--snapshot", cli.write_snapshot("m", "a@b"))
    assert report["ok"] is True
    notes = "\n".join(report["notes"])
    assert "with --live only" in notes
    assert "suspended" in notes
    assert "no model matches these patterns of spec.agents: gone" in notes
    assert "model 'a@b' is rejected: InvalidReference" in notes


BAD_ANSWERS = [
    (b"<html>", "InvalidAnswer"),
    (b'{"data": []}', "NoModels"),
    (b'{"data": [{"id": "a@b"}]}', "NoModels"),
    (b" " * 1_100_000, "AnswerTooLarge"),
    (builders.answer(*(f"m{number}" for number in range(201))), "TooManyModels"),
]


@pytest.mark.parametrize(("body", "reason"), BAD_ANSWERS, ids=[why for _, why in BAD_ANSWERS])
def test_what_the_cluster_would_not_call_ready_ends_with_1(
    cli: CommandLine, body: bytes, reason: str
) -> None:
    path = cli.write_yaml("p.yaml", provider())
    words = ["render", "-f", path, "--snapshot", cli.write("bad.json", body)]
    result = cli.run(*words)
    assert result.exit_code == 1
    assert f"agents/vllm: {reason}: " in result.stderr
    report = cli.json(*words)
    assert report["ok"] is False
    assert {c["type"]: c["reason"] for c in report["conditions"]}["Ready"] == reason


def test_an_empty_list_is_rendered_as_the_cluster_publishes_it(cli: CommandLine) -> None:
    path = cli.write_yaml("p.yaml", provider())
    report = cli.json("render", "-f", path, "--snapshot", cli.write("none.json", '{"data": []}'))
    assert json.loads(report["data"]["models.json"])["providers"]["vllm"]["models"] == []


def test_an_invalid_manifest_ends_with_1_and_every_violation(cli: CommandLine) -> None:
    wrong = provider(builders.wire_spec(suspended=True, providerId="openai"))
    path = cli.write_yaml("p.yaml", wrong)
    result = cli.run("render", "-f", path, "--snapshot", cli.write_snapshot("m"))
    assert (result.exit_code, result.stdout) == (1, "")
    assert f'{path}: VllmProvider vllm: spec: unknown field "spec.suspended"' in result.stderr
    assert "write vllm, or vllm- followed by" not in result.stderr  # rules come after the schema
    assert len(result.stderr.splitlines()) == 1


def test_other_objects_are_passed_over_and_named(cli: CommandLine) -> None:
    path = cli.write_yaml(
        "p.yaml", {"kind": "Deployment", "metadata": {"name": "d"}}, {}, provider()
    )
    result = cli.run("render", "-f", path, "--snapshot", cli.write_snapshot("m"))
    assert result.exit_code == 0
    assert f"{path}: skipped Deployment d" in result.stderr
    assert "skipped an object without kind" in result.stderr


def test_one_of_many_is_chosen_by_its_name(cli: CommandLine) -> None:
    path = cli.write_yaml("p.yaml", provider(name="a"), provider(name="b"))
    words = ["render", "-f", path, "--snapshot", cli.write_snapshot("m")]
    assert cli.run(*words).exit_code == 2
    assert cli.json(*words, "--name", "b")["configMap"] == "b-openclaw"


USAGE = [
    ([], "no VllmProvider"),
    (["-f", "EMPTY"], "no VllmProvider"),
    (["-f", "PROVIDER", "--name", "other"], "no VllmProvider of the files is named 'other'"),
    (["-f", "PROVIDER", "-n", "a,b"], "'a,b' is no namespace: write at most 63"),
    (["-f", "PROVIDER", "-n", ""], "'' is no namespace: write at most 63"),
    (["-f", "PROVIDER"], "give --snapshot FILE with an answer to GET /v1/models, or --live"),
    (["-f", "PROVIDER", "--snapshot", "SNAPSHOT", "--live"], "exclude each other"),
    (["-f", "-", "--snapshot", "-"], "standard input can be read once"),
    (["-f", "MISSING"], "does not exist"),
    (["-f", "TWO", "--snapshot", "SNAPSHOT"], "choose the VllmProvider with --name"),
    (["-f", "TWO", "--live", "--key", "models.json"], "choose the VllmProvider with --name"),
    (["-f", "PROVIDER", "--snapshot", "SNAPSHOT", "-o", "xml"], "'text', 'json', 'yaml'"),
    (["-f", "PROVIDER", "--snapshot", "SNAPSHOT", "--allow-hosts", "a,b"], "neither a glob"),
]


@pytest.mark.parametrize(("words", "message"), USAGE, ids=[" ".join(words) for words, _ in USAGE])
def test_wrong_usage_ends_with_2_and_says_what_to_do(
    cli: CommandLine, words: list[str], message: str
) -> None:
    files = {
        "EMPTY": cli.write("empty.yaml", "# nothing\n"),
        "PROVIDER": cli.write_yaml("p.yaml", provider()),
        "TWO": cli.write_yaml("two.yaml", provider(name="a"), provider(name="b")),
        "SNAPSHOT": cli.write_snapshot("m"),
        "MISSING": str(cli.folder / "missing.yaml"),
    }
    named = [files.get(word, word) for word in words]
    result = cli.run("render", *named, stdin=json.dumps(provider()))
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    "text", ["a: [1", "a: 1\na: 2\n", "kind: Service\nmetadata: {name: s}\nspec: {ports: [7]}\n"]
)
def test_a_file_that_cannot_be_read_ends_with_1_and_its_name(cli: CommandLine, text: str) -> None:
    result = cli.run("render", "-f", cli.write("bad.yaml", text))
    assert result.exit_code == 1
    assert "bad.yaml" in result.stderr
