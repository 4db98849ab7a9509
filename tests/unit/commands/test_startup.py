"""What a command loads: a pipeline calls `render` for every commit, and never needs kopf."""

import json
import subprocess
import sys
from pathlib import Path

from tests.harnesses.command_line import CommandLine, provider

HEAVY = ("kopf", "kubernetes", "httpx", "aiohttp", "prometheus_client")
CALL = """
import json
import sys
from openclaw_vllm.cli import main
for words in json.loads(sys.argv[1]):
    try:
        main(words)
    except SystemExit as result:
        assert result.code == 0, (words, result.code)
print(*sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
"""


def load(*calls: list[str]) -> set[str]:
    """Return the top-level packages that successful calls, one after the other, have loaded."""
    result = subprocess.run(
        [sys.executable, "-c", CALL, json.dumps(calls)], check=True, capture_output=True, text=True
    )
    return set(result.stderr.splitlines()[-1].split())


def test_no_command_for_pipelines_loads_kopf_or_an_http_client(tmp_path: Path) -> None:
    cli = CommandLine(tmp_path)
    path, snapshot = cli.write_yaml("p.yaml", provider()), cli.write_snapshot("m")
    words = ["-f", path, "--snapshot", snapshot]
    against = cli.write("live.yaml", cli.run("render", *words, "-o", "yaml").stdout)
    packages = load(["render", *words], ["verify", *words], ["diff", *words, "--against", against])
    assert "openclaw_vllm" in packages
    assert not packages & set(HEAVY)


def test_help_loads_no_command() -> None:
    assert not load(["--help"]) & {"pydantic", "yaml", *HEAVY}


def test_no_garbage_collection_looks_at_what_a_command_has_imported() -> None:
    """A full one that did would stop the operator for 50 ms."""
    code = """
import gc
from openclaw_vllm.cli import main
main.get_command(None, "render")
assert gc.isenabled()
assert gc.get_freeze_count() > 10 * len(gc.get_objects())
"""
    subprocess.run([sys.executable, "-c", code], check=True)
