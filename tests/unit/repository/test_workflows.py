"""The workflows do what the Makefile does, with the least rights; actionlint reads the rest."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
PATHS = sorted((ROOT / ".github" / "workflows").glob("*.yaml"))
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z0-9-]+):", MAKEFILE, re.MULTILINE))
PINNED = re.compile(r"- uses: [a-z-]+/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
MAKE = re.compile(r'(?:sudo (?:--preserve-env )?)?make (?P<target>[a-z-]+|"\$TARGET")(?: .*)?')
# Whoever may sign as this workflow: the job that publishes, in an environment with reviewers.
SIGNS = ("release.yaml", "publish")

Workflow = dict[Any, Any]  # YAML reads the key `on` as true


def each_file(path: Path) -> str:
    return path.name


def jobs() -> Iterator[tuple[str, str, Workflow]]:
    for path in PATHS:
        for name, job in yaml.safe_load(path.read_text())["jobs"].items():
            yield path.name, name, job


def test_there_are_workflows_for_changes_for_the_night_and_for_tags() -> None:
    events = {path.name: set(yaml.safe_load(path.read_text())[True]) for path in PATHS}
    assert events == {
        "checks.yaml": {"push", "pull_request"},
        "nightly.yaml": {"schedule", "workflow_dispatch"},
        "release.yaml": {"push"},
    }


@pytest.mark.parametrize("path", PATHS, ids=each_file)
def test_each_action_is_pinned_by_its_commit_and_says_its_version(path: Path) -> None:
    uses = [line.strip() for line in path.read_text().splitlines() if "uses:" in line]
    assert uses
    assert [line for line in uses if not PINNED.fullmatch(line)] == []


def test_an_action_has_one_commit_everywhere() -> None:
    pinned = {line for path in PATHS for line in re.findall(r"uses: (.*)", path.read_text())}
    assert len(pinned) == len({line.partition("@")[0] for line in pinned})


def test_each_step_that_runs_something_runs_a_target_that_exists() -> None:
    commands = [step["run"] for _, _, job in jobs() for step in job["steps"] if "run" in step]
    targets = [match["target"] for command in commands if (match := MAKE.fullmatch(command))]
    assert len(targets) == len(commands)
    rings = [each for _, _, job in jobs() for each in _matrix(job).get("target", [])]
    assert {*targets, *rings} - {'"$TARGET"'} <= TARGETS


def _matrix(job: Workflow) -> dict[str, Any]:
    matrix: dict[str, Any] = job.get("strategy", {}).get("matrix", {})
    return matrix


@pytest.mark.parametrize("path", PATHS, ids=each_file)
def test_a_workflow_may_read_and_a_checkout_keeps_no_token(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text())
    assert workflow["permissions"] == {"contents": "read"}
    checkouts = path.read_text().count("uses: actions/checkout@")
    assert path.read_text().count("persist-credentials: false") == checkouts


def test_only_the_job_that_publishes_has_another_right_and_secrets() -> None:
    for file, name, job in jobs():
        if (file, name) == SIGNS:
            assert job["permissions"] == {"contents": "read", "id-token": "write"}
            assert job["environment"] == "release"
        else:
            assert "permissions" not in job
            assert "secrets." not in yaml.safe_dump(job)


def test_each_job_ends_by_itself() -> None:
    assert [name for _, name, job in jobs() if "timeout-minutes" not in job] == []


def test_the_night_runs_the_releases_of_kubernetes_that_the_makefile_has() -> None:
    (releases,) = re.findall(r"^KUBERNETES_MATRIX = (.*)$", MAKEFILE, re.MULTILINE)
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "nightly.yaml").read_text())
    assert _matrix(workflow["jobs"]["kubernetes"])["kubernetes"] == releases.split()


def test_no_expression_is_pasted_into_a_command() -> None:
    commands = [step["run"] for _, _, job in jobs() for step in job["steps"] if "run" in step]
    assert [command for command in commands if "${{" in command] == []
