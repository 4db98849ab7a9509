"""Globs on model ids and host names.

`*` matches any characters, `/` and `.` included, `?` exactly one. Everything else is literal:
brackets too, since model ids contain them; case matters. Many globs of a CR's author may meet a MiB
of ids that a server's owner chose, on the event loop: no glob backtracks, and one whose end does
not match costs nothing. (`fnmatch` does not backtrack either, but took seconds.)
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache


def matches_any(patterns: Iterable[str], text: str) -> bool:
    """Return whether the whole text matches at least one of the globs."""
    return first_match(patterns, text) is not None


def first_match(patterns: Iterable[str], text: str) -> int | None:
    """Return the index of the first glob that matches the whole text, None without any."""
    globs = tuple(patterns)
    match = _compile_any(globs).match(text) if globs else None
    return match.lastindex - 1 if match and match.lastindex else None


def matching(pattern: str, texts: Iterable[str]) -> Iterator[str]:
    """Yield the texts that match the glob."""
    return filter(_compile(pattern).match, texts)


@lru_cache(maxsize=4096)
def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(_to_regex(pattern))


@lru_cache(maxsize=512)
def _compile_any(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"({_to_regex(pattern)})" for pattern in patterns))


def _to_regex(pattern: str) -> str:
    """Return the regular expression of a glob, without groups and of possessive steps only.

    The end is checked first. Then each part between two stars is matched at its first occurrence,
    which leaves the most to the parts after it.
    """
    first, *rest = pattern.split("*")
    if not rest:
        return rf"(?s:{_to_literal(first)})\Z"
    *middle, last = rest
    end = _to_literal(last)
    ahead = f"(?=.*+(?<={end}))" if last else ""
    steps = "".join(_to_step(part) for part in middle if part)
    return f"(?s:{_to_literal(first)}{ahead}{steps}" + (rf".*{end})\Z" if last else ")")


def _to_step(part: str) -> str:
    """Match up to the end of the part's first occurrence; up to its first character at once."""
    text = part.lstrip("?")
    anything = "." * (len(part) - len(text))
    if not text:
        return anything
    to_first, literal = f"[^{re.escape(text[0])}]*+", _to_literal(text)
    return anything + to_first + (literal if len(text) == 1 else f"(?>.*?{literal})")


def _to_literal(part: str) -> str:
    return "".join("." if character == "?" else re.escape(character) for character in part)
