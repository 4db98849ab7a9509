"""Writes the tables and plots of docs/performance.md: `python -m hack.bench.page`.

They are made from docs/performance/results.json, which `make bench` keeps: a test holds the page to
it. They stand between a comment that names them and the comment `end`.
"""

import re
from collections.abc import Mapping

from hack.bench.figures import FAN_OUT_FIGURES, FLEET_FIGURES, Figure
from hack.bench.plots import plot
from hack.bench.results import FAN_OUT, FLEET, Results, Run
from hack.bench.tables import counted, growth, table
from hack.demo.server import ROOT

PAGE = ROOT / "docs" / "performance.md"
FOLDER = ROOT / "docs" / "performance"
RESULTS = FOLDER / "results.json"
BLOCK = re.compile(r"(?P<start><!-- (?P<name>[^\n]+) -->\n).*?(?P<end><!-- end -->)", re.DOTALL)
DRAWN = {
    "burst.svg": ("burst", "cpu_ms_each", "CPU for each new VllmProvider, ms"),
    "seconds.svg": ("burst", "seconds", "all new VllmProviders Ready, s"),
    "steady.svg": ("steady", "core_percent", "steady: share of a core, %"),
    "memory.svg": ("steady", "resident_mib", "memory at rest, MiB"),
    "restart.svg": ("restart", "ready_s", "ready after a restart, s"),
}
PLOTS = {name: Figure(*figure) for name, figure in DRAWN.items()}


def page(text: str, results: Results) -> str:
    """Return the page with every table as the results have it."""
    blocks = _blocks(results)

    def fill(block: re.Match[str]) -> str:
        return f"{block['start']}\n{blocks[block['name']]}\n\n{block['end']}"

    return BLOCK.sub(fill, text)


def plots(results: Results) -> dict[str, str]:
    """Return the plots by their files' names."""
    return {name: plot(results.of(FLEET), figure) for name, figure in PLOTS.items()}


def _blocks(results: Results) -> dict[str, str]:
    """Return what stands at each place of the page."""
    fleets, catalogs = results.of(FLEET), results.of(FAN_OUT)
    return {
        "fleets": _sections(fleets, "VllmProviders", FLEET_FIGURES),
        "growth": "\n\n".join(growth(fleets, figure) for figure in PLOTS.values()),
        "catalogs": _sections(catalogs, "namespaces", FAN_OUT_FIGURES),
    }


def _sections(runs: Mapping[int, Run], of_what: str, figures: tuple[Figure, ...]) -> str:
    """Return a section for each run, with its conditions and its table."""
    return "\n\n".join(
        f"### {counted(size)} {of_what}\n\n{_conditions(run)}\n\n{table(run, figures)}"
        for size, run in sorted(runs.items())
    )


def _conditions(run: Run) -> str:
    """Return where and when a run was made, as a sentence."""
    conditions = run.conditions
    where = f"on {conditions.processors} processors with Python {conditions.python}"
    pace = f"servers are asked every {conditions.interval:.0f} s"
    load = f"load before it {conditions.load_before}"
    return f"{conditions.date}, {conditions.commit}, {where}; {pace}; {load}."


def main() -> None:
    """Write the page and its plots."""
    results = Results.read(RESULTS)
    PAGE.write_text(page(PAGE.read_text(), results))
    for name, text in plots(results).items():
        (FOLDER / name).write_text(text)


if __name__ == "__main__":
    main()
