"""Text from outside, written so that OpenClaw reads it back as it was.

OpenClaw substitutes `${NAME}` in every string value of its configuration: a model id or a URL that
somebody chose would otherwise send a secret of the agent's pod away.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

REFERENCE = re.compile(r"\$\{[A-Z_][A-Z0-9_]*\}")
_ESCAPED = re.compile(r"\$(\$\{[A-Z_][A-Z0-9_]*\})")


def escape(text: str) -> str:
    """Write `$${NAME}` for each `${NAME}`, which OpenClaw reads back as it was; other text has no
    effect."""
    return REFERENCE.sub(lambda found: "$" + found.group(), text)


def unescape(text: str) -> str:
    """Take `escape` back."""
    return _ESCAPED.sub(r"\1", text)


def escape_all(value: Any) -> Any:
    """Escape every string value of free-form settings; OpenClaw leaves keys alone."""
    return _in_each_string(escape, value)


def unescape_all(value: Any) -> Any:
    """Take `escape_all` back."""
    return _in_each_string(unescape, value)


def _in_each_string(change: Callable[[str], str], value: Any) -> Any:
    match value:
        case str():
            return change(value)
        case Mapping():
            return {key: _in_each_string(change, item) for key, item in value.items()}
        case list() | tuple():
            return [_in_each_string(change, item) for item in value]
    return value
