"""Buildah with a store of its own in the user's cache: no daemon, no registry.

Chroot isolation asks the least of a machine: no runtime, and no cgroups.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.controlplane.binaries import cache

PROGRAMS = ("buildah", "debootstrap", "unshare", "mount")
ADVICE = "on Debian: apt-get install --no-install-recommends buildah debootstrap"


class CannotBuildError(Exception):
    """This machine cannot build the image; the message says what is missing."""


def check() -> None:
    """Raise CannotBuildError with all that is missing."""
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    lacks = ["root"] if os.geteuid() != 0 else []
    if lacks + missing:
        raise CannotBuildError(f"Building the image needs {', '.join(lacks + missing)} ({ADVICE}).")


def folder() -> Path:
    """Return the folder of the store and of what is made for it."""
    return cache() / "image"


def program() -> list[str]:
    """Return the command that is Buildah on the store."""
    places = (f"--root={folder() / 'store'}", f"--runroot={folder() / 'run'}")
    return ["env", "BUILDAH_ISOLATION=chroot", "buildah", *places]


def buildah(*args: str | Path, cwd: Path | None = None) -> str:
    """Run Buildah on the store and return what it prints; raise what it complains."""
    command = [*program(), *map(str, args)]
    process = subprocess.run(command, check=False, cwd=cwd, capture_output=True, text=True)
    if process.returncode != 0:
        output = "\n".join([*process.stdout.splitlines()[-20:], *process.stderr.splitlines()[-20:]])
        raise CannotBuildError(f"{' '.join(command)}\n{output}")
    return process.stdout.strip()


def has(image: str) -> bool:
    """Return whether an image of this name is in the store."""
    return bool(buildah("images", "--quiet", "--filter", f"reference={image}"))


def prune() -> None:
    """Remove the images that a later build replaced, unless somebody still looks into one."""
    with suppress(CannotBuildError):
        buildah("rmi", "--prune")


def config(image: str) -> dict[str, Any]:
    """Return the configuration of an image, as the OCI specification names its fields."""
    inspected = json.loads(buildah("inspect", "--type=image", image))
    result: dict[str, Any] = inspected["OCIv1"]["config"]
    return result


@contextmanager
def mounted(image: str) -> Iterator[Path]:
    """Show the file system of an image, as a container of it starts with."""
    container = buildah("from", "--pull-never", image)
    try:
        yield Path(buildah("mount", container))
    finally:
        buildah("rm", container)
