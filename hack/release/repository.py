"""What a release takes from git: its commit, with nothing else that lies in the folder."""

import subprocess
import tarfile
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from hack.release import ReleaseError


@dataclass(frozen=True)
class Commit:
    """A commit, and its time in seconds since 1970 (UTC): the time of every file of the release."""

    id: str
    seconds: int

    @property
    def time(self) -> datetime:
        return datetime.fromtimestamp(self.seconds, UTC)


def head(root: Path) -> Commit:
    """Return the commit that is checked out; raises ReleaseError where the tree differs from it."""
    if changes := _git(root, "status", "--porcelain").decode():
        raise ReleaseError(f"Commit these first, for a release is made of a commit:\n{changes}")
    id_, seconds = _git(root, "show", "--no-patch", "--format=%H %ct", "HEAD").decode().split()
    return Commit(id_, int(seconds))


def commit_all(root: Path, message: str) -> None:
    """Commit every file that differs or is new."""
    _git(root, "add", "--all")
    _git(root, "commit", "--quiet", f"--message={message}")


def export(root: Path, commit: Commit, folder: Path) -> None:
    """Write the commit's files into a folder."""
    archive = _git(root, "archive", "--format=tar", commit.id)
    with tarfile.open(fileobj=BytesIO(archive)) as tar:
        tar.extractall(folder, filter="data")


def _git(root: Path, *arguments: str) -> bytes:
    command = ["git", "-C", str(root), *arguments]
    process = subprocess.run(command, check=False, capture_output=True)
    if process.returncode != 0:
        raise ReleaseError(f"{' '.join(command)} failed: {process.stderr.decode().strip()}")
    return process.stdout
