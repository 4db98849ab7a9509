"""The unit tests in five pytest processes at once: `python -m hack.unit_tests`.

With pytest-xdist, every process collects all tests before it runs its share, and collecting them
takes as long as running a fifth of them. Half of the time is waiting, so that there are more
processes than a small machine has processors.
"""

import subprocess
import sys
from pathlib import Path

UNIT = Path(__file__).parent.parent / "tests/unit"
PYTEST = (sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "-p", "no:cacheprovider")
SHARES = (  # what takes about as long as the others
    ("core", "api"),
    ("edges",),
    ("reconcile",),
    ("repository",),
    ("controllers", "commands", "test_*.py"),
)


def start(folder: Path, share: tuple[str, ...], options: list[str]) -> subprocess.Popen[str]:
    """Start pytest for a share of a folder."""
    paths = [str(path) for pattern in share for path in sorted(folder.glob(pattern))]
    return subprocess.Popen(
        [*PYTEST, *options, *paths], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def run(folder: Path, shares: tuple[tuple[str, ...], ...], options: list[str]) -> bool:
    """Run all shares, print what each process says, and return whether all have passed."""
    processes = [start(folder, share, options) for share in shares]
    for process in processes:
        print(process.communicate()[0], flush=True)
    return not any(process.returncode for process in processes)


if __name__ == "__main__":
    sys.exit(not run(UNIT, SHARES, sys.argv[1:]))
