"""The figures by name: how a table calls them, and how many decimals it shows."""

from dataclasses import dataclass

from hack.bench.builds import BASELINE

THIS, FLOOR, PEER = "this", "floor", "peer"
SUBJECTS = (FLOOR, THIS, BASELINE, PEER)
TITLES = {THIS: "this build", FLOOR: "floor", BASELINE: BASELINE, PEER: "kopf peer"}


@dataclass(frozen=True)
class Figure:
    """One row of a table."""

    scenario: str
    name: str
    title: str
    decimals: int = 1


FLEET_FIGURES = (
    Figure("idle", "p50_ms", "create to published, idle: p50, ms", 0),
    Figure("idle", "p99_ms", "p99, ms", 0),
    Figure("burst", "seconds", "all new ones Ready, s"),
    Figure("burst", "cpu_ms_each", "CPU for each, ms"),
    Figure("burst", "server_cpu_ms_each", "CPU of the API server for each, ms"),
    Figure("burst", "writes", "writes for each", 2),
    Figure("burst", "reads", "reads for each", 2),
    Figure("burst", "resident_mib", "memory afterwards, MiB", 0),
    Figure("steady", "core_percent", "steady: share of a core, %"),
    Figure("steady", "cpu_ms_each", "CPU for each probe, ms", 2),
    Figure("steady", "probes_per_s", "probes in a second"),
    Figure("steady", "all_writes", "writes, in all", 0),
    Figure("steady", "all_reads", "reads, in all", 0),
    Figure("steady", "resident_mib", "memory, MiB", 0),
    Figure("change", "seconds", "lists change: all published, s"),
    Figure("change", "cpu_ms_each", "CPU for each, ms"),
    Figure("change", "writes", "writes for each", 2),
    Figure("restart", "ready_s", "restart: ready after, s"),
    Figure("restart", "serves_s", "a new one is served after, s"),
    Figure("restart", "cpu_s", "CPU, s"),
    Figure("restart", "all_writes", "writes, the new one's included", 0),
    Figure("hanging", "p50_ms", "a tenth hangs, create to published: p50, ms", 0),
    Figure("hanging", "share", "times what it was before", 2),
)
FAN_OUT_FIGURES = (
    *(
        Figure(scenario, name, f"{scenario}: {title}" if name == "seconds" else title, decimals)
        for scenario in ("first", "one change")
        for name, title, decimals in (
            ("seconds", "all published, s", 1),
            ("cpu_ms_each", "CPU for each namespace, ms", 1),
            ("server_cpu_ms_each", "CPU of the API server for each, ms", 1),
            ("writes", "writes for each", 2),
            ("resident_mib", "memory, MiB", 0),
        )
    ),
    Figure("one namespace more", "seconds", "one namespace more: published, s"),
    Figure("rest", "all_writes", "nothing changes for 10 s: writes, in all", 0),
    Figure("rest", "peak_mib", "memory at most, MiB", 0),
)


def format_value(value: float | None, decimals: int) -> str:
    """Return a value as a table shows it."""
    return "" if value is None else f"{value:.{decimals}f}"
