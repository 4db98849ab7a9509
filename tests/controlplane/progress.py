"""Runs a step that takes minutes, and keeps whoever waits for it informed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.controlplane.component import TAIL_LINES, leashed

EVERY = 15.0  # seconds between two lines
OFFLINE = ("dial tcp", "no such host", "error sending request", "dns error", "i/o timeout")


class StepError(Exception):
    """A step failed; the message has the end of what it said."""


def say(line: str) -> None:
    """Tell the person who waits; stdout belongs to the command's result."""
    print(line, file=sys.stderr, flush=True)


def run(
    step: str,
    command: Sequence[str | Path],
    *,
    usually: str,
    folder: Path,
    environment: Mapping[str, str],
) -> None:
    """Run a command in a folder, with a line when it starts, every while, and when it ends."""
    say(f"{step}: usually takes {usually}.")
    began = time.monotonic()
    output = folder / "output.log"
    with output.open("wb") as log:
        process = subprocess.Popen(
            leashed(command),
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            code = _wait(process, step, output, began)
        finally:
            _end(process)
    if code != 0:
        raise StepError(_explain(step, command, code, output))
    say(f"{step}: done in {_elapsed(began)}.")


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill what an interruption of ours left running: the compilers too, they write files."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait(process: subprocess.Popen[bytes], step: str, output: Path, began: float) -> int:
    while True:
        try:
            return process.wait(EVERY)
        except subprocess.TimeoutExpired:
            say(f"{step}: {_elapsed(began)}, {_last_line(output)}")


def _elapsed(began: float) -> str:
    seconds = round(time.monotonic() - began)
    return f"{seconds // 60}m{seconds % 60:02}s"


def _last_line(output: Path) -> str:
    lines = output.read_text(errors="replace").splitlines()
    return lines[-1] if lines else "nothing said yet"


def _explain(step: str, command: Sequence[str | Path], code: int, output: Path) -> str:
    text = output.read_text(errors="replace")
    lines = [f"{step} failed (exit code {code}). The command was:", " ".join(map(str, command))]
    if any(sign in text for sign in OFFLINE):
        lines.append("It seems that this machine cannot reach the package registry: check the")
        lines.append("network, or name a mirror (GOPROXY for Go, UV_INDEX_URL for Python).")
    return "\n".join([*lines, "The end of what it said:", *text.splitlines()[-TAIL_LINES:]])
