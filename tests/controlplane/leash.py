"""Runs a command that dies with the process that started it, however that one dies.

`finally` and signal handlers miss a SIGKILL of the test run; the kernel does not. This is a
process of its own, and not a `preexec_fn`, because Python warns about forks beside threads.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Ask the kernel for the signal, then become the command: `leash.py PARENT COMMAND...`."""
    parent, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            sys.exit(f"The process that wanted {command[0]} is gone already.")
    os.execv(command[0], command)  # noqa: S606 - no shell is the point


if __name__ == "__main__":
    main()
