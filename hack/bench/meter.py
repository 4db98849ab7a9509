"""What a piece of work costs: its time, the CPU of both sides, the requests of the audit log."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from hack.bench.processes import cpu_seconds
from tests.controlplane.plane import ControlPlane

ASKING = ("get", "list")


class Worker(Protocol):
    """A process whose work is measured; a restart gives it another id."""

    @property
    def pid(self) -> int: ...

    @property
    def user(self) -> str:
        """How the API server calls it."""
        ...


@dataclass(frozen=True)
class Spent:
    """What was spent; times in seconds, requests by number."""

    seconds: float
    cpu: float
    server_cpu: float
    writes: int
    reads: int  # without watches, each of which is one request for a long time


@dataclass(frozen=True)
class Meter:
    """Measures a worker and the API server that it works with."""

    plane: ControlPlane
    worker: Worker

    def measure(self, act: Callable[[], object]) -> Spent:
        """Return what was spent while something is done."""
        mark, pid = self.plane.audit.mark(), self.worker.pid
        cpu, server_cpu = cpu_seconds(pid), cpu_seconds(self.plane.apiserver_pid)
        began = time.perf_counter()
        act()
        seconds = time.perf_counter() - began
        if self.worker.pid != pid:  # a new process, which has spent all of its time since
            cpu = 0.0
        cpu = cpu_seconds(self.worker.pid) - cpu
        server_cpu = cpu_seconds(self.plane.apiserver_pid) - server_cpu
        requests = self.plane.audit.since(mark).by(self.worker.user)
        reads = sum(entry.verb in ASKING for entry in requests)
        return Spent(seconds, cpu, server_cpu, len(requests.writes()), reads)
