"""What is measured beside each other, and how each is installed and started."""

import io
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

from hack.demo.server import ROOT
from tests.conftest import CRDS
from tests.controlplane.exclusive import exclusive
from tests.controlplane.progress import StepError, say
from tests.operator_process import PROGRAM

BASELINE = "f8de8eb"  # the build that the targets were set against
CACHE = ROOT / ".cache" / "bench"
BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Build:
    """A version of the operator: its CRDs and its command."""

    name: str
    crds: Path
    program: tuple[str, ...]


def this_build() -> Build:
    """Return the operator of this checkout."""
    return Build("this", CRDS, PROGRAM)


def baseline() -> Build:
    """Return the operator of BASELINE, installed from `git archive` into an environment of its own.

    Its dependencies are the ones that it pinned. Raises StepError where git does not know it.
    """
    home = CACHE / BASELINE
    tree, environment = home / "tree", home / "environment"
    installed = home / "installed"
    with exclusive(CACHE / "lock", doing="installs the build to compare with", scratch="none-"):
        if not installed.exists():
            say(f"Installing {BASELINE} into {home}.")
            _unpack(tree)
            _install(tree, environment)
            installed.touch()
    return Build(BASELINE, tree / "crds", (str(environment / "bin" / "openclaw-vllm"),))


def _unpack(tree: Path) -> None:
    archive = _run(["git", "-C", str(ROOT), "archive", BASELINE])
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(tree, filter="data")


def _install(tree: Path, environment: Path) -> None:
    uv, python = str(BIN / "uv"), str(environment / "bin" / "python")
    _run([uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, str(environment)])
    pinned = str(tree / "requirements" / "runtime.txt")
    _run([uv, "pip", "sync", "--quiet", "--require-hashes", "--python", python, pinned])
    _run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", "dist"], folder=tree)
    wheels = [str(wheel) for wheel in (tree / "dist").glob("*.whl")]
    _run([uv, "pip", "install", "--quiet", "--no-deps", "--python", python, *wheels])


def _run(command: list[str], folder: Path | None = None) -> bytes:
    process = subprocess.run(command, cwd=folder, check=False, capture_output=True)
    if process.returncode != 0:
        raise StepError(f"{' '.join(command)}: {process.stderr.decode(errors='replace').strip()}")
    return process.stdout
