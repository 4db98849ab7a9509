"""One process at a time in a folder of the cache, whatever is built or installed there."""

import fcntl
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.controlplane import progress


@contextmanager
def exclusive(lock: Path, *, doing: str, scratch: str) -> Iterator[None]:
    """Hold the lock, which falls with its process, and remove what an interrupted one left.

    Whoever has to wait is told that another process is `doing` it; `scratch` is how the names of
    the unfinished folders beside the lock begin.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        waited = 0.0
        while not _locked(file.fileno()):
            if waited % progress.EVERY == 0:
                progress.say(f"Another process {doing}: waiting for it.")
            waited += 1
            time.sleep(1)
        for leftover in lock.parent.glob(f"{scratch}*"):
            shutil.rmtree(leftover)
        yield


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
