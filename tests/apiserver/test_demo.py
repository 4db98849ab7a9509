"""The demo as a newcomer runs it: it tells the whole story, and leaves nothing behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hack.demo.story import NOT_OURS
from tests.apiserver.servers import BOTH, Servers
from tests.controlplane import binaries
from tests.controlplane.plane import PROGRAMS, ControlPlane
from tests.eventually import eventually_sync

pytestmark = pytest.mark.timeout(240)

ROOT = Path(__file__).parents[2]
OUR_OPTIONS = {"DEMO_KUBECONFIG", "VLLM_URL", "VLLM_API_KEY", "CATALOG"}
LAST_STEP = "The server stops"


@contextmanager
def playing(folder: Path, **options: str) -> Iterator[subprocess.Popen[str]]:
    """Start it with a temporary folder of its own, which marks whatever it starts and writes."""
    binaries.ensure(*PROGRAMS)
    env = {name: value for name, value in os.environ.items() if name not in OUR_OPTIONS}
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "hack.demo"],
        cwd=ROOT,
        env={**env, **options, "TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        yield process
        process.kill()


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    with playing(tmp_path) as process:
        yield process


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
    messages = []
    for line in demo.stdout:
        messages.append(line)
        if words in line:
            return
    raise AssertionError(f"It never says {words!r}, but: {''.join(messages)}")


def nothing_is_left(folder: Path) -> bool:
    return not started_under(folder) and not list(folder.iterdir())


def test_it_tells_the_whole_story_and_leaves_nothing(
    demo: subprocess.Popen[str], tmp_path: Path
) -> None:
    output, _ = demo.communicate()
    assert demo.returncode == 0, output
    story = output[output.index("The VllmProvider of the README") :]
    assert "ServerReachable   False   ConnectionFailed" in story
    assert "Not a byte of the ConfigMap changed: " in story
    assert eventually_sync(lambda: nothing_is_left(tmp_path), within=5)


def test_two_teams_servers_arrive_in_every_namespace_of_agents(tmp_path: Path) -> None:
    with playing(tmp_path, CATALOG="1") as demo:
        output, _ = demo.communicate()
    assert demo.returncode == 0, output
    red = "vllm-team-red-vllm/Qwen/Qwen3-32B"
    blue = "vllm-team-blue-qwen/meta-llama/Llama-3.3-70B-Instruct"
    _, both = output.split("Team blue labels a Service")
    for number in (1, 2, 3):
        lines = [line for line in both.splitlines() if f"agents-{number}  " in line]
        assert red in lines[-1]
        assert blue in lines[-1]
    assert '"env": "VLLM_API_KEY_TEAM_BLUE_QWEN"' in both
    assert eventually_sync(lambda: nothing_is_left(tmp_path), within=5)


def cluster_wide(plane: ControlPlane) -> set[str]:
    """Name what a demo could leave in a cluster, or take from it."""
    kinds = "namespaces,crds,clusterroles,clusterrolebindings"
    return set(plane.kubectl("get", kinds, "-o", "name").split())


@pytest.mark.usefixtures("nobody_reconciles")
def test_in_a_cluster_that_is_there_it_keeps_to_a_namespace_of_its_own_and_removes_it(
    control_plane: ControlPlane, servers: Servers, tmp_path: Path
) -> None:
    before, mark = cluster_wide(control_plane), control_plane.audit.mark()
    server = servers.start()
    other = {"DEMO_KUBECONFIG": str(control_plane.kubeconfig), "VLLM_URL": server.base_url}
    with playing(tmp_path, **other) as demo:
        output, _ = demo.communicate()
    assert demo.returncode == 0, output
    assert f"{server.base_url} (yours)" in output
    *_, config, grows, stops = output.split("\n==> ")
    assert all(f'"id": "{model.id}"' in config for model in BOTH)
    assert all(NOT_OURS in step for step in (grows, stops))
    requests = control_plane.audit.since(mark).by("system:serviceaccount:openclaw-vllm-demo-")
    assert requests.writes().of("configmaps")
    assert (requests.denied(), requests.of("secrets")) == ((), ())
    after = cluster_wide(control_plane)
    assert after <= before  # other tests' namespaces may go
    assert {name for name in before - after if not name.startswith("namespace/")} == set()
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
    output, _ = demo.communicate()
    assert demo.returncode == 130, output
    assert eventually_sync(lambda: nothing_is_left(tmp_path), within=5)


def test_not_even_a_kill_leaves_a_process(demo: subprocess.Popen[str], tmp_path: Path) -> None:
    read_until(demo, "kubectl get vllmproviders")
    demo.kill()
    assert eventually_sync(lambda: not started_under(tmp_path), within=5)
