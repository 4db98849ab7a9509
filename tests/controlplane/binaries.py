"""Finds or builds the programs of a control plane: `python -m tests.controlplane.binaries`.

What the user has (KUBEBUILDER_ASSETS, as operator authors set it) comes first, then what an
earlier run built, then a build from the Go modules that go.sum pins. A program appears in the
cache whole or not at all, and two processes never build at the same time. KUBERNETES=1.32 asks for
the servers of another minor's newest patch, and the cache keeps them until its folder is removed.
"""

import hashlib
import os
import platform
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.controlplane import golang, progress, releases
from tests.controlplane.exclusive import exclusive

PACKAGES = {
    "etcd": "go.etcd.io/etcd/server/v3",
    "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
    "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
    "kubectl": "k8s.io/kubernetes/cmd/kubectl",
    "helm": "helm.sh/helm/v4/cmd/helm",
}
SCRATCH = "building-"


def ensure(*names: str) -> Mapping[str, Path]:
    """Return where these programs are, building those that are nowhere yet."""
    unknown = sorted(set(names) - set(PACKAGES))
    if unknown:
        raise ValueError(f"No such program: {', '.join(unknown)}. There are {', '.join(PACKAGES)}.")
    release = releases.wanted()
    others = [name for name in names if release and name in releases.PROGRAMS]
    if release and others:
        _ensure(
            others, _home_of(release), lambda missing, home: _build_other(missing, home, release)
        )
    _ensure([name for name in names if name not in others], _home(), _build)
    return {name: _find(name) or _home() / name for name in names}


def cache() -> Path:
    """Return the folder of this user that keeps what is slow to make."""
    chosen = os.environ.get("OPENCLAW_VLLM_CACHE")
    if chosen:
        return Path(chosen).absolute()
    base = os.environ.get("XDG_CACHE_HOME")
    home = Path(os.environ.get("HOME") or "~").expanduser()
    return (Path(base) if base else home / ".cache") / "openclaw-vllm-operator"


def flags(version: str) -> list[str]:
    """Return the flags of `go build`; without the version the server calls itself v0.0.0."""
    major, minor, _ = version.removeprefix("v").split(".", 2)
    names = {"gitVersion": version, "gitMajor": major, "gitMinor": minor}
    sets = [f"-X k8s.io/component-base/version.{key}={value}" for key, value in names.items()]
    return ["-trimpath", "-ldflags", " ".join(["-s", "-w", *sets])]


def _home() -> Path:
    """Return the folder for what go.sum pins now; another go.sum has another one."""
    parts = [(golang.MODULE / name).read_bytes() for name in ("go.mod", "go.sum")]
    pinned = flags(golang.module_version(releases.KUBERNETES))
    parts += [" ".join(pinned).encode(), f"{platform.system()} {platform.machine()}".encode()]
    return cache() / f"controlplane-{hashlib.sha256(b''.join(parts)).hexdigest()[:12]}"


def _home_of(release: str) -> Path:
    """Return the folder for another release; a minor keeps the patch that it was built from."""
    return cache() / f"controlplane-{release}-{platform.system()}-{platform.machine()}"


def _find(name: str) -> Path | None:
    release = releases.wanted()
    if release and name in releases.PROGRAMS:
        folders = [_home_of(release)]
    else:
        assets = os.environ.get("KUBEBUILDER_ASSETS")
        folders = [*([Path(assets)] if assets else []), _home()]
    candidates = [folder / name for folder in folders]
    return next((path for path in candidates if os.access(path, os.X_OK)), None)


def _ensure(names: list[str], home: Path, build: Callable[[list[str], Path], None]) -> None:
    """Build those of the programs that are nowhere yet, unless another process does."""
    if all(_find(name) for name in names):
        return
    with exclusive(home / "lock", doing="builds the control plane", scratch=SCRATCH):
        missing = [name for name in names if _find(name) is None]
        if missing:
            build(missing, home)


def _build(names: list[str], home: Path) -> None:
    """Build what go.sum pins."""
    with TemporaryDirectory(dir=home, prefix=SCRATCH) as folder:
        scratch = Path(folder)
        go = golang.toolchain(cache(), scratch)
        version = golang.module_version(releases.KUBERNETES)
        _compile(go, golang.MODULE, names, scratch, flags(version))
        _keep(names, scratch, home)


def _build_other(names: list[str], home: Path, release: str) -> None:
    """Build another release; the checksums are those of Go's public database."""
    with TemporaryDirectory(dir=home, prefix=SCRATCH) as folder:
        scratch = Path(folder)
        go = golang.toolchain(cache(), scratch)
        downloads = releases.Downloads(go, golang.environment(cache(), scratch), scratch)
        module = scratch / "module"
        version = releases.write_module(module, release, downloads)
        _compile(go, module, names, scratch, ["-mod=mod", *flags(version)])
        _keep(names, scratch, home)


def _compile(go: Path, module: Path, names: list[str], scratch: Path, options: list[str]) -> None:
    packages = [PACKAGES[name] for name in names]
    progress.run(
        f"Building {', '.join(names)}",
        [go, "build", "-C", module, "-v", *options, "-o", f"{scratch}{os.sep}", *packages],
        usually="7 to 12 minutes on 2 cores the first time, a minute when Go has it cached",
        folder=scratch,
        environment=golang.environment(cache(), scratch),
    )


def _keep(names: list[str], scratch: Path, home: Path) -> None:
    """Move each program to its place now that it is whole."""
    for name in names:
        os.replace(scratch / _built_as(name), home / name)


def _built_as(name: str) -> str:
    """Return the name Go gives a program: the last part of its package that is no version."""
    return PACKAGES[name].removesuffix("/v3").rsplit("/", 1)[-1]


def main() -> None:
    """Make sure that the programs named on the command line, or all, are there; print where."""
    try:
        result = ensure(*(sys.argv[1:] or PACKAGES))
    except (ValueError, LookupError, progress.StepError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("Interrupted: no program is half-made, and Go keeps what it has compiled.")
    for path in result.values():
        print(path)


if __name__ == "__main__":
    main()
