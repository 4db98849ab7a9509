"""docs/agents.md against the table of releases: every key with the release that brought it."""

import re
from pathlib import Path

from openclaw_vllm.core.config.releases import SINCE, write

PAGE = (Path(__file__).parents[3] / "docs" / "agents.md").read_text()
ROW = re.compile(r"^\| `([^`]+)` \| (2026[0-9.]+) \|$", re.MULTILINE)


def test_every_key_is_documented_with_its_release() -> None:
    assert ROW.findall(PAGE) == [(key, write(release)) for key, release in SINCE.items()]
