"""Sees every state of a VllmProvider that a user could have seen, however short it was."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.apiserver.workspace import Provider, soon
from tests.controlplane import binaries
from tests.controlplane.component import leashed

CONDITIONS = '{.status.conditions}{"\\n"}'


@dataclass(frozen=True)
class Witness:
    """What a watch of a VllmProvider has shown, in order."""

    log: Path

    def saw(self, type_: str) -> list[str]:
        """Return the states of a condition, `True Succeeded` for example, without repetitions."""
        states: list[str] = []
        for conditions in self._observed():
            result = next(c for c in conditions if c["type"] == type_)
            state = f"{result['status']} {result['reason']}"
            if states[-1:] != [state]:
                states.append(state)
        return states

    def _observed(self) -> list[list[dict[str, Any]]]:
        whole = [line for line in self.log.read_text().splitlines(keepends=True) if "\n" in line]
        return [json.loads(line) for line in whole]


@contextmanager
def watching(provider: Provider, folder: Path) -> Iterator[Witness]:
    """Watch a VllmProvider while the block runs, from its present state on."""
    witness = Witness(folder / "watched.jsonl")
    program = binaries.ensure("kubectl")["kubectl"]
    place = [f"--kubeconfig={provider.space.plane.kubeconfig}", "-n", provider.space.namespace]
    what = ["get", f"vllmprovider/{provider.name}", "--watch", "-o", f"jsonpath={CONDITIONS}"]
    with witness.log.open("wb") as log:
        process = subprocess.Popen(
            leashed([program, f"--cache-dir={folder}", *place, *what]),
            stdin=subprocess.DEVNULL,
            stdout=log,
        )
    try:
        soon(lambda: witness.saw("Ready"), "the watch shows the present state")
        yield witness
    finally:
        process.kill()
        process.wait()
