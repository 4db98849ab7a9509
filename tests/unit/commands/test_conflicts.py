"""Conflicts between VllmProviders of one file, reported before either is applied."""

from pathlib import Path
from typing import Any

import pytest

from tests import builders
from tests.harnesses.command_line import CommandLine, provider

TWICE = "metadata.name: the file holds two VllmProviders of this name"
SHARED = "spec.output: VllmProvider vllm publishes to ConfigMap vllm-openclaw too"


def publishing_to(name: str) -> dict[str, Any]:
    return builders.wire_spec() | {"output": {"configMapName": name}}


@pytest.mark.parametrize(
    ("second", "violation"),
    [
        (provider(), TWICE),
        (provider(publishing_to("own")), TWICE),
        (provider(publishing_to("vllm-openclaw"), name="other"), SHARED),
        (provider(name="other"), None),
        (provider(namespace="elsewhere"), None),
        (provider(publishing_to("vllm-openclaw"), name="other", namespace="elsewhere"), None),
    ],
)
def test_of_two_that_exclude_each_other_the_later_one_is_rejected(
    second: dict[str, Any], violation: str | None, cli: CommandLine
) -> None:
    result = cli.run("verify", "--offline", cli.write_yaml("p.yaml", provider(), second))
    lines = [line.strip() for line in result.stdout.splitlines()]
    if violation is None:
        assert result.exit_code == 0
        assert len(lines) == 2
    else:
        assert result.exit_code == 1
        assert [line.split()[0] for line in lines[:2]] == ["ok", "FAILED"]
        assert lines[2].startswith(violation)


def test_two_files_may_be_meant_for_two_clusters(cli: CommandLine) -> None:
    files = cli.write_yaml("dev.yaml", provider()), cli.write_yaml("prod.yaml", provider())
    assert cli.run("verify", "--offline", *files).exit_code == 0


def test_a_conflicting_provider_is_not_rendered(cli: CommandLine) -> None:
    spec = builders.wire_spec() | {"models": [{"id": "m"}]}
    path = cli.write_yaml("p.yaml", provider(spec), provider(spec))
    result = cli.run("render", "-f", path, "-o", "yaml")
    assert result.exit_code == 1
    assert TWICE in result.stderr


def test_a_file_that_is_named_twice_is_read_once(cli: CommandLine) -> None:
    path = cli.write_yaml("p.yaml", provider())
    elsewhere = f"{Path(path).parent}/../{Path(path).parent.name}/p.yaml"
    result = cli.run("verify", "--offline", "-f", path, path, elsewhere)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [f"ok      {path}: agents/vllm"]


def test_standard_input_that_is_named_twice_is_read_once(cli: CommandLine) -> None:
    manifest = Path(cli.write_yaml("p.yaml", provider())).read_text()
    result = cli.run("verify", "--offline", "-f", "-", "-", stdin=manifest)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == ["ok      stdin: agents/vllm"]
