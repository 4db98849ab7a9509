"""The demo as a newcomer runs it: it tells the whole story, and leaves nothing behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.controlplane import binaries
from tests.controlplane.plane import PROGRAMS
from tests.eventually import eventually_sync

pytestmark = pytest.mark.timeout(240)

ROOT = Path(__file__).parents[2]
OUR_OPTIONS = {"DEMO_KUBECONFIG", "VLLM_URL", "VLLM_API_KEY"}
LAST_STEP = "The server stops"


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Start it with a temporary folder of its own, which marks whatever it starts and writes."""
    binaries.ensure(*PROGRAMS)
    env = {name: value for name, value in os.environ.items() if name not in OUR_OPTIONS}
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "tests.demo"],
        cwd=ROOT,
        env={**env, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        yield process
        process.kill()


def started_under(folder: Path) -> list[str]:
    """List the processes that have this temporary folder."""
    mark = f"TMPDIR={folder}".encode()
    return [
        path.parent.name for path in Path("/proc").glob("[0-9]*/environ") if mark in _read(path)
    ]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # it has just ended, or is somebody else's
        return b""


def read_until(demo: subprocess.Popen[str], words: str) -> None:
    assert demo.stdout is not None
    told = []
    for line in demo.stdout:
        told.append(line)
        if words in line:
            return
    raise AssertionError(f"It never says {words!r}, but: {''.join(told)}")


def nothing_is_left(folder: Path) -> bool:
    return not started_under(folder) and not list(folder.iterdir())


def test_it_tells_the_whole_story_and_leaves_nothing(
    demo: subprocess.Popen[str], tmp_path: Path
) -> None:
    told, _ = demo.communicate()
    assert demo.returncode == 0, told
    story = told[told.index("The VllmProvider of the README") :]
    assert "ServerReachable   False   ConnectionFailed" in story
    assert "Not a byte of the ConfigMap changed: " in story
    assert eventually_sync(lambda: nothing_is_left(tmp_path), within=5)


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("A Kubernetes API server", signal.SIGINT),
        ("A vLLM server", signal.SIGTERM),
        (LAST_STEP, signal.SIGINT),
    ],
)
def test_an_interrupt_leaves_nothing(
    words: str, number: signal.Signals, demo: subprocess.Popen[str], tmp_path: Path
) -> None:
    read_until(demo, words)
    assert started_under(tmp_path)
    demo.send_signal(number)
    demo.send_signal(number)
    told, _ = demo.communicate()
    assert demo.returncode == 130, told
    assert eventually_sync(lambda: nothing_is_left(tmp_path), within=5)


def test_not_even_a_kill_leaves_a_process(demo: subprocess.Popen[str], tmp_path: Path) -> None:
    read_until(demo, "kubectl get vllmproviders")
    demo.kill()
    assert eventually_sync(lambda: not started_under(tmp_path), within=5)
