"""The places where the version is written. They move together, and disagree at no time."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hack.release import ReleaseError

SEMVER = r"\d+\.\d+\.\d+(?:-(?:alpha|beta|rc)\.\d+)?"
IMAGE = "openclaw-vllm-operator:"
CHART = "charts/openclaw-vllm-operator/Chart.yaml"
BASES = ("kustomize/cluster/operator.yaml", "kustomize/namespaced/operator.yaml")


@dataclass(frozen=True)
class Place:
    """A file, and the text that stands right before the version there, once or more."""

    file: str
    before: str

    def versions(self, root: Path) -> Iterator[str]:
        """Yield what is written now; raises ReleaseError where nothing is."""
        versions = self._pattern.findall((root / self.file).read_text())
        if not versions:
            raise ReleaseError(f"{self.file} has no version after `{self.before}`.")
        yield from versions

    def write(self, root: Path, version: str) -> None:
        """Write another version there, and nothing else."""
        text = (root / self.file).read_text()
        (root / self.file).write_text(self._pattern.sub(version, text))

    @property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(f"(?<={re.escape(self.before)}){SEMVER}")


PLACES = (
    Place("pyproject.toml", '\nversion = "'),
    Place(CHART, "\nversion: "),
    Place(CHART, "\nappVersion: "),
    Place(CHART, f" image: {IMAGE}"),
    Place("Dockerfile", "\nARG VERSION="),
    *(Place(base, " app.kubernetes.io/version: ") for base in BASES),
    *(Place(base, f" image: {IMAGE}") for base in BASES),
    Place("gitops/argocd/operator.yaml", " targetRevision: v"),
    Place("gitops/flux/operator.yaml", " ref: {tag: v"),
    Place("docs/install.md", " newTag: "),
    Place("docs/cli.md", " rev: v"),
    *(Place(page, IMAGE) for page in ("docs/image.md", "docs/clusters.md")),
)


def current(root: Path) -> str:
    """Return the version of the tree; raises ReleaseError where two places disagree."""
    written = {(version, place.file) for place in PLACES for version in place.versions(root)}
    if len({version for version, _ in written}) > 1:
        lines = [f"  {version} in {file}" for version, file in sorted(written)]
        raise ReleaseError("\n".join(["These disagree about the version:", *lines]))
    return next(version for version, _ in written)


def move(root: Path, wanted: str) -> None:
    """Write a later version to every place; raises ReleaseError where it is none."""
    before = current(root)
    if not re.fullmatch(SEMVER, wanted):
        raise ReleaseError(f"{wanted!r} is no version: write one such as 0.2.0 or 0.2.0-rc.1.")
    if _order(wanted) <= _order(before):
        raise ReleaseError(f"{wanted} does not follow {before}, which this tree has.")
    for place in PLACES:
        place.write(root, wanted)


def _order(version: str) -> tuple[list[int], bool, str, int]:
    """Return what versions are ordered by: a candidate comes before its release."""
    release, _, candidate = version.partition("-")
    kind, _, number = candidate.partition(".")
    return [int(part) for part in release.split(".")], not candidate, kind, int(number or 0)
