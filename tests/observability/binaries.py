"""Finds or builds Prometheus and promtool, as tests/controlplane/binaries.py does the rest.

A module of its own: with the control plane's, each would rebuild when the other changes. The tag
leaves out what discovers targets in two dozen clouds, which would be most of the build.
"""

import hashlib
import os
import platform
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.controlplane import golang, progress
from tests.controlplane.binaries import SCRATCH, cache
from tests.controlplane.exclusive import exclusive

MODULE = Path(__file__).parent
NAMES = ("prometheus", "promtool")
PACKAGES = [f"github.com/prometheus/prometheus/cmd/{name}" for name in NAMES]
FLAGS = ["-tags", "remove_all_sd", "-trimpath", "-ldflags", "-s -w"]


def ensure() -> Mapping[str, Path]:
    """Return where the programs are, building them if they are nowhere yet."""
    home = _home()
    if not _are_there(home):
        with exclusive(home / "lock", doing="builds Prometheus", scratch=SCRATCH):
            if not _are_there(home):
                _build(home)
    return {name: home / name for name in NAMES}


def _home() -> Path:
    parts = [(MODULE / name).read_bytes() for name in ("go.mod", "go.sum")]
    parts += [" ".join(FLAGS).encode(), f"{platform.system()} {platform.machine()}".encode()]
    return cache() / f"prometheus-{hashlib.sha256(b''.join(parts)).hexdigest()[:12]}"


def _are_there(home: Path) -> bool:
    return all((home / name).exists() for name in NAMES)


def _build(home: Path) -> None:
    """Build in a scratch folder and move each program to its place when it is whole."""
    with TemporaryDirectory(dir=home, prefix=SCRATCH) as folder:
        scratch = Path(folder)
        go = golang.toolchain(cache(), scratch)
        progress.run(
            "Building Prometheus",
            [go, "build", "-C", MODULE, "-v", *FLAGS, "-o", f"{scratch}{os.sep}", *PACKAGES],
            usually="5 to 12 minutes on 2 cores the first time",
            folder=scratch,
            environment=golang.environment(cache(), scratch),
        )
        for name in NAMES:
            os.replace(scratch / name, home / name)
