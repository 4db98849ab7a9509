"""What the Dockerfile promises can be read off it without an engine that builds it."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
LAST_STAGE = DOCKERFILE[DOCKERFILE.rindex("\nFROM ") :]


def test_the_last_stage_takes_nothing_from_the_tree_and_runs_nothing() -> None:
    copies = re.findall(r"^(?:COPY|ADD) (.*)$", LAST_STAGE, re.MULTILINE)
    assert [copy.split()[0] for copy in copies] == ["--from=build"]
    assert "\nRUN " not in LAST_STAGE


def test_everything_is_installed_by_hash_or_without_an_index() -> None:
    commands = DOCKERFILE.replace("\\\n", " ").splitlines()
    installs = [line for line in commands if '"install"' in line or '"build", "--' in line]
    assert len(installs) == 4
    for install in installs:
        assert "--require-hashes" in install or "--no-index" in install


def test_it_runs_as_a_numeric_user_without_a_shell() -> None:
    assert "\nUSER 65532:65532\n" in LAST_STAGE
    assert '\nENTRYPOINT ["openclaw-vllm"]\nCMD ["run"]\n' in LAST_STAGE
    assert "\nSTOPSIGNAL SIGTERM\n" in LAST_STAGE


def test_its_label_has_the_version_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert f"\nARG VERSION={project['version']}\n" in LAST_STAGE


def test_only_what_the_image_is_made_of_is_sent_to_the_build() -> None:
    rules = (ROOT / ".dockerignore").read_text().splitlines()
    allowed = {rule.removeprefix("!") for rule in rules if rule.startswith("!")}
    copies = re.findall(r"^COPY (?!--)(.*) \S+$", DOCKERFILE, re.MULTILINE)
    sources = {source.split("/")[0] for copy in copies for source in copy.split()}
    assert "*" in rules
    assert sources == allowed
