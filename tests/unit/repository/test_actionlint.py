"""actionlint is built once, and its verdict is that of `python -m hack.actionlint`."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
# Answers `go env GOVERSION`; builds a program that prints its arguments, and fails at bad.yaml.
FAKE_GO = """#!/bin/sh
if [ "$1" = env ]; then echo go1.99.0; exit; fi
echo built >> "$COUNT"
while [ "$1" != -o ]; do shift; done
printf '#!/bin/sh\\necho "$@"\\ncase "$*" in *bad.yaml*) exit 1;; esac\\n' > "$2"
chmod +x "$2"
"""


@pytest.fixture
def count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a fake Go on the PATH; return the file with one line per build."""
    (tmp_path / "go").write_text(FAKE_GO)
    (tmp_path / "go").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("COUNT", str(tmp_path / "count"))
    monkeypatch.setenv("OPENCLAW_VLLM_CACHE", str(tmp_path / "cache"))
    return tmp_path / "count"


def check(*files: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "hack.actionlint", *files]
    return subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)


def test_it_is_built_once_and_reads_every_workflow(count: Path) -> None:
    for _ in range(2):
        process = check()
        assert process.returncode == 0
        for path in (ROOT / ".github" / "workflows").iterdir():
            assert str(path) in process.stdout
    assert count.read_text() == "built\n"


def test_no_program_of_the_machine_decides(count: Path) -> None:
    assert check("one.yaml").stdout == "-shellcheck= -pyflakes= one.yaml\n"
    assert count.exists()


@pytest.mark.usefixtures("count")
def test_a_workflow_with_an_error_fails() -> None:
    assert check("bad.yaml").returncode == 1
