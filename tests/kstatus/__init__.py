"""Asks the real kstatus, by which Flux, Helm and `kubectl`'s successors wait, about objects.

It is Go, so a program of a few lines is built from its module once per user, beside the control
plane: its modules are of the control plane's versions, so Go compiles most of them only once.
"""

import hashlib
import json
import os
import platform
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.controlplane import binaries, golang, progress
from tests.controlplane.exclusive import exclusive

MODULE = Path(__file__).parent
SOURCES = ("go.mod", "go.sum", "main.go")
SCRATCH = "building-"

Object = dict[str, object]


def statuses(objects: list[Object]) -> list[str]:
    """Return kstatus' word for each object: Current, InProgress, Failed or Terminating."""
    answer = subprocess.run(
        [ensure()], input=json.dumps(objects), capture_output=True, text=True, check=True
    )
    found: list[str] = json.loads(answer.stdout)
    return found


def ensure() -> Path:
    """Return the program, built if it is not there yet."""
    home = _home()
    program = home / "kstatus"
    if not program.exists():
        with exclusive(home / "lock", doing="builds kstatus", scratch=SCRATCH):
            if not program.exists():
                _build(program)
    return program


def _home() -> Path:
    parts = [(MODULE / name).read_bytes() for name in SOURCES]
    parts.append(f"{platform.system()} {platform.machine()}".encode())
    return binaries.cache() / f"kstatus-{hashlib.sha256(b''.join(parts)).hexdigest()[:12]}"


def _build(program: Path) -> None:
    with TemporaryDirectory(dir=program.parent, prefix=SCRATCH) as folder:
        scratch = Path(folder)
        go = golang.toolchain(binaries.cache(), scratch)
        progress.run(
            "Building kstatus",
            [go, "build", "-C", MODULE, "-trimpath", "-o", scratch / "kstatus", "."],
            usually="half a minute on 2 cores the first time, two when Go has nothing cached",
            folder=scratch,
            environment=golang.environment(binaries.cache(), scratch),
        )
        os.replace(scratch / "kstatus", program)
