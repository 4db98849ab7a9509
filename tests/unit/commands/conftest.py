"""What the tests of the commands share."""

from pathlib import Path

import pytest

from tests.unit.commands.pipelines import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Return an empty folder, and the command line in it."""
    return Desk(tmp_path)
