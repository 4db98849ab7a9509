"""Globs on model ids and host names, with one meaning everywhere.

`*` stands for any characters, `/` and `.` included, `?` for exactly one. Everything else stands for
itself: brackets too, since model ids contain them, and case matters. `fnmatch` compiles `*` without
backtracking, so a pattern of a CR's author cannot be made slow.
"""

import re
from collections.abc import Iterable
from fnmatch import translate
from functools import lru_cache


def matches(pattern: str, text: str) -> bool:
    """Tell whether the whole text fits the glob."""
    return _compiled((pattern,)).match(text) is not None


def matches_any(patterns: Iterable[str], text: str) -> bool:
    """Tell whether the text fits at least one of the globs."""
    known = tuple(patterns)
    return bool(known) and _compiled(known).match(text) is not None


@lru_cache(maxsize=4096)
def _compiled(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(translate(pattern.replace("[", "[[]")) for pattern in patterns))
