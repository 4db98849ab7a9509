"""The part of CHANGELOG.md that belongs to a release."""

import re
from datetime import date

from hack.release import ReleaseError

UNRELEASED = "## [Unreleased]\n"
HEADING = re.compile(r"^## \[(?P<version>[^\]]+)\](?: - \d{4}-\d\d-\d\d)?\n", re.MULTILINE)


def close(text: str, version: str, day: date) -> str:
    """Return the changelog with what is unreleased under a version; raises ReleaseError if that is
    nothing."""
    if UNRELEASED not in text:
        raise ReleaseError("CHANGELOG.md has no heading [Unreleased].")
    if not notes(text, "Unreleased"):
        raise ReleaseError("CHANGELOG.md has nothing under [Unreleased]: there is no release.")
    return text.replace(UNRELEASED, f"{UNRELEASED}\n## [{version}] - {day.isoformat()}\n", 1)


def notes(text: str, version: str) -> str:
    """Return what stands under the heading of a version; raises ReleaseError without one."""
    headings = list(HEADING.finditer(text))
    for heading, following in zip(headings, [*headings[1:], None], strict=True):
        if heading["version"] == version:
            return text[heading.end() : following.start() if following else None].strip()
    raise ReleaseError(f"CHANGELOG.md has no heading [{version}].")
