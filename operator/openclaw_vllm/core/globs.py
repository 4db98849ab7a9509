"""Globs on model ids and host names, with one meaning everywhere.

`*` stands for any characters, `/` and `.` included, `?` for exactly one. Everything else stands for
itself: brackets too, since model ids contain them, and case matters. `fnmatch` compiles `*` without
backtracking, so a pattern of a CR's author cannot be made slow.
"""

from collections.abc import Iterable
from fnmatch import fnmatchcase


def matches(pattern: str, text: str) -> bool:
    """Tell whether the whole text fits the glob."""
    return fnmatchcase(text, pattern.replace("[", "[[]"))


def matches_any(patterns: Iterable[str], text: str) -> bool:
    """Tell whether the text fits at least one of the globs."""
    return any(matches(pattern, text) for pattern in patterns)
