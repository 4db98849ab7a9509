"""The image, as an OCI archive for each architecture, by Buildah.

Buildah runs the steps of the Dockerfile, so another architecture than the machine's needs an
emulator; the workflow builds each on a machine of its own instead.
"""

import platform
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from hack.release import ReleaseError, oci
from hack.release.repository import Commit
from tests.image import build, store

MACHINES = {"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
EMULATORS = Path("/proc/sys/fs/binfmt_misc")
QEMU = {"amd64": "qemu-x86_64", "arm64": "qemu-aarch64"}
BY_DIGEST = re.compile(r"\S+@sha256:[0-9a-f]{64}")


@dataclass(frozen=True)
class ImageBuild:
    """Where the image's base comes from, and for which architectures it is built."""

    base: str
    build_base: str
    architectures: tuple[str, ...]
    source: str

    def check(self) -> None:
        """Raise ReleaseError with what is missing on this machine, or was not said."""
        missing = [program for program in ("buildah",) if shutil.which(program) is None]
        if missing:
            raise ReleaseError(f"The image needs Buildah. {ADVICE}")
        for base in (self.base, self.build_base):
            if not BY_DIGEST.fullmatch(base):
                raise ReleaseError(
                    f"The image's base is {base or 'not said'}: name it by its digest,"
                    f" BASE=python:3.13-slim@sha256:... {ADVICE}"
                )
        for architecture in self.architectures:
            _check_architecture(architecture)

    def write(self, folder: Path, version: str, commit: Commit, source: Path) -> list[Path]:
        """Build from a folder with the commit's files, and write an archive for each."""
        return [self._write(each, folder, version, commit, source) for each in self.architectures]

    def _write(
        self, architecture: str, folder: Path, version: str, commit: Commit, source: Path
    ) -> Path:
        archive = folder / f"openclaw-vllm-operator-{version}.{architecture}.oci.tar"
        arguments = {"BASE": self.base, "BUILD_BASE": self.build_base, "VERSION": version}
        arguments |= {"REVISION": commit.id, "SOURCE": self.source}
        options = [f"--build-arg={key}={value}" for key, value in arguments.items()]
        options += [f"--platform=linux/{architecture}", f"--timestamp={commit.seconds}"]
        name = f"localhost/openclaw-vllm-operator:{version}-{architecture}"
        try:
            store.buildah("bud", *options, *build.network(), f"--tag={name}", ".", cwd=source)
            with (
                TemporaryDirectory() as layout
            ):  # an archive by Buildah has the time of its writing
                store.buildah("push", "--quiet", name, f"oci:{layout}:{version}")
                oci.pack(archive, Path(layout))
        except store.CannotBuildError as error:
            raise ReleaseError(str(error)) from error
        return archive


ADVICE = "Without the image: PARTS='packages chart'."


def _check_architecture(architecture: str) -> None:
    if architecture not in QEMU:
        raise ReleaseError(f"No such architecture: {architecture}. There are {', '.join(QEMU)}.")
    is_own = MACHINES.get(platform.machine()) == architecture
    if not is_own and not (EMULATORS / QEMU[architecture]).exists():
        raise ReleaseError(
            f"This machine cannot run {architecture}: install qemu-user-static, or make that image"
            f" on a machine of its own and say ARCHITECTURES={architecture} there."
        )
