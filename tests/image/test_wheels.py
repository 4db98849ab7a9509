"""What the image installs is there as wheels for both architectures; asks the package index."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.image.build import ROOT

pytestmark = pytest.mark.timeout(120)

UV = Path(sys.executable).parent / "uv"
PYTHON = "3.13"  # of the Dockerfile's own base
LIBRARIES = ("manylinux_2_28", "unknown-linux-musl")
ARCHITECTURES = ("x86_64", "aarch64")


def try_to_install(lock: str, platform: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Have uv choose a wheel with a hash of the lock for every package; it installs none."""
    command: list[str | Path] = [UV, "pip", "install", "--dry-run", "--target", folder]
    command += ["--python", sys.executable, "--python-version", PYTHON]
    command += ["--python-platform", platform, "--only-binary", ":all:"]
    command += ["--require-hashes", "--requirement", ROOT / "requirements" / lock]
    return subprocess.run(command, check=False, capture_output=True, text=True)


@pytest.mark.parametrize("lock", ["runtime.txt", "image.txt"])
@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_package_has_a_wheel(
    architecture: str, library: str, lock: str, tmp_path: Path
) -> None:
    process = try_to_install(lock, f"{architecture}-{library}", tmp_path)
    assert process.returncode == 0, process.stderr


def test_an_architecture_without_wheels_is_reported(tmp_path: Path) -> None:
    process = try_to_install("runtime.txt", "riscv64-unknown-linux", tmp_path)
    assert "has no usable wheels" in process.stderr
