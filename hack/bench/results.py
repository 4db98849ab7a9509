"""What was measured: runs with their conditions, each compared within itself, as a JSON file."""

import json
import os
import platform
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Self

from hack.demo.server import ROOT

FLEET, FAN_OUT = "fleet", "fan-out"


@dataclass(frozen=True)
class Conditions:
    """Where and when a run was made."""

    commit: str
    date: str
    python: str
    processors: int
    load_before: float  # of the last minute: work of others when it is much above 0
    interval: float  # seconds between two questions to a server

    @classmethod
    def now(cls, interval: float) -> Self:
        """Return those of this moment."""
        command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty"]
        commit = subprocess.run(command, check=False, capture_output=True, text=True).stdout
        return cls(
            commit=commit.strip(),
            date=datetime.now(UTC).strftime("%Y-%m-%d"),
            python=platform.python_version(),
            processors=os.cpu_count() or 0,
            load_before=round(os.getloadavg()[0], 1),
            interval=interval,
        )


@dataclass
class Run:
    """Every subject at one size: values of a figure by scenario, figure and subject."""

    conditions: Conditions
    values: dict[str, dict[str, dict[str, list[float]]]] = field(default_factory=dict)

    def add(self, scenario: str, subject: str, figures: Mapping[str, float]) -> None:
        """Add what one repetition has measured."""
        of_scenario = self.values.setdefault(scenario, {})
        for name, value in figures.items():
            of_scenario.setdefault(name, {}).setdefault(subject, []).append(round(value, 4))

    def median(self, scenario: str, figure: str, subject: str) -> float | None:
        """Return the median of the repetitions; None for what was not measured."""
        values = self.values.get(scenario, {}).get(figure, {}).get(subject)
        return median(values) if values else None

    def ratio(self, scenario: str, figure: str, subject: str, to: str) -> float | None:
        """Return how many times that of another subject a figure is."""
        value, other = (self.median(scenario, figure, name) for name in (subject, to))
        return value / other if value is not None and other else None


@dataclass
class Results:
    """Runs by kind and size; a new run replaces the one before it."""

    runs: dict[str, dict[int, Run]] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a file that `write` has made; without one there are no results."""
        if not path.exists():
            return cls()
        stored = json.loads(path.read_text())
        return cls(
            {
                kind: {
                    int(size): Run(Conditions(**run["conditions"]), run["values"])
                    for size, run in sizes.items()
                }
                for kind, sizes in stored.items()
            }
        )

    def write(self, path: Path) -> None:
        """Write all runs."""
        runs = {
            kind: {size: asdict(run) for size, run in sorted(sizes.items())}
            for kind, sizes in self.runs.items()
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{json.dumps(runs, indent=1)}\n")

    def of(self, kind: str) -> dict[int, Run]:
        """Return the runs of one kind by their size."""
        return self.runs.setdefault(kind, {})
