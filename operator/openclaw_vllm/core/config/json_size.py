"""Size of JSON documents, computed before they are serialized.

The same parameters for many models make a document many times the length of the spec, and
indentation one many times the length of the data: serializing first and measuring then blocked the
event loop for seconds. So values are counted level by level, all of a level before descending into
any, and counting stops at a limit.
"""

from collections.abc import Collection, Iterator
from typing import Any


def minimum_size(document: Any, limit: int) -> int:
    """Return a lower bound of the bytes of a document in JSON; stops counting beyond `limit`."""
    total = 1
    for level in _iterate_levels(document):
        # brackets, less the one that counted as a value before; commas; a character of each value
        total += 2 * sum(map(len, level))
        if total > limit:
            break
        total += sum(map(_count_characters, level))
    return total


def indentation(document: Any, limit: int) -> int:
    """Return the bytes that indentation by two spaces adds; stops counting beyond `limit`."""
    total, indent = 0, 0
    for level in _iterate_levels(document):
        values = sum(map(len, level))
        spaces = sum(len(container) for container in level if isinstance(container, dict))
        total += values * (1 + indent + 2) + len(level) * (1 + indent) + spaces
        if total > limit:
            break
        indent += 2
    return total


def _iterate_levels(document: Any) -> Iterator[list[Collection[Any]]]:
    """Yield the non-empty containers of each depth together."""
    level = [document] if document else []
    while level:
        yield level
        level = [
            value
            for container in level
            for value in _values_of(container)
            if value and isinstance(value, dict | list | tuple)
        ]


def _values_of(container: Any) -> Collection[Any]:
    return container.values() if isinstance(container, dict) else container


def _count_characters(container: Any) -> int:
    """Count the characters of keys, and those of scalars beyond the first."""
    keys = sum(len(key) + len('"":') for key in container) if isinstance(container, dict) else 0
    return keys + sum(
        len(value) + 1 if isinstance(value, str) else len(str(value)) - 1
        for value in _values_of(container)
        if not isinstance(value, dict | list | tuple)
    )
