"""Globs on model ids and host names, with one meaning everywhere.

`*` stands for any characters, `/` and `.` included, `?` for exactly one. Everything else stands for
itself: brackets too, since model ids contain them, and case matters. Many globs of a CR's author
may meet a MiB of ids that a server's owner chose, on the event loop: no glob backtracks, and one
whose end does not fit costs nothing. (`fnmatch`'s did not backtrack either, but took seconds.)
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache


def matches_any(patterns: Iterable[str], text: str) -> bool:
    """Tell whether the whole text fits at least one of the globs."""
    return first_match(patterns, text) is not None


def first_match(patterns: Iterable[str], text: str) -> int | None:
    """Return the index of the first glob that the whole text fits, None when it fits none."""
    known = tuple(patterns)
    found = _joined(known).match(text) if known else None
    return found.lastindex - 1 if found and found.lastindex else None


def matching(pattern: str, texts: Iterable[str]) -> Iterator[str]:
    """Yield the texts that fit the glob."""
    return filter(_compiled(pattern).match, texts)


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(_expression(pattern))


@lru_cache(maxsize=512)
def _joined(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"({_expression(pattern)})" for pattern in patterns))


def _expression(pattern: str) -> str:
    """Write a glob as a regular expression without groups, of possessive steps only.

    The end is looked at first. Then each part between two stars is taken where it comes first,
    which leaves the most to the parts after it.
    """
    first, *rest = pattern.split("*")
    if not rest:
        return rf"(?s:{_literal(first)})\Z"
    *middle, last = rest
    end = _literal(last)
    ahead = f"(?=.*+(?<={end}))" if last else ""
    steps = "".join(_step(part) for part in middle if part)
    return f"(?s:{_literal(first)}{ahead}{steps}" + (rf".*{end})\Z" if last else ")")


def _step(part: str) -> str:
    """Go to the end of the first place where the part stands; to its first character in one go."""
    sought = part.lstrip("?")
    anything = "." * (len(part) - len(sought))
    if not sought:
        return anything
    to_first, literal = f"[^{re.escape(sought[0])}]*+", _literal(sought)
    return anything + to_first + (literal if len(sought) == 1 else f"(?>.*?{literal})")


def _literal(part: str) -> str:
    return "".join("." if character == "?" else re.escape(character) for character in part)
