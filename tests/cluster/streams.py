"""Lines that kubectl prints while it watches or follows, each with the moment at which it came.

All moments are of this machine's clock, whatever the nodes' clocks say.
"""

import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Thread

from tests.eventually import eventually_sync


@dataclass(frozen=True)
class Line:
    """A line, and when it came, in seconds of the monotonic clock."""

    at: float
    text: str


class Stream:
    """Reads the standard output of a process, line by line, until that ends."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.lines: list[Line] = []
        self._process = process
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def first(self, holds: Callable[[str], bool], since: float, within: float) -> Line:
        """Wait for the first line that came since then and of which this holds."""

        def find_line() -> Line | None:
            return next((one for one in self.lines if one.at >= since and holds(one.text)), None)

        result: Line | None = eventually_sync(find_line, within=within, describe="a line comes")
        assert result is not None
        return result

    def close(self) -> None:
        """End the process, and read what it has printed."""
        self._process.kill()
        self._process.wait()
        self._reader.join()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as output:
            for line in output:
                self.lines.append(Line(time.monotonic(), line.rstrip("\n")))


def spread(seconds: Sequence[float]) -> str:
    """Return the median and the longest of these times, to be read by people."""
    ordered = sorted(seconds)
    each = " ".join(f"{one:.2f}" for one in seconds)
    return f"median {ordered[len(ordered) // 2]:.2f} s, longest {ordered[-1]:.2f} s ({each})"
