"""`openclaw-vllm render`: the bytes of the cluster, without one; exit codes and messages."""

import json
from pathlib import Path

import pytest
import yaml

from openclaw_vllm.api.configmap import KEYS, digest
from tests import builders
from tests.builders.golden_cases import CASES
from tests.certificates import Authority
from tests.unit.commands.pipelines import Desk, config_map, provider, service

GOLDEN = Path(__file__).parents[1] / "golden"
KEYED = {"apiKeySecretRef": {"name": "vllm-api-key", "key": "api-key"}}


def cards(name: str) -> list[dict[str, object]]:
    return [
        {"id": model.id, "parent": model.parent or None, "max_model_len": model.context}
        for model in CASES[name].models
    ]


@pytest.mark.parametrize("name", CASES)
def test_a_golden_file_is_rendered_byte_by_byte(desk: Desk, name: str) -> None:
    case = CASES[name]
    path = desk.put("provider.yaml", provider(builders.wire_spec(**case.spec)))
    ca = desk.write("ca.crt", case.connection.ca_pem)
    words = ["render", "-f", path, "--snapshot", desk.snapshot(*cards(name)), "--ca-file", ca]
    ended = desk.call(*words, "--key", "openclaw.json")
    assert ended.exit_code == 0, ended.stderr
    assert ended.stdout_bytes == (GOLDEN / f"{name}.json").read_bytes()


@pytest.mark.parametrize("name", CASES)
def test_every_form_holds_the_same_documents(desk: Desk, name: str) -> None:
    case = CASES[name]
    path = desk.put("provider.yaml", provider(builders.wire_spec(**case.spec)))
    ca = desk.write("ca.crt", case.connection.ca_pem)
    words = ["render", "-f", path, "--snapshot", desk.snapshot(*cards(name)), "--ca-file", ca]
    data = desk.json(*words)["data"]
    assert list(data) == list(KEYS)
    assert {key: desk.call(*words, "--key", key).stdout for key in KEYS} == data
    assert yaml.safe_load(desk.call(*words, "-o", "yaml").stdout)["data"] == data
    places = (f"==> agents/vllm-openclaw/{key} <==\n{data[key]}" for key in KEYS)
    assert desk.call(*words).stdout == "".join(places)


def test_the_manifest_is_the_operator_s_less_the_owner(desk: Desk) -> None:
    output = {"configMapName": "models", "labels": {"example.com/team": "a"}}
    path = desk.put("provider.yaml", provider(builders.wire_spec(output=output)))
    said = desk.call("render", "-f", path, "--snapshot", desk.snapshot("m"), "-o", "yaml").stdout
    manifest = yaml.safe_load(said)
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
        "annotations": {"openclaw-vllm.dev/config-digest": digest(manifest["data"])},
    }


def test_an_explicit_list_needs_no_snapshot(desk: Desk) -> None:
    path = desk.put("provider.yaml", provider(builders.wire_spec(models=[{"id": "m"}])))
    assert desk.json("render", "-f", path)["ok"] is True


def test_standard_input_is_a_file_too(desk: Desk) -> None:
    path = desk.put("provider.yaml", provider())
    ended = desk.call("render", "-f", path, "--snapshot", "-", stdin=builders.answer("m"))
    assert (ended.exit_code, '"id": "m"' in ended.stdout) == (0, True)
    manifest = json.dumps(provider())
    ended = desk.call("render", "-f", "-", "--snapshot", desk.snapshot("m"), stdin=manifest)
    assert (ended.exit_code, ended.stderr) == (0, "")


def test_what_a_spec_names_may_stand_in_the_files(desk: Desk) -> None:
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
    path = desk.put("all.yaml", *everything)
    said = desk.json("render", "-f", path, "--snapshot", desk.snapshot("m"))
    document = json.loads(said["data"]["openclaw.json"])
    served = document["models"]["providers"]["vllm"]
    assert document["gateway"] == {"port": 1}
    assert served["baseUrl"] == "https://vllm.agents.svc.cluster.local:8443/v1"
    assert served["request"] == {"tls": {"ca": ca}}
    assert said["notes"] == []


def test_texts_may_be_given_by_themselves(desk: Desk) -> None:
    spec = builders.wire_spec(output={"baseConfigRef": {"name": "base"}})
    base = desk.write("base.json5", "{gateway: {port: 2}}")
    words = ["-f", desk.put("p.yaml", provider(spec)), "--snapshot", desk.snapshot("m")]
    said = desk.json("render", *words, "--base-config", base)
    assert json.loads(said["data"]["openclaw.json"])["gateway"] == {"port": 2}
    missing = desk.call("render", *words)
    assert missing.exit_code == 1
    assert missing.stdout == ""
    assert "BaseConfigInvalid: ConfigMap base is not given" in missing.stderr


