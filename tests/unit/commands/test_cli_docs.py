"""docs/cli.md: what it names exists; its commands are run elsewhere (tests/apiserver, image)."""

import re
from pathlib import Path

import click
import yaml

from openclaw_vllm.cli import COMMANDS, main
from tests.command_docs import PAGE, blocks

HOOKS = Path(__file__).parents[3] / ".pre-commit-hooks.yaml"
RUN = {"```sh", "```sh cluster", "```sh install"}
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")


def test_every_block_of_commands_is_run_by_some_test() -> None:
    kinds = {line for line in PAGE.read_text().splitlines() if line.startswith("```")}
    assert kinds == {*RUN, "```", "```yaml"}


def test_the_pre_commit_example_names_the_hook() -> None:
    example = next(block for block in blocks("yaml") if ".pre-commit" in block)
    (repository,) = yaml.safe_load(example)["repos"]
    hooks = yaml.safe_load(HOOKS.read_text())
    assert [hook["id"] for hook in repository["hooks"]] == [hook["id"] for hook in hooks]


def test_every_option_of_the_page_exists() -> None:
    context = click.Context(main)
    commands = [main.get_command(context, name) for name in COMMANDS]
    options = {word for c in commands if c for option in c.params for word in option.opts}
    assert set(OPTION.findall(PAGE.read_text())) <= options
