"""What the tests of the commands share."""

from pathlib import Path

import pytest

from tests.harnesses.command_line import CommandLine


@pytest.fixture
def cli(tmp_path: Path) -> CommandLine:
    """Return an empty folder, and the command line in it."""
    return CommandLine(tmp_path)
