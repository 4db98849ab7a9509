"""One process of the control plane: started, waited for, killed; its log explains a failure."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import SystemRandom

from tests.controlplane import leash

PORTS = range(20_000, 32_000)  # below what the kernel hands out, so that a restart gets it again
MOST_PARTS = 8


def ports_of(worker: str, workers: int) -> range:
    """Return the ports for one of the processes that run tests, `gw0` for example.

    It listens on a port seconds after it chose it, so no two of them have a port in common, unless
    there are more than eight.
    """
    parts = min(workers, MOST_PARTS)
    return PORTS[int(worker.removeprefix("gw")) % parts :: parts]


OWN_PORTS = ports_of(  # the variables are those of pytest-xdist
    os.environ.get("PYTEST_XDIST_WORKER", "gw0"),
    int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")),
)
UNTRIED = iter(SystemRandom().sample(OWN_PORTS, len(OWN_PORTS)))  # none is handed out twice
TAIL_LINES = 25
STARTS_WITHIN = 90.0  # seconds; the slowest takes 5 on a quiet machine


class ControlPlaneError(Exception):
    """The control plane cannot do what a test needs; the message says why."""


def leashed(command: Sequence[str | Path]) -> list[str]:
    """Return the command line that runs this command until its parent, we, ends."""
    return [sys.executable, "-IS", leash.__file__, str(os.getpid()), *map(str, command)]


def answers(port: int) -> bool:
    """Return whether somebody listens on a port of this machine."""
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    """Find a port of this machine that nobody listens on, and that nobody here is about to."""
    for port in UNTRIED:
        if not answers(port):
            return port
    raise ControlPlaneError(f"No free port is left of {OWN_PORTS}.")


class Component:
    """A process in its own group, so that Ctrl-C reaches it through us only, after the tests."""

    def __init__(
        self,
        command: Sequence[str | Path],
        folder: Path,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.name = Path(command[0]).name
        self.log = folder / f"{self.name}.log"
        self._command = leashed(command)
        self._folder = folder
        self._environment = {**os.environ, **(environment or {})}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        running = self._process is not None and self._process.poll() is None
        return self._process.pid if self._process and running else None

    def start(self, ready: Callable[[], bool]) -> None:
        """Start it and wait until it is ready; what it says is appended to its log."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._folder,
                env=self._environment,
                start_new_session=True,
            )
        self._wait_until(ready)

    def _wait_until(self, ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + STARTS_WITHIN
        while not ready():
            if self.pid is None:
                raise ControlPlaneError(f"{self.name} ended at once. {self.tail()}")
            if time.monotonic() > deadline:
                raise ControlPlaneError(
                    f"{self.name} is not ready after {STARTS_WITHIN:.0f} s. {self.tail()}"
                )
            time.sleep(0.1)

    def kill(self) -> None:
        """Kill it and its children at once: an ordinary stop of an API server takes a minute."""
        if self._process is None:
            return
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None

    def tail(self) -> str:
        """Return the end of its log, introduced, for an error message."""
        lines = self.log.read_text(errors="replace").splitlines()[-TAIL_LINES:]
        return "\n".join([f"The end of {self.log.name}:", *lines])
