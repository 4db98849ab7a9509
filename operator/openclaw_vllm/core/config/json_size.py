"""How long documents become, known before they are written.

The same parameters for many models make a document of many times the length of the spec, and
indentation one of many times the length of the data: written first and measured then, both held the
event loop for seconds. So values are counted level by level, all of a level before any of them is
looked at, and counting stops as soon as the answer is known.
"""

from collections.abc import Collection, Iterator
from typing import Any


def minimum_size(document: Any, most: int) -> int:
    """Count the bytes that JSON takes at least; stops once beyond `most`."""
    total = 1
    for level in _levels(document):
        # brackets, less the one that counted as a value before; commas; a character of each value
        total += 2 * sum(map(len, level))
        if total > most:
            break
        total += sum(map(_text, level))
    return total


def indentation(document: Any, most: int) -> int:
    """Count the bytes that indentation by two spaces adds to JSON; stops once beyond `most`."""
    total, indent = 0, 0
    for level in _levels(document):
        values = sum(map(len, level))
        blanks = sum(len(container) for container in level if isinstance(container, dict))
        total += values * (1 + indent + 2) + len(level) * (1 + indent) + blanks
        if total > most:
            break
        indent += 2
    return total


def _levels(document: Any) -> Iterator[list[Collection[Any]]]:
    """Yield the containers that hold something, all of one depth together."""
    level = [document] if document else []
    while level:
        yield level
        level = [
            value
            for container in level
            for value in _values(container)
            if value and isinstance(value, dict | list | tuple)
        ]


def _values(container: Any) -> Collection[Any]:
    return container.values() if isinstance(container, dict) else container


def _text(container: Any) -> int:
    """Count the characters of keys, and of scalars those beyond the first."""
    keys = sum(len(key) + len('"":') for key in container) if isinstance(container, dict) else 0
    return keys + sum(
        len(value) + 1 if isinstance(value, str) else len(str(value)) - 1
        for value in _values(container)
        if not isinstance(value, dict | list | tuple)
    )
