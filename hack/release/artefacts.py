"""All that a release consists of, made from one commit into one folder."""

import hashlib
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from hack.release import ReleaseError, changelog, chart, packages, repository, version
from hack.release.image import ImageBuild

PARTS = ("packages", "chart", "image")
CHART = Path("charts") / "openclaw-vllm-operator"
SUMS = "SHA256SUMS"


@dataclass(frozen=True)
class Release:
    """A version, the repository that has it, and which parts of it are made."""

    root: Path
    version: str
    parts: tuple[str, ...]
    image: ImageBuild

    def make(self, folder: Path) -> list[Path]:
        """Make the artefacts and their sums, and return their paths.

        The folder is emptied before. Raises ReleaseError where the tree is not of this version or
        differs from its commit, and where something is missing; nothing is made then.
        """
        commit = self._check()
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        with TemporaryDirectory() as scratch:
            source = Path(scratch) / "source"
            repository.export(self.root, commit, source)
            if "packages" in self.parts:
                self._make_packages(source, folder, Path(scratch), commit.seconds)
            if "chart" in self.parts:
                self._make_chart(source, folder, commit.seconds)
            if "image" in self.parts:
                self.image.write(folder, self.version, commit, source)
        notes = changelog.notes((self.root / "CHANGELOG.md").read_text(), self.version)
        (folder / "NOTES.md").write_text(f"{notes}\n")
        return [*write_sums(folder), folder / SUMS]

    def _check(self) -> repository.Commit:
        if unknown := sorted({*self.parts} - {*PARTS}):
            raise ReleaseError(f"No such part: {', '.join(unknown)}. There are {', '.join(PARTS)}.")
        written = version.current(self.root)
        if written != self.version:
            raise ReleaseError(f"This tree is {written}, not {self.version}.")
        changelog.notes((self.root / "CHANGELOG.md").read_text(), self.version)
        if "image" in self.parts:
            self.image.check()
        return repository.head(self.root)

    @staticmethod
    def _make_packages(source: Path, folder: Path, scratch: Path, seconds: int) -> None:
        wheel = packages.build(source, folder, seconds)
        packages.describe(source, wheel, scratch, folder)

    def _make_chart(self, source: Path, folder: Path, seconds: int) -> None:
        packed = chart.pack(source / CHART, seconds)
        name = f"{CHART.name}-chart-{self.version}"
        (folder / f"{name}.tgz").write_bytes(packed)
        chart.write_archive(folder / f"{name}.oci.tar", source / CHART, packed, seconds)
        crds = sorted((source / "crds").glob("*.yaml"))
        (folder / "crds.yaml").write_text("---\n".join(path.read_text() for path in crds))


def write_sums(folder: Path) -> list[Path]:
    """Write SHA256SUMS of the files in a folder, as `sha256sum --check` reads it; return them."""
    paths = sorted(path for path in folder.iterdir() if path.name != SUMS)
    (folder / SUMS).write_text("".join(_sums(paths)))
    return paths


def _sums(paths: Iterable[Path]) -> Iterable[str]:
    for path in paths:
        with path.open("rb") as file:
            yield f"{hashlib.file_digest(file, 'sha256').hexdigest()}  {path.name}\n"
