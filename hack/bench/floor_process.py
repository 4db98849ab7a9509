"""The floor as the benchmark works with it: a process that does what it is told, line by line."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from hack.bench.fleet import Taken
from hack.bench.objects import Json, Pace
from hack.bench.servers import Servers
from hack.demo.server import ROOT
from tests.controlplane.component import leashed
from tests.controlplane.plane import ControlPlane

ADMIN = "admin"  # whom the control plane knows by this name


@dataclass
class FloorProcess:
    """Does what an operator would, by requests alone."""

    plane: ControlPlane
    servers: Servers
    process: subprocess.Popen[str]
    pace: Pace
    user: str = ADMIN

    @property
    def pid(self) -> int:
        return self.process.pid

    def idle(self, count: int) -> Taken:
        return self.act(what="idle", count=count)

    def burst(self, count: int) -> Taken:
        return self.act(what="burst", count=count)

    def settle(self) -> None:
        """Do nothing: it asks only when told to."""

    def steady(self, count: int, seconds: float) -> int:
        """Ask servers evenly for a while, as many as are due in it."""
        due = max(1, round(count * seconds / self.pace.interval))
        self.act(what="steady", count=due, seconds=seconds)
        return due

    def change(self, count: int) -> Taken:
        self.servers.change_below(count)
        return self.act(what="change", count=count)

    def restart(self) -> tuple[float, float]:
        """Start another one; return the seconds until it has listed all, and the same again."""
        _end(self.process)
        began = time.perf_counter()
        self.process = _launch(self.plane, self.servers)
        self.act(what="restart", count=0)
        seconds = time.perf_counter() - began
        return seconds, seconds

    def act(self, **command: Any) -> Taken:
        """Have it do something, and return the seconds that each object took."""
        return _ask(self.process, command)


@contextmanager
def floor(plane: ControlPlane, servers: Servers, pace: Pace) -> Iterator[FloorProcess]:
    """Run the floor."""
    result = FloorProcess(plane, servers, _launch(plane, servers), pace)
    try:
        yield result
    finally:
        _end(result.process)


def _launch(plane: ControlPlane, servers: Servers) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        leashed([sys.executable, "-m", "hack.bench.floor"]),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        text=True,
    )
    _ask(process, {"plane": asdict(plane.admin), "port": servers.port})
    return process


def _ask(process: subprocess.Popen[str], command: Json) -> Taken:
    line = ""
    if process.stdin is not None and process.stdout is not None:
        process.stdin.write(f"{json.dumps(command)}\n")
        process.stdin.flush()
        line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"The floor has ended with code {process.wait()}; see above.")
    result: Taken = json.loads(line)
    return result


def _end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()
