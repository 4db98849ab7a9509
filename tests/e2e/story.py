"""What the run has done and how long each step took, told to the person who waits for it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


class Story:
    """Prints each step when it begins and ends, past pytest's capturing, and a list at the end."""

    def __init__(self, config: pytest.Config) -> None:
        self._steps: list[tuple[str, float]] = []
        self._plugins = config.pluginmanager

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Say what happens now, and afterwards how long it took."""
        self.tell(f"==> {title}")
        began = time.monotonic()
        yield
        self._steps.append((title, time.monotonic() - began))
        self.tell(f"    ({self._steps[-1][1]:.1f} s)")

    def tell(self, line: str) -> None:
        """Print a line of its own."""
        terminal = self._plugins.getplugin("terminalreporter")
        with self._plugins.getplugin("capturemanager").global_and_fixture_disabled():
            terminal.ensure_newline()
            terminal.write_line(line, flush=True)

    def sum_up(self) -> None:
        """Print every step that came to its end, with its time."""
        if self._steps:
            self.tell("What was done, in seconds:")
        for title, seconds in self._steps:
            self.tell(f"{seconds:8.1f}  {title}")
