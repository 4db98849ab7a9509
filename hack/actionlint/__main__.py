"""`python -m hack.actionlint`: the workflows' errors, and exit code 1 where there are any.

What go.sum pins is built from Go modules into the user's cache, in a minute; then it takes 0.1 s.
"""

import hashlib
import os
import platform
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.controlplane import golang, progress
from tests.controlplane.binaries import SCRATCH, cache
from tests.controlplane.exclusive import exclusive

ROOT = Path(__file__).parents[2]
MODULE = Path(__file__).parent
PACKAGE = "github.com/rhysd/actionlint/cmd/actionlint"
# Both are used where a machine has them; then it would pass here and fail there.
ALONE = ("-shellcheck=", "-pyflakes=")


def ensure() -> Path:
    """Return the program, built if it is not there yet; raises StepError when that fails."""
    parts = [(MODULE / name).read_bytes() for name in ("go.mod", "go.sum")]
    parts.append(f"{platform.system()} {platform.machine()}".encode())
    home = cache() / f"actionlint-{hashlib.sha256(b''.join(parts)).hexdigest()[:12]}"
    program = home / "actionlint"
    if not program.exists():
        with exclusive(home / "lock", doing="builds actionlint", scratch=SCRATCH):
            if not program.exists():
                _build(program)
    return program


def _build(program: Path) -> None:
    with TemporaryDirectory(dir=program.parent, prefix=SCRATCH) as folder:
        scratch = Path(folder)
        go = golang.toolchain(cache(), scratch)
        progress.run(
            "Building actionlint",
            [go, "build", "-C", MODULE, "-trimpath", "-o", scratch / "actionlint", PACKAGE],
            usually="a minute on 2 cores the first time",
            folder=scratch,
            environment=golang.environment(cache(), scratch),
        )
        os.replace(scratch / "actionlint", program)


def main() -> None:
    """Check the files on the command line, or all workflows of this repository."""
    files = sys.argv[1:] or sorted(map(str, (ROOT / ".github" / "workflows").glob("*.yaml")))
    try:
        command = [str(ensure()), *ALONE, *files]
    except progress.StepError as error:
        sys.exit(str(error))
    sys.exit(subprocess.run(command, check=False, cwd=ROOT).returncode)


if __name__ == "__main__":
    main()
