"""What the demo prints: each step with its time, and the cluster's state as a person reads it."""

import textwrap
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import yaml

from tests.rbac import Manifest

COLUMNS = ("type", "status", "reason", "message")


@contextmanager
def step(title: str) -> Iterator[None]:
    """Say what happens now, and afterwards how long it took."""
    print(f"\n==> {title}", flush=True)
    began = time.monotonic()
    yield
    print(f"    ({time.monotonic() - began:.1f} s)", flush=True)


def text(lines: str) -> None:
    print(textwrap.indent(lines, "    "), flush=True)


def manifest(value: Manifest) -> None:
    text(yaml.safe_dump(value, sort_keys=False).rstrip())


def conditions(provider: Manifest) -> None:
    rows = [
        [str(condition.get(column, "")) for column in COLUMNS]
        for condition in provider["status"]["conditions"]
    ]
    table(COLUMNS, rows)


def models(provider: Manifest) -> None:
    columns = ("ref", "contextWindow", "contextWindowSource", "state")
    listed = provider["status"].get("models", [])
    table(columns, [[str(model.get(column, "")) for column in columns] for model in listed])


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    header = [column.upper() for column in columns]
    widths = [max(map(len, cells)) for cells in zip(header, *rows, strict=True)]
    for row in (header, *rows):
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        text("  ".join(cells).rstrip())
