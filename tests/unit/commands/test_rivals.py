"""VllmProviders of one file that exclude each other: told before the cluster meets both."""

from pathlib import Path
from typing import Any

import pytest

from tests import builders
from tests.unit.commands.pipelines import Desk, provider

TWICE = "metadata.name: the file holds two VllmProviders of this name"
SHARED = "spec.output: VllmProvider vllm publishes to ConfigMap vllm-openclaw too"


def publishing_to(name: str) -> dict[str, Any]:
    return builders.wire_spec() | {"output": {"configMapName": name}}


@pytest.mark.parametrize(
    ("second", "complaint"),
    [
        (provider(), TWICE),
        (provider(publishing_to("own")), TWICE),
        (provider(publishing_to("vllm-openclaw"), name="other"), SHARED),
        (provider(name="other"), None),
        (provider(namespace="elsewhere"), None),
        (provider(publishing_to("vllm-openclaw"), name="other", namespace="elsewhere"), None),
    ],
)
def test_of_two_that_exclude_each_other_the_later_one_is_refused(
    second: dict[str, Any], complaint: str | None, desk: Desk
) -> None:
    ended = desk.call("verify", "--offline", desk.put("p.yaml", provider(), second))
    said = [line.strip() for line in ended.stdout.splitlines()]
    if complaint is None:
        assert ended.exit_code == 0
        assert len(said) == 2
    else:
        assert ended.exit_code == 1
        assert [line.split()[0] for line in said[:2]] == ["ok", "FAILED"]
        assert said[2].startswith(complaint)


def test_two_files_may_be_meant_for_two_clusters(desk: Desk) -> None:
    files = desk.put("dev.yaml", provider()), desk.put("prod.yaml", provider())
    assert desk.call("verify", "--offline", *files).exit_code == 0


def test_what_is_excluded_is_not_rendered(desk: Desk) -> None:
    spec = builders.wire_spec() | {"models": [{"id": "m"}]}
    path = desk.put("p.yaml", provider(spec), provider(spec))
    ended = desk.call("render", "-f", path, "-o", "yaml")
    assert ended.exit_code == 1
    assert TWICE in ended.stderr


def test_a_file_that_is_given_twice_is_read_once(desk: Desk) -> None:
    path = desk.put("p.yaml", provider())
    elsewhere = f"{Path(path).parent}/../{Path(path).parent.name}/p.yaml"
    ended = desk.call("verify", "--offline", "-f", path, path, elsewhere)
    assert ended.exit_code == 0
    assert ended.stdout.splitlines() == [f"ok      {path}: agents/vllm"]


def test_standard_input_that_is_given_twice_is_read_once(desk: Desk) -> None:
    manifest = Path(desk.put("p.yaml", provider())).read_text()
    ended = desk.call("verify", "--offline", "-f", "-", "-", stdin=manifest)
    assert ended.exit_code == 0
    assert ended.stdout.splitlines() == ["ok      stdin: agents/vllm"]
