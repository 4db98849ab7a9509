"""A Go program that the tests talk to, built once per user beside the control plane."""

import hashlib
import json
import os
import platform
import subprocess
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.controlplane import binaries, golang, progress
from tests.controlplane.exclusive import exclusive

FLAGS = ["-trimpath", "-ldflags", "-s -w"]


@dataclass(frozen=True)
class GoProgram:
    """A package of a module in the tests, whose go.mod and go.sum pin all that it is built from."""

    name: str
    module: Path
    usually: str  # how long the first build takes, in words
    package: str = "."

    def ensure(self) -> Path:
        """Return the program, built if it is not there yet. Raise StepError where that fails."""
        home = self._home()
        program = home / self.name
        if not program.exists():
            with exclusive(home / "lock", doing=f"builds {self.name}", scratch=binaries.SCRATCH):
                if not program.exists():
                    self._build(program)
        return program

    def sources_of(self, dependency: str) -> Path:
        """Return the folder of a module that it is built from, downloaded if need be."""
        with TemporaryDirectory() as folder:
            scratch = Path(folder)
            go = golang.toolchain(binaries.cache(), scratch, self.module)
            answer = subprocess.run(
                [go, "mod", "download", "-json", dependency],
                cwd=self.module,
                env=dict(golang.environment(binaries.cache(), scratch)),
                capture_output=True,
                text=True,
                check=True,
            )
        return Path(json.loads(answer.stdout)["Dir"])

    def _home(self) -> Path:
        """Return the folder for these sources; changed ones have another."""
        sources = sorted(p for p in self.module.iterdir() if p.suffix in {".go", ".mod", ".sum"})
        parts = [path.read_bytes() for path in sources]
        parts.append(f"{platform.system()} {platform.machine()}".encode())
        digest = hashlib.sha256(b"".join(parts)).hexdigest()[:12]
        return binaries.cache() / f"{self.name}-{digest}"

    def _build(self, program: Path) -> None:
        """Build in a scratch folder, and move the program to its place when it is whole."""
        with TemporaryDirectory(dir=program.parent, prefix=binaries.SCRATCH) as folder:
            scratch = Path(folder)
            go = golang.toolchain(binaries.cache(), scratch, self.module)
            output = scratch / self.name
            progress.run(
                f"Building {self.name}",
                [go, "build", "-C", self.module, "-v", *FLAGS, "-o", output, self.package],
                usually=self.usually,
                folder=scratch,
                environment=golang.environment(binaries.cache(), scratch),
            )
            os.replace(output, program)
