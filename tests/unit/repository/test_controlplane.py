"""Building the control plane: what is found, what is built once, what an interruption leaves."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.controlplane import binaries, progress
from tests.controlplane.audit import AuditEntries, AuditEntry
from tests.controlplane.component import PORTS, free_port, ports_of
from tests.eventually import eventually_sync

# Answers `go env GOVERSION`; builds empty programs into the folder after -o, and counts builds.
FAKE_GO = """#!/bin/sh
if [ "$1" = env ]; then echo go1.99.0; exit; fi
echo built >> "$COUNT"
[ -z "$BROKEN" ] || { echo "dial tcp: no such host"; touch "$GOTMPDIR/half-made"; exit 1; }
while [ "$1" != -o ]; do shift; done
for name in server kube-apiserver kubectl; do touch "$2$name"; chmod +x "$2$name"; done
"""
EVENT = """{"kind": "Event", "stage": "ResponseComplete", "verb": "patch",
"requestURI": "/api/v1/namespaces/team/configmaps/models?force=true",
"user": {"username": "system:serviceaccount:ops:operator"}, "userAgent": "openclaw-vllm/0.1.0",
"objectRef": {"resource": "configmaps", "namespace": "team", "name": "models"},
"responseStatus": {"code": 403}, "requestReceivedTimestamp": "2026-01-02T03:04:05.678901Z"}"""
PARENT = """
import subprocess
from tests.controlplane.component import leashed
child = subprocess.Popen(leashed(["/bin/sleep", "60"]))
print(child.pid, flush=True)
child.wait()
"""
ROOT = Path(__file__).parents[3]


def test_a_free_port_is_given_to_no_other_afterwards() -> None:
    """Who asked for it listens on it only seconds later."""
    ports = [free_port() for _ in range(500)]
    assert len(set(ports)) == len(ports)


@pytest.mark.parametrize("workers", [1, 2, 3, 8])
def test_processes_that_run_tests_beside_each_other_have_no_port_in_common(workers: int) -> None:
    ports = [port for number in range(workers) for port in ports_of(f"gw{number}", workers)]
    assert sorted(ports) == list(PORTS)


def test_many_processes_still_have_many_ports_each() -> None:
    assert min(len(ports_of(f"gw{number}", 64)) for number in range(64)) >= 1000


def running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.fixture
def builds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a fake Go on the PATH; returns the file with one line per build."""
    (tmp_path / "bin").mkdir()
    go = tmp_path / "bin" / "go"
    go.write_text(FAKE_GO)
    go.chmod(0o755)
    count = tmp_path / "count"
    count.touch()
    monkeypatch.setenv("PATH", f"{go.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("COUNT", str(count))
    monkeypatch.setenv("OPENCLAW_VLLM_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    return count


def cached(tmp_path: Path) -> set[str]:
    return {path.name for path in (tmp_path / "cache").glob("controlplane-*/*")}


def test_building_twice_builds_once(builds: Path, tmp_path: Path) -> None:
    first = binaries.ensure("etcd", "kubectl")
    assert binaries.ensure("etcd", "kubectl") == first
    assert builds.read_text() == "built\n"
    assert cached(tmp_path) == {"etcd", "kubectl", "lock"}


@pytest.mark.usefixtures("builds")
def test_a_failed_build_leaves_nothing_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROKEN", "yes")
    with pytest.raises(progress.StepError, match=r"cannot reach the package registry(.|\n)*dial"):
        binaries.ensure("kubectl")
    assert cached(tmp_path) == {"lock"}


def test_what_a_killed_build_left_is_swept_away(builds: Path, tmp_path: Path) -> None:
    binaries.ensure("etcd")
    home = next((tmp_path / "cache").iterdir())
    (home / "building-dead").mkdir()
    binaries.ensure("kubectl")
    assert cached(tmp_path) == {"etcd", "kubectl", "lock"}
    assert builds.read_text() == "built\nbuilt\n"


def test_the_programs_of_the_user_come_first(
    builds: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "etcd").touch(mode=0o755)
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(own))
    assert binaries.ensure("etcd") == {"etcd": own / "etcd"}
    assert builds.read_text() == ""


def test_an_unknown_program_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"kubelet. There are etcd, kube-apiserver"):
        binaries.ensure("kubelet")


def test_the_server_gets_its_version() -> None:
    assert "component-base/version.gitVersion=v1.32.13 " in binaries.flags("v1.32.13")[-1]


def test_an_audit_event_becomes_an_entry() -> None:
    entries = AuditEntries([AuditEntry.parse(EVENT)])
    assert entries.writes() == entries.denied() == entries.by("system:serviceaccount:ops:")
    assert entries.of("configmaps", namespace="team", name="models") == entries
    assert entries.reads() == entries.of("configmaps", namespace="other") == ()
    assert entries[0].timestamp.isoformat() == "2026-01-02T03:04:05.678901+00:00"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process so")
def test_a_component_dies_with_a_parent_that_was_killed() -> None:
    command = [sys.executable, "-c", PARENT]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert running(child)
        parent.kill()
    eventually_sync(lambda: not running(child), within=5)
