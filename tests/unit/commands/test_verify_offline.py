"""`openclaw-vllm verify --offline`: what is said of manifests before anybody is asked."""

from pathlib import Path

import pytest
import yaml

from openclaw_vllm.commands import cel_rules
from tests.unit.commands.pipelines import Desk, config_map, provider

ROOT = Path(__file__).parents[3]


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
    monkeypatch.setattr(cel_rules, "cel", None)
    refused_by_a_rule = desk.put("p.yaml", provider({}))
    ended = desk.call("verify", "--offline", refused_by_a_rule)
    assert ended.exit_code == 0
    assert f"note: {cel_rules.NOT_JUDGED}" in ended.stdout


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


def test_the_pre_commit_hook_is_this_command(desk: Desk) -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    program, *words = hook["entry"].split()
    assert (program, hook["language"], hook["types"]) == ("openclaw-vllm", "python", ["yaml"])
    good, bad = desk.put("good.yaml", provider()), desk.put("bad.yaml", provider({}))
    assert desk.call(*words, *hook.get("args", []), good).exit_code == 0
    assert desk.call(*words, *hook.get("args", []), good, bad).exit_code == 1
    assert hook["additional_dependencies"][0].startswith("cel-expr-python")
