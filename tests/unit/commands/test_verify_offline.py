"""`openclaw-vllm verify --offline`: validation of manifests, without a request."""

from pathlib import Path

import pytest
import yaml

from openclaw_vllm.commands import cel_rules
from tests.harnesses.command_line import CommandLine, config_map, provider

ROOT = Path(__file__).parents[3]


def test_offline_only_the_manifests_are_validated(cli: CommandLine) -> None:
    good, bad = cli.write_yaml("good.yaml", provider()), cli.write_yaml("bad.yaml", provider({}))
    result = cli.run("verify", "--offline", good, bad)
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        f"ok      {good}: agents/vllm",
        f"FAILED  {bad}: VllmProvider vllm",
        "        spec: write exactly one of baseUrl (http://<host>:8000/v1) and serviceRef"
        " ({name: <Service>})",
    ]


def test_without_a_cel_runtime_a_note_leaves_the_rules_to_the_cluster(
    cli: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cel_rules, "cel", None)
    refused_by_a_rule = cli.write_yaml("p.yaml", provider({}))
    result = cli.run("verify", "--offline", refused_by_a_rule)
    assert result.exit_code == 0
    assert f"note: {cel_rules.RULES_SKIPPED}" in result.stdout


def test_files_without_a_provider_are_passed_over(cli: CommandLine) -> None:
    result = cli.run("verify", "--offline", cli.write_yaml("c.yaml", config_map("c")))
    assert (result.exit_code, result.output) == (0, "")


@pytest.mark.parametrize(
    "text",
    [
        'metadata: {name: "\\uD800"}\n',
        '"\\uD800": 1\n',
        'metadata: {name: a}\nspec: {modelDefaults: {params: {a: "\\uDFFF"}}}\n',
    ],
    ids=["name", "key", "params"],
)
def test_half_a_character_is_refused_with_its_place(cli: CommandLine, text: str) -> None:
    header = "apiVersion: openclaw-vllm.dev/v1alpha1\nkind: VllmProvider\n"
    path = cli.write("p.yaml", header + text)
    result = cli.run("verify", "--offline", path)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"Error: {path}:")
    assert result.stderr.endswith(": a text holds half a surrogate pair\n")


def test_violations_of_metadata_are_reported_beside_the_others(cli: CommandLine) -> None:
    wrong = provider(labels={"openclaw-vllm.dev/share": True}, anotations={})
    result = cli.run("verify", "--offline", cli.write_yaml("p.yaml", wrong | {"specs": {}}))
    assert result.exit_code == 1
    assert result.stdout.splitlines()[1:] == [
        '        specs: unknown field "specs"',
        '        metadata: unknown field "metadata.anotations"; did you mean annotations?',
        '        metadata.labels.openclaw-vllm.dev/share: must be of type string: "boolean"',
    ]


def test_the_pre_commit_hook_is_this_command(cli: CommandLine) -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    program, *words = hook["entry"].split()
    assert (program, hook["language"], hook["types"]) == ("openclaw-vllm", "python", ["yaml"])
    good, bad = cli.write_yaml("good.yaml", provider()), cli.write_yaml("bad.yaml", provider({}))
    assert cli.run(*words, *hook.get("args", []), good).exit_code == 0
    assert cli.run(*words, *hook.get("args", []), good, bad).exit_code == 1
    assert hook["additional_dependencies"][0].startswith("cel-expr-python")
