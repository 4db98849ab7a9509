"""One number in many places: they move together, and a release is refused where they disagree."""

import re
import shutil
from datetime import date
from pathlib import Path

import pytest

from hack.release import ReleaseError, changelog, version

ROOT = Path(__file__).parents[3]
# Where an older or another version stands for good reason: history, tests, and what is locked.
OTHERS = ("CHANGELOG.md", "tests/", "requirements/", "docs/versioning.md", "dist/")
CHANGELOG = """# Changelog

## [Unreleased]

### Added
- A thing.

## [0.1.0] - 2026-11-23

- The first.
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Copy the files that have the version."""
    for place in version.PLACES:
        (tmp_path / place.file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / place.file, tmp_path / place.file)
    return tmp_path


def test_the_places_of_this_tree_agree() -> None:
    assert re.fullmatch(version.SEMVER, version.current(ROOT))


def test_a_move_writes_every_place_and_nothing_else(tree: Path) -> None:
    before = version.current(tree)
    version.move(tree, "98.7.6")
    assert version.current(tree) == "98.7.6"
    for file in {place.file for place in version.PLACES}:
        old = (ROOT / file).read_text().splitlines()
        new = (tree / file).read_text().splitlines()
        assert [line.replace(before, "98.7.6") for line in old] == new, file
        assert before not in (tree / file).read_text(), file


def test_no_other_file_has_the_version() -> None:
    named = re.compile(rf"(?<![\d.]){re.escape(version.current(ROOT))}(?![\d.]*\d)")
    places = {place.file for place in version.PLACES}
    suffixes = {".md", ".yaml", ".toml", ".py", ""}
    folders = [each for each in ROOT.iterdir() if each.is_dir() and each.name[0] != "."]
    paths = [*ROOT.iterdir(), *(path for folder in folders for path in folder.rglob("*"))]
    files = {
        path.relative_to(ROOT).as_posix()
        for path in paths
        if path.is_file() and path.suffix in suffixes
    }
    mentioned = {
        file
        for file in files - places
        if not file.startswith((".", *OTHERS)) and named.search((ROOT / file).read_text())
    }
    assert mentioned == set()


@pytest.mark.parametrize("place", version.PLACES, ids=str)
def test_a_place_that_disagrees_is_named(place: version.Place, tree: Path) -> None:
    place.write(tree, "98.7.6")
    with pytest.raises(ReleaseError, match=f"98.7.6 in {place.file}"):
        version.current(tree)


def test_a_place_without_a_version_is_named(tree: Path) -> None:
    (tree / "Dockerfile").write_text("FROM scratch\n")
    with pytest.raises(ReleaseError, match="Dockerfile has no version after"):
        version.current(tree)


@pytest.mark.parametrize(
    ("wanted", "complaint"),
    [
        ("1.2", "is no version"),
        ("v9.0.0", "is no version"),
        ("9.0.0-dirty", "is no version"),
        ("0.0.1", "does not follow"),
        ("0.1.0-rc.1", "does not follow"),
    ],
)
def test_a_version_that_is_none_or_does_not_follow_is_refused(
    wanted: str, complaint: str, tree: Path
) -> None:
    with pytest.raises(ReleaseError, match=complaint):
        version.move(tree, wanted)
    assert version.current(tree) == version.current(ROOT)


def test_a_candidate_comes_before_its_release(tree: Path) -> None:
    for wanted in ("9.0.0-alpha.2", "9.0.0-rc.9", "9.0.0-rc.10", "9.0.0", "9.0.1", "10.0.0"):
        version.move(tree, wanted)


def test_what_is_unreleased_goes_under_the_version_and_is_its_notes() -> None:
    closed = changelog.close(CHANGELOG, "0.2.0", date(2026, 12, 1))
    assert "## [Unreleased]\n\n## [0.2.0] - 2026-12-01\n\n### Added\n- A thing.\n" in closed
    assert changelog.notes(closed, "0.2.0") == "### Added\n- A thing."
    assert changelog.notes(closed, "0.1.0") == "- The first."
    assert changelog.notes(closed, "Unreleased") == ""


def test_a_release_without_a_change_or_a_heading_is_refused() -> None:
    closed = changelog.close(CHANGELOG, "0.2.0", date(2026, 12, 1))
    with pytest.raises(ReleaseError, match="nothing under"):
        changelog.close(closed, "0.3.0", date(2026, 12, 2))
    with pytest.raises(ReleaseError, match=r"no heading \[0.3.0\]"):
        changelog.notes(closed, "0.3.0")
    with pytest.raises(ReleaseError, match=r"no heading \[Unreleased\]"):
        changelog.close("# Changelog\n", "0.3.0", date(2026, 12, 2))
