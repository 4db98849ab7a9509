"""Runs a command with all that it starts, and ends all of it with whoever wanted it.

A vLLM server keeps its engine in a second process, which survives when the first one is killed,
and the kernel tells a process of the death of its own parent only. So this one stands between the
test run and the server, and ends the server's whole group on SIGTERM, which the kernel sends too
when the test run is gone. It is run as a file, with nothing of the project around it:
`guard.py PARENT COMMAND...`.
"""

import ctypes
import os
import signal
import subprocess
import sys
from types import FrameType

PR_SET_PDEATHSIG = 1
ENDS_WITHIN = 10.0  # seconds; an idle server takes one, one with a request under way may hang


class Asked(Exception):
    """Somebody wants the command to end."""


def main() -> None:
    """Run the command until it ends or SIGTERM comes, and leave nothing of it."""
    parent, command = int(sys.argv[1]), sys.argv[2:]
    signal.signal(signal.SIGTERM, _ask)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit(f"The process that wanted {command[0]} is gone already.")
    process = subprocess.Popen(command, start_new_session=True)
    try:
        sys.exit(process.wait())
    except Asked:
        _end(process)


def _ask(_number: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Asked


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask the command to end, then kill what is left of its group."""
    process.terminate()
    try:
        process.wait(ENDS_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


if __name__ == "__main__":
    main()
