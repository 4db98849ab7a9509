"""What a process has used and what it holds, as Linux says in /proc."""

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")  # in a second


def cpu_seconds(pid: int) -> float:
    """Return the time that all threads of a process have computed, in the kernel too."""
    stat = Path(f"/proc/{pid}/stat").read_text()
    fields = stat.rpartition(")")[2].split()  # after the program's name, which may hold anything
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident_mib(pid: int) -> float:
    """Return how much memory a process has now."""
    return _status(pid, "VmRSS")


def peak_mib(pid: int) -> float:
    """Return how much memory a process had at most."""
    return _status(pid, "VmHWM")


def _status(pid: int, name: str) -> float:
    """Read one of the sizes of /proc/PID/status, in MiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{name}:"))
