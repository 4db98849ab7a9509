"""What a contributor finds: commands that exist, tests that are found, checks that make has too."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.named_tests import names_below

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "CONTRIBUTING.md").read_text()
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob(".github/*.md")]
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z0-9-]+):", MAKEFILE, re.MULTILINE))
MAKE = re.compile(r"(?:`|^)make ((?:[a-z][a-z0-9-]* ?)+)", re.MULTILINE)
PYTEST = re.findall(r"^\.venv/bin/python -m (pytest .*)$", PAGE, re.MULTILINE)
FOLDERS = ("", "operator/openclaw_vllm", "tests/apiserver")
PATHS = re.findall(r"`((?:[\w.-]+/)*[\w-]+(?:\.py|\.md|\.yaml|/))`", PAGE)
HOOKS = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
PROGRAMS = Path(sys.executable).parent
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yaml"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_target_that_a_page_names_exists(page: Path) -> None:
    named = {name for names in MAKE.findall(page.read_text()) for name in names.split()}
    assert named - TARGETS == set()


def test_the_list_of_make_shows_every_target() -> None:
    targets = re.findall(r"^([a-z0-9-]+):.*## ", MAKEFILE, re.MULTILINE)
    assert set(targets) == TARGETS
    (phony,) = re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    assert set(phony.split()) == TARGETS


@pytest.mark.parametrize("path", PATHS)
def test_every_path_of_the_page_leads_somewhere(path: str) -> None:
    assert any((ROOT / folder / path).exists() for folder in FOLDERS)


@pytest.mark.parametrize("command", PYTEST)
def test_a_test_by_its_name_is_found(command: str) -> None:
    """By the names in its module: pytest takes seconds to collect the same."""
    form = re.fullmatch(r"pytest -q (?P<path>\S+?)(?:::(?P<name>\w+)| -k (?P<part>\w+))?", command)
    assert form is not None
    tests = names_below(ROOT / form["path"])
    assert form["name"] in tests if form["name"] else any((form["part"] or "") in t for t in tests)


def test_verify_refuses_a_tree_that_differs_from_its_commit(tmp_path: Path) -> None:
    """With programs that do nothing: it is about the tree that they leave."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to(shutil.which("true") or "")
    (tmp_path / "tree").mkdir()
    shutil.copy(ROOT / "Makefile", tmp_path / "tree")

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        program = [shutil.which(command[0]) or command[0], *command[1:]]
        return subprocess.run(
            program, cwd=tmp_path / "tree", check=False, capture_output=True, text=True
        )

    verify = ("make", "verify", "READY=", f"BIN={tmp_path / 'bin'}")
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    run("git", "init", "--quiet")
    assert "?? Makefile" in run(*verify).stderr
    run("git", "add", "Makefile")
    run("git", *identity, "commit", "--quiet", "--message=Makefile")
    assert run(*verify).returncode == 0


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_a_hook_runs_a_check_of_make_with_what_make_installs(hook: dict[str, str]) -> None:
    program, *arguments = hook["entry"].split()
    assert (PROGRAMS / Path(program).name).exists()
    assert hook["language"] == "system"
    check = " ".join([Path(program).name, *arguments]).replace("--force-exclude", "").strip()
    assert f"$(BIN)/{check.removesuffix(' --check')}" in MAKEFILE


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_a_form_for_issues_asks_for_something(form: Path) -> None:
    document = yaml.safe_load(form.read_text())
    assert {"name", "description", "body"} <= document.keys()
    fields = [field for field in document["body"] if field["type"] != "markdown"]
    assert len({field["id"] for field in fields}) == len(fields)
    assert any(field.get("validations", {}).get("required") for field in fields)


@pytest.mark.parametrize("path", sorted(ROOT.glob("operator/**/*.py")) + PAGES, ids=str)
def test_a_file_is_as_editorconfig_says(path: Path) -> None:
    text = path.read_bytes()
    assert b"\r" not in text
    assert text == b"" or text.endswith(b"\n")
    assert [line for line in text.split(b"\n") if line != line.rstrip()] == []
