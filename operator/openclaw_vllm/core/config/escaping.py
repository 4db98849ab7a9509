"""Escaping of `${NAME}`, which OpenClaw would substitute.

It does so in every string value of its configuration: an untrusted model id or URL would otherwise
send a secret of the agent's pod away.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

REFERENCE = re.compile(r"\$\{[A-Z_][A-Z0-9_]*\}")
_ESCAPED = re.compile(r"\$(\$\{[A-Z_][A-Z0-9_]*\})")


def escape(text: str) -> str:
    """Replace each `${NAME}` by `$${NAME}`, which OpenClaw reads as `${NAME}`; other text needs no
    escape."""
    return REFERENCE.sub(lambda match: "$" + match.group(), text)


def unescape(text: str) -> str:
    """Revert `escape`."""
    return _ESCAPED.sub(r"\1", text)


def escape_all(value: Any) -> Any:
    """Escape every string value of free-form settings; OpenClaw does not substitute in keys."""
    return _map_strings(escape, value)


def unescape_all(value: Any) -> Any:
    """Revert `escape_all`."""
    return _map_strings(unescape, value)


def _map_strings(convert: Callable[[str], str], value: Any) -> Any:
    match value:
        case str():
            return convert(value)
        case Mapping():
            return {key: _map_strings(convert, item) for key, item in value.items()}
        case list() | tuple():
            return [_map_strings(convert, item) for item in value]
    return value
