"""Answers of real servers, as received: what every parser and every stand-in is measured against.

The files of a vLLM are what `curl -i` printed (status line, headers, body), byte by byte; a
hand-made answer would only repeat what we believe a vLLM says. Those of other servers and gateways
begin with the request, `> ` before each of its lines; hosts and paths in them are neutral ones.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

FOLDER = Path(__file__).parent / "data" / "vllm"
SERVERS = Path(__file__).parent / "data" / "servers"


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
    """Return what a real vLLM answered."""
    head, _, body = (FOLDER / f"{name}.http").read_bytes().partition(b"\r\n\r\n")
    return _capture(name, head.decode("latin-1").split("\r\n"), body)


def exists(server: str, name: str) -> bool:
    """Return whether this answer of another server was captured."""
    return (SERVERS / server / f"{name}.http").exists()


def read_server(server: str, name: str) -> Capture:
    """Return what another server, named with its version, answered."""
    content = (SERVERS / server / f"{name}.http").read_bytes()
    head, _, body = content.partition(b"\n\n")
    lines = [line for line in head.decode("latin-1").split("\n") if not line.startswith("> ")]
    return _capture(name, lines, body.removesuffix(b"\n"))


def _capture(name: str, head: list[str], body: bytes) -> Capture:
    status_line, *lines = head
    fields = (line.partition(":") for line in lines)
    headers = {field.lower(): value.strip() for field, _, value in fields}
    return Capture(name, int(status_line.split(" ", 2)[1]), MappingProxyType(headers), body)
