"""The imitated vLLM servers, as the benchmark starts, counts and changes them."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from hack.bench.addresses import Addresses
from hack.demo.process import started
from hack.demo.server import ROOT
from tests.eventually import eventually_sync

STARTS_WITHIN = 30.0  # seconds


class Servers(Addresses):
    """The servers of a process that runs."""

    def answered(self) -> int:
        """Return how many lists of models were sent."""
        return self._act("count")

    def change_below(self, number: int) -> None:
        """Have the servers below this number list one model more."""
        self._act(f"change/{number}")

    def hang_every_tenth(self) -> None:
        """Have servers 0, 10, 20 ... accept and never answer."""
        self._act("hang")

    def _act(self, action: str) -> int:
        url = f"http://127.0.0.1:{self.port}/bench/{action}"
        return int(httpx.get(url, trust_env=False).raise_for_status().json()["answered"])


@contextmanager
def imitated(folder: Path, models: int) -> Iterator[Servers]:
    """Run servers that list so many models each."""
    command = [sys.executable, "-m", "hack.bench.server", str(models)]
    with started("servers", command, folder, {"PYTHONPATH": str(ROOT)}) as process:

        def printed() -> str:
            process.check()
            return process.log_text().strip()

        yield Servers(int(eventually_sync(printed, within=STARTS_WITHIN)))
