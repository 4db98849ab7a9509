"""Building another Kubernetes release: which is meant, and the module that describes it to Go."""

import os
import re
from pathlib import Path

import pytest

from tests.controlplane import binaries, golang, progress, releases

# What k8s.io/kubernetes writes, in short.
GO_MOD = """module k8s.io/kubernetes

go 1.23.0

godebug default=go1.23

require (
	k8s.io/api v0.0.0
	k8s.io/endpointslice v0.0.0
	k8s.io/sample-apiserver v0.0.0
)

replace (
	k8s.io/api => ./staging/src/k8s.io/api
	k8s.io/endpointslice => ./staging/src/k8s.io/endpointslice
	k8s.io/sample-apiserver => ./staging/src/k8s.io/sample-apiserver
)
"""
# Has Kubernetes 1.32.1, all of it but two staging modules of that patch; knows no other minor.
# Notes what it builds, and builds empty programs.
FAKE_GO = """#!/bin/sh
if [ "$1" = env ]; then echo go1.99.0; exit; fi
if [ "$1" = mod ]; then
  shift 3
  for module in "$@"; do
    error=
    case "$module" in
      k8s.io/kubernetes@v1.32*) version=v1.32.1 ;;
      k8s.io/endpointslice@v0.32.1 | k8s.io/*@v1.*) error=', "Error": "403 Forbidden"' ;;
      *) version=${module#*@} ;;
    esac
    echo "{\\"Path\\": \\"${module%@*}\\", \\"Version\\": \\"$version\\","
    echo " \\"GoMod\\": \\"$GO_MOD\\"$error}"
  done
  exit
fi
echo "$@" >> "$BUILDS"
cp "$3/go.mod" "$BUILT"
while [ "$1" != -o ]; do shift; done
for name in server kube-apiserver kubectl; do touch "$2$name"; chmod +x "$2$name"; done
"""


@pytest.fixture
def fake_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a fake Go on the PATH; returns the folder with what it was asked for."""
    (tmp_path / "bin").mkdir()
    go = tmp_path / "bin" / "go"
    go.write_text(FAKE_GO)
    go.chmod(0o755)
    (tmp_path / "kubernetes.mod").write_text(GO_MOD)
    monkeypatch.setenv("PATH", f"{go.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("GO_MOD", str(tmp_path / "kubernetes.mod"))
    monkeypatch.setenv("BUILDS", str(tmp_path / "builds"))
    monkeypatch.setenv("BUILT", str(tmp_path / "built.mod"))
    monkeypatch.setenv("OPENCLAW_VLLM_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    return tmp_path


@pytest.mark.parametrize("release", ["", "1.37", "1.37.2"])
def test_the_pinned_release_is_built_from_what_is_pinned(
    monkeypatch: pytest.MonkeyPatch, release: str
) -> None:
    monkeypatch.setattr(golang, "module_version", lambda _module: "v1.37.2")
    monkeypatch.setenv("KUBERNETES", release)
    assert releases.wanted() is None


@pytest.mark.parametrize("release", ["1.32", "1.32.12", "1.3", "1.37.1", "1.37.20"])
def test_another_release_is_distinguished_from_the_pinned_one(
    monkeypatch: pytest.MonkeyPatch, release: str
) -> None:
    monkeypatch.setattr(golang, "module_version", lambda _module: "v1.37.2")
    monkeypatch.setenv("KUBERNETES", release)
    assert releases.wanted() == release


@pytest.mark.parametrize("release", ["32", "v1.32", "1.32.x", "latest", "1.32 ", "2.0", "1.32\n"])
def test_what_is_no_release_is_refused(monkeypatch: pytest.MonkeyPatch, release: str) -> None:
    monkeypatch.setenv("KUBERNETES", release)
    with pytest.raises(ValueError, match=r"write one such as 1[.]32"):
        releases.wanted()


def test_the_servers_are_the_other_release_s_and_the_rest_is_pinned(
    fake_go: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBERNETES", "1.32")
    programs = binaries.ensure("etcd", "kube-apiserver")
    assert "controlplane-1.32-" in str(programs["kube-apiserver"])
    assert "controlplane-1.32-" not in str(programs["etcd"])
    other, pinned = (fake_go / "builds").read_text().splitlines()
    assert "gitVersion=v1.32.1 " in other
    assert other.endswith("k8s.io/kubernetes/cmd/kube-apiserver")
    assert f"-C {golang.MODULE} " in pinned
    assert binaries.ensure("etcd", "kube-apiserver") == programs
    assert len((fake_go / "builds").read_text().splitlines()) == 2


def test_programs_of_the_user_do_not_stand_in_for_another_release(
    fake_go: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (fake_go / "kube-apiserver").touch(mode=0o755)
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(fake_go))
    monkeypatch.setenv("KUBERNETES", "1.32")
    assert "controlplane-1.32-" in str(binaries.ensure("kube-apiserver")["kube-apiserver"])


def test_the_module_takes_staging_modules_as_published_and_samples_as_empty(
    fake_go: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KUBERNETES", "1.32")
    binaries.ensure("kube-apiserver")
    module = (fake_go / "built.mod").read_text()
    assert "module k8s.io/kubernetes" not in module
    assert "godebug default=go1.23" in module
    assert "require k8s.io/kubernetes v1.32.1\n" in module
    assert re.findall(r"(\S+) => (.+)", module) == [
        ("k8s.io/api", "k8s.io/api v0.32.1"),
        ("k8s.io/endpointslice", "k8s.io/endpointslice v0.32.0"),
        ("k8s.io/sample-apiserver", "./sample-apiserver"),
    ]
    assert "Go has no v0.32.1 of k8s.io/endpointslice" in capfd.readouterr().err


@pytest.mark.usefixtures("fake_go")
def test_a_release_that_go_does_not_have_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBERNETES", "1.99")
    with pytest.raises(progress.StepError, match=r"Go has no Kubernetes 1.99: 403 Forbidden"):
        binaries.ensure("kube-apiserver")
