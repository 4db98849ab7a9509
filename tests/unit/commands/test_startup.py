"""What a command loads: a pipeline calls `render` for every commit, and never needs kopf."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.commands.pipelines import Desk, provider

HEAVY = ("kopf", "kubernetes", "httpx", "aiohttp", "prometheus_client")
CALL = """
import sys
from openclaw_vllm.cli import main
try:
    main(sys.argv[1:])
except SystemExit as ended:
    assert ended.code == 0, ended.code
print(*sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
"""


def loaded(*words: str) -> set[str]:
    """Return the top-level packages that a successful call has loaded."""
    ended = subprocess.run(
        [sys.executable, "-c", CALL, *words], check=True, capture_output=True, text=True
    )
    return set(ended.stderr.splitlines()[-1].split())


@pytest.mark.parametrize("command", ["render", "verify", "diff"])
def test_a_command_for_pipelines_loads_neither_kopf_nor_an_http_client(
    tmp_path: Path, command: str
) -> None:
    desk = Desk(tmp_path)
    path, snapshot = desk.put("p.yaml", provider()), desk.snapshot("m")
    words = ["-f", path, "--snapshot", snapshot]
    if command == "diff":
        live = desk.call("render", *words, "-o", "yaml").stdout
        words += ["--against", desk.write("live.yaml", live)]
    found = loaded(command, *words)
    assert "openclaw_vllm" in found
    assert not found & set(HEAVY)


def test_help_loads_no_command() -> None:
    assert not loaded("--help") & {"pydantic", "yaml", *HEAVY}
