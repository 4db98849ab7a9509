"""Sdist and wheel, and what the wheel brings along: its bill of materials and its licences."""

import os
import re
import subprocess
import sys
from pathlib import Path

from hack.release import ReleaseError

UV = [sys.executable, "-m", "uv"]
# Those that the Dockerfile allows in the image, which has the same packages.
ALLOWED = re.compile(r'"--allow-only=([^"]+)"')


def build(source: Path, folder: Path, seconds: int) -> Path:
    """Build the sdist and, from it, the wheel into a folder; return the wheel.

    Hatchling gives every file the time of SOURCE_DATE_EPOCH: the same commit gives the same bytes.
    """
    command = [*UV, "build", "--quiet", "--no-build-isolation", f"--python={sys.executable}"]
    _run([*command, f"--out-dir={folder}", str(source)], SOURCE_DATE_EPOCH=str(seconds))
    (folder / ".gitignore").unlink(missing_ok=True)  # uv's own
    (wheel,) = folder.glob("*.whl")
    return wheel


def describe(source: Path, wheel: Path, scratch: Path, folder: Path) -> None:
    """Install the wheel with all that is locked, and write what that is into a folder.

    Raises ReleaseError at a licence of a kind that the Dockerfile does not allow.
    """
    tools = _environment(scratch / "tools", source / "requirements" / "image.txt")
    installed = _environment(scratch / "installed", source / "requirements" / "runtime.txt")
    python = installed / "bin" / "python"
    _run([*UV, "pip", "install", "--quiet", f"--python={python}", "--no-deps", str(wheel)])
    bill = ["environment", f"--pyproject={source / 'pyproject.toml'}", "--output-reproducible"]
    bill += [f"--output-file={folder / 'sbom.cdx.json'}", str(python)]
    _run([str(tools / "bin" / "cyclonedx-py"), *bill])
    (allowed,) = ALLOWED.findall((source / "Dockerfile").read_text())
    licences = [f"--python={python}", "--partial-match", f"--allow-only={allowed}", "--with-urls"]
    licences += ["--format=markdown", f"--output-file={folder / 'licenses.md'}"]
    _run([str(tools / "bin" / "pip-licenses"), *licences])


def _environment(folder: Path, requirements: Path) -> Path:
    """Make a virtual environment of what is locked, with hashes."""
    _run([*UV, "venv", "--quiet", f"--python={sys.executable}", str(folder)])
    install = [*UV, "pip", "install", "--quiet", f"--python={folder / 'bin' / 'python'}"]
    _run([*install, "--require-hashes", "-r", str(requirements)])
    return folder


def _run(command: list[str], **environment: str) -> None:
    env = {**os.environ, **environment}
    process = subprocess.run(command, check=False, env=env, capture_output=True, text=True)
    if process.returncode != 0:
        raise ReleaseError(f"{' '.join(command)} failed:\n{process.stdout}{process.stderr}")
