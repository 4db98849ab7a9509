"""The demo's own processes: the operator and the stand-in for vLLM."""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.controlplane.component import leashed

TAIL_LINES = 25
ENDS_WITHIN = 10.0  # seconds, as the operator promises
OPTIONS = "OPENCLAW_VLLM_"  # the caller's would change what the demo shows


class DemoError(Exception):
    """The demo cannot go on; the message says why."""


@dataclass(frozen=True)
class Process:
    """A process that ends with this one, however this one ends; what it says is in its log."""

    name: str
    log: Path
    running: subprocess.Popen[bytes]

    def log_text(self) -> str:
        return self.log.read_text(errors="replace")

    def check(self) -> None:
        """Raise if it has ended by itself, with the end of what it said."""
        if self.running.poll() is not None:
            raise DemoError(
                f"{self.name} ended with code {self.running.returncode}.\n{self.tail()}"
            )

    def tail(self) -> str:
        return "\n".join([f"{self.name} said:", *self.log_text().splitlines()[-TAIL_LINES:]])

    def stop(self) -> None:
        """Ask it to end, wait, and kill it if it does not."""
        if self.running.poll() is None:
            self.running.send_signal(signal.SIGTERM)
        try:
            self.running.wait(ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            self.running.kill()
            self.running.wait()


@contextmanager
def started(
    name: str, command: Sequence[str | Path], folder: Path, environment: Mapping[str, str]
) -> Iterator[Process]:
    """Run a command in a session of its own, so that Ctrl-C reaches this process only.

    Its temporary files are in the folder too: a killed process cannot remove them itself.
    """
    log = folder / f"{name}.log"
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(OPTIONS)}
    with log.open("wb") as output:
        running = subprocess.Popen(
            leashed(command),
            env={**inherited, "TMPDIR": str(folder), **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    process = Process(name, log, running)
    try:
        yield process
    finally:
        process.stop()
