"""Fields of the JSON that a server answers, named by dotted paths."""

from collections.abc import Mapping
from typing import Any


def text(value: object) -> str:
    """Return a text that a UTF-8 document can hold; empty for anything else."""
    try:
        return value.encode("utf-8").decode() if isinstance(value, str) else ""
    except UnicodeEncodeError:  # a lone surrogate
        return ""


def read_field(row: Mapping[str, Any], path: str) -> object:
    """Return the value at the end of a path such as `meta.n_ctx`; None where it leads nowhere."""
    value: object = row
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value
