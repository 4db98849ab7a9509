"""What is done to a fleet, and the figures that come of it."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from typing import Protocol

from hack.bench.fleet import Taken
from hack.bench.meter import Meter, Spent, Worker
from hack.bench.operators import Operator
from hack.bench.processes import peak_mib, resident_mib

Figures = dict[str, float]
AFTERWARDS = 5.0  # seconds after a start in which it must write nothing


class Subject(Worker, Protocol):
    """What is measured: an operator, or the floor."""

    def idle(self, count: int) -> Taken: ...
    def burst(self, count: int) -> Taken: ...
    def settle(self) -> None: ...
    def steady(self, count: int, seconds: float) -> int: ...
    def change(self, count: int) -> Taken: ...
    def restart(self) -> tuple[float, float]: ...


@dataclass(frozen=True)
class Amounts:
    """How much of everything one run does."""

    size: int  # of the fleet
    idle: int  # VllmProviders that are created one after the other
    changed: int
    window: float  # seconds of the steady state
    hangs: bool  # whether a tenth of the servers hangs in the end


def run(subject: Subject, meter: Meter, amounts: Amounts) -> Iterator[tuple[str, Figures]]:
    """Yield the figures of each scenario; they build on each other."""
    if amounts.idle:
        yield "idle", idle(subject, amounts.idle)
    yield "burst", burst(subject, meter, amounts.size)
    subject.settle()
    yield "steady", steady(subject, meter, amounts)
    yield "change", change(subject, meter, min(amounts.changed, amounts.size))
    yield "restart", restart(subject, meter)
    if amounts.hangs and isinstance(subject, Operator):
        yield "hanging", hanging(subject, amounts.idle)


def idle(subject: Subject, count: int) -> Figures:
    taken = subject.idle(count)
    return {"p50_ms": percentile(taken, 0.5) * 1000, "p99_ms": percentile(taken, 0.99) * 1000}


def burst(subject: Subject, meter: Meter, size: int) -> Figures:
    spent = meter.measure(lambda: subject.burst(size))
    return {**each(spent, size), "reads": spent.reads / size, **memory(subject)}


def steady(subject: Subject, meter: Meter, amounts: Amounts) -> Figures:
    probes = 0

    def wait() -> None:
        nonlocal probes
        probes = subject.steady(amounts.size, amounts.window)

    spent = meter.measure(wait)
    return {
        "core_percent": spent.cpu / spent.seconds * 100,
        "probes_per_s": probes / spent.seconds,
        "cpu_ms_each": spent.cpu / max(probes, 1) * 1000,
        "all_writes": spent.writes,
        "all_reads": spent.reads,
        **memory(subject),
    }


def change(subject: Subject, meter: Meter, count: int) -> Figures:
    return each(meter.measure(lambda: subject.change(count)), count)


def restart(subject: Subject, meter: Meter) -> Figures:
    result = (0.0, 0.0)

    def start() -> None:
        nonlocal result
        result = subject.restart()
        time.sleep(AFTERWARDS)

    spent = meter.measure(start)
    ready, serves = result
    return {
        "ready_s": ready,
        "serves_s": serves,
        "cpu_s": spent.cpu,
        "all_writes": spent.writes,
        "peak_mib": peak_mib(subject.pid),
    }


def hanging(operator: Operator, count: int) -> Figures:
    before = percentile(operator.idle(count), 0.5)
    operator.hang()
    after = percentile(operator.idle(count), 0.5)
    return {"before_ms": before * 1000, "p50_ms": after * 1000, "share": after / before}


def each(spent: Spent, count: int) -> Figures:
    """Return what each of so many objects took."""
    return {
        "seconds": spent.seconds,
        "cpu_ms_each": spent.cpu / count * 1000,
        "server_cpu_ms_each": spent.server_cpu / count * 1000,
        "writes": spent.writes / count,
    }


def memory(worker: Worker) -> Figures:
    return {"resident_mib": resident_mib(worker.pid)}


def percentile(taken: Taken, share: float) -> float:
    return sorted(taken)[ceil(share * len(taken)) - 1]
