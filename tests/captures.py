"""Answers of real servers, as received: what every parser and every stand-in is measured against.

The files are what `curl -i` printed (status line, headers, body), byte by byte; a hand-made
answer would only repeat what we believe a vLLM says.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

FOLDER = Path(__file__).parent / "data" / "vllm"


@dataclass(frozen=True)
class Capture:
    """One answer. Header names are lower-case."""

    name: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> object:
        """Decode the body, for the comparisons that need its shape."""
        decoded: object = json.loads(self.body)
        return decoded


def names() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in FOLDER.glob("*.http")))


def read(name: str) -> Capture:
    head, _, body = (FOLDER / f"{name}.http").read_bytes().partition(b"\r\n\r\n")
    status_line, *lines = head.decode("latin-1").split("\r\n")
    fields = (line.partition(":") for line in lines)
    headers = {field.lower(): value.strip() for field, _, value in fields}
    return Capture(name, int(status_line.split(" ", 2)[1]), MappingProxyType(headers), body)
