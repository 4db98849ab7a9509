"""Becomes a process of an image, as a container runtime would have it, without a runtime.

`unshare --mount python enter.py ROOT ACCOUNT ENV CONFIG ARGUMENT...`: the root file system is
read-only, the user and the environment are those of the image's CONFIG, and ENV; there is no shell,
and nothing can be gained by a setuid program. ACCOUNT is a folder that is seen where pods find
their service account. The network stays the machine's: the control plane is on its loopback.
"""

import ctypes
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

ACCOUNT = "run/secrets/kubernetes.io/serviceaccount"
SHELLS = ("usr/bin/bash", "usr/bin/dash")
PR_SET_PDEATHSIG = 1
PR_SET_NO_NEW_PRIVS = 38


def main() -> None:
    """Lay out the mounts, give everything up, and execute the entry point."""
    root, account, parent = Path(sys.argv[1]), sys.argv[2], os.getppid()
    added, config, arguments = json.loads(sys.argv[3]), json.loads(sys.argv[4]), sys.argv[5:]
    (root / ACCOUNT).mkdir(parents=True, exist_ok=True)  # as a runtime does for its mounts
    _mount("--bind", str(root), str(root))
    _mount("--options=remount,bind,ro", str(root))
    _mount("--types=proc", "proc", str(root / "proc"))
    _mount("--rbind", "/dev", str(root / "dev"))
    _mount("--bind", account, str(root / ACCOUNT))
    for shell in SHELLS:
        _mount("--bind", "/dev/null", str(root / shell))
    os.chroot(root)
    os.chdir(config["WorkingDir"])
    _give_up(*map(int, config["User"].split(":")))
    if os.getppid() != parent:
        sys.exit("The process that wanted this one is gone already.")
    environment = dict(variable.split("=", 1) for variable in config["Env"])
    command = [*config["Entrypoint"], *(arguments or config["Cmd"])]
    os.execvpe(command[0], command, {**environment, **added})  # noqa: S606 - no shell is the point


def _mount(*args: str) -> None:
    subprocess.run(["mount", *args], check=True)  # noqa: S607 - this machine's


def _give_up(user: int, group: int) -> None:
    """Become the user, for good; the kernel forgets whose death ends us when the user changes."""
    os.setgroups([])
    os.setgid(group)
    os.setuid(user)
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    main()