def test_a_service_is_taken_to_exist_and_that_is_said(desk: Desk) -> None:
    words = ["--snapshot", desk.snapshot("m")]
    path = desk.put("p.yaml", provider({"serviceRef": {"name": "vllm", "port": 80}}))
    ended = desk.call("render", "-f", path, *words)
    assert ended.exit_code == 0
    assert "Service agents/vllm is taken to exist" in ended.stderr
    assert "http://vllm.agents.svc.cluster.local:80/v1" in ended.stdout


def test_a_port_s_name_needs_the_service(desk: Desk) -> None:
    path = desk.put("p.yaml", provider({"serviceRef": {"name": "vllm", "port": "http"}}))
    ended = desk.call("render", "-f", path, "--snapshot", desk.snapshot("m"))
    assert (ended.exit_code, ended.stdout) == (1, "")
    assert "ServiceNotFound" in ended.stderr
    assert "add the Service's manifest with -f" in ended.stderr


def test_what_is_not_as_it_seems_is_noted(desk: Desk) -> None:
    discovery = {"capabilities": "Probe"}
    spec = builders.wire_spec(discovery=discovery, suspend=True, agents={"primary": ["gone", "m"]})
    path = desk.put("p.yaml", provider(spec))
    said = desk.json("render", "-f", path, "--snapshot", desk.snapshot("m", "a@b"))
    assert said["ok"] is True
    notes = "\n".join(said["notes"])
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
    desk: Desk, body: bytes, reason: str
) -> None:
    path = desk.put("p.yaml", provider())
    words = ["render", "-f", path, "--snapshot", desk.write("bad.json", body)]
    ended = desk.call(*words)
    assert ended.exit_code == 1
    assert f"agents/vllm: {reason}: " in ended.stderr
    said = desk.json(*words)
    assert said["ok"] is False
    assert {c["type"]: c["reason"] for c in said["conditions"]}["Ready"] == reason


def test_an_empty_list_is_rendered_as_the_cluster_publishes_it(desk: Desk) -> None:
    path = desk.put("p.yaml", provider())
    said = desk.json("render", "-f", path, "--snapshot", desk.write("none.json", '{"data": []}'))
    assert json.loads(said["data"]["models.json"])["providers"]["vllm"]["models"] == []


def test_an_invalid_manifest_ends_with_1_and_every_complaint(desk: Desk) -> None:
    wrong = provider(builders.wire_spec(suspended=True, providerId="openai"))
    path = desk.put("p.yaml", wrong)
    ended = desk.call("render", "-f", path, "--snapshot", desk.snapshot("m"))
    assert (ended.exit_code, ended.stdout) == (1, "")
    assert f'{path}: VllmProvider vllm: spec: unknown field "spec.suspended"' in ended.stderr
    assert "write vllm, or vllm- followed by" not in ended.stderr  # rules come after the schema
    assert len(ended.stderr.splitlines()) == 1


def test_other_objects_are_passed_over_and_named(desk: Desk) -> None:
    path = desk.put("p.yaml", {"kind": "Deployment", "metadata": {"name": "d"}}, {}, provider())
    ended = desk.call("render", "-f", path, "--snapshot", desk.snapshot("m"))
    assert ended.exit_code == 0
    assert f"{path}: skipped Deployment d" in ended.stderr
    assert "skipped an object without kind" in ended.stderr


def test_one_of_many_is_chosen_by_its_name(desk: Desk) -> None:
    path = desk.put("p.yaml", provider(name="a"), provider(name="b"))
    words = ["render", "-f", path, "--snapshot", desk.snapshot("m")]
    assert desk.call(*words).exit_code == 2
    assert desk.json(*words, "--name", "b")["configMap"] == "b-openclaw"


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


@pytest.mark.parametrize(("words", "said"), USAGE, ids=[" ".join(words) for words, _ in USAGE])
def test_wrong_usage_ends_with_2_and_says_what_to_do(
    desk: Desk, words: list[str], said: str
) -> None:
    files = {
        "EMPTY": desk.write("empty.yaml", "# nothing\n"),
        "PROVIDER": desk.put("p.yaml", provider()),
        "TWO": desk.put("two.yaml", provider(name="a"), provider(name="b")),
        "SNAPSHOT": desk.snapshot("m"),
        "MISSING": str(desk.folder / "missing.yaml"),
    }
    named = [files.get(word, word) for word in words]
    ended = desk.call("render", *named, stdin=json.dumps(provider()))
    assert ended.exit_code == 2
    assert said in ended.stderr
    assert ended.stdout == ""


@pytest.mark.parametrize(
    "text", ["a: [1", "a: 1\na: 2\n", "kind: Service\nmetadata: {name: s}\nspec: {ports: [7]}\n"]
)
def test_a_file_that_cannot_be_read_ends_with_1_and_its_name(desk: Desk, text: str) -> None:
    ended = desk.call("render", "-f", desk.write("bad.yaml", text))
    assert ended.exit_code == 1
    assert "bad.yaml" in ended.stderr
