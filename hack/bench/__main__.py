"""Measures the operator on a real API server: `make bench`, `python -m hack.bench --quick`.

Beside it, in the same run: the floor (a bare asyncio script with the same creates, GETs and
applies), an earlier build of this repository, and a peer (kopf's create and update handlers, a
timer for each object, the official client). Each has a control plane of its own with an empty etcd,
and one process imitates all servers, each at an address of its own. Everything runs on this
machine, so all of them share its processors. Requests are those of the API server's audit log, CPU
is that of the processes, memory is what is resident. Tables show medians; ratios are of medians.
"""

import os
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import click

from hack.bench import fan_out, scenarios
from hack.bench.builds import BASELINE, baseline, this_build
from hack.bench.fan_out import copy_of, run_floor
from hack.bench.figures import FAN_OUT_FIGURES, FLEET_FIGURES, FLOOR, SUBJECTS, THIS
from hack.bench.fleet import NotInTime
from hack.bench.meter import Meter
from hack.bench.objects import MODELS, Pace
from hack.bench.results import FAN_OUT, FLEET, Conditions, Results, Run
from hack.bench.scenarios import Amounts, Figures
from hack.bench.stage import floor_on, operator_on, staged
from hack.bench.tables import table

SIZES, QUICK_SIZES = (100, 1000, 5000, 10_000), (50, 200)
NAMESPACES, QUICK_NAMESPACES = (60, 500), (10,)
BUILDS = {THIS: this_build, BASELINE: baseline}
FAN_OUT_INTERVAL = 3600.0  # seconds: what a catalog costs, and not its sources
LONGEST_WINDOW = 30.0  # seconds of the steady state
USUAL = 1000  # VllmProviders, at most
REPEATED_UP_TO = 1000  # VllmProviders or namespaces


@dataclass(frozen=True)
class Plan:
    """What a run measures."""

    subjects: tuple[str, ...]
    sizes: tuple[int, ...]
    namespaces: tuple[int, ...]
    repeat: int
    quick: bool

    @property
    def pace(self) -> Pace:
        return Pace(10, 5) if self.quick else Pace()

    def amounts(self, size: int) -> Amounts:
        """Return how much of everything is done with a fleet; the usual one has every scenario."""
        usual = size == max((one for one in self.sizes if one <= USUAL), default=0)
        return Amounts(
            size=size,
            idle=(20 if self.quick else 50) if usual else 0,
            changed=200,
            window=min(self.pace.interval, LONGEST_WINDOW),
            hangs=usual,
        )


def measure_fleet(plan: Plan, subject: str, size: int) -> Iterator[tuple[str, Figures]]:
    """Yield the figures of one subject with a fleet of one size."""
    build = BUILDS[subject]() if subject in BUILDS else None
    amounts = plan.amounts(size)
    with staged(MODELS, *([build.crds] if build else [])) as stage:
        if subject == FLOOR:
            with floor_on(stage, plan.pace) as floor:
                yield from scenarios.run(floor, Meter(stage.plane, floor), amounts)
        else:
            with operator_on(stage, build, plan.pace) as operator:
                yield from scenarios.run(operator, Meter(stage.plane, operator), amounts)


def measure_fan_out(subject: str, namespaces: int) -> Iterator[tuple[str, str, Figures]]:
    """Yield the figures of one build, and those of the floor beside it."""
    build = BUILDS[subject]()
    with (
        staged(fan_out.MODELS, build.crds) as stage,
        operator_on(stage, build, Pace()) as operator,
    ):
        for scenario, figures in fan_out.run(operator, namespaces):
            yield scenario, subject, figures
        manifest = copy_of(stage.plane)
    if subject != THIS:
        return
    # On a control plane of its own: what both have written does not fit into an etcd of 2 GiB.
    with staged(fan_out.MODELS) as stage, floor_on(stage, Pace()) as floor:
        for scenario, figures in run_floor(stage, floor, namespaces, manifest):
            yield scenario, FLOOR, figures


def run_fleet(plan: Plan, size: int) -> Run:
    """Measure every subject with a fleet of one size, in turns."""
    run = Run(Conditions.now(plan.pace.interval))
    for _, subject in product(repeats(plan, size), plan.subjects):
        try:
            for scenario, figures in measure_fleet(plan, subject, size):
                run.add(scenario, subject, figures)
                click.echo(f"{size} {subject:<8} {scenario:<8} {brief(figures)}", err=True)
        except NotInTime as error:  # what one cannot do is a result as well
            click.echo(f"{size} {subject:<8} {error}", err=True)
    return run


def run_fan_out(plan: Plan, namespaces: int) -> Run:
    """Measure every build with one number of namespaces, in turns."""
    run = Run(Conditions.now(FAN_OUT_INTERVAL))
    builds = [name for name in plan.subjects if name in BUILDS]
    for _, subject in product(repeats(plan, namespaces), builds):
        try:
            for scenario, whose, figures in measure_fan_out(subject, namespaces):
                run.add(scenario, whose, figures)
                click.echo(f"{namespaces} {whose:<8} {scenario:<10} {brief(figures)}", err=True)
        except NotInTime as error:
            click.echo(f"{namespaces} {subject:<8} {error}", err=True)
    return run


def repeats(plan: Plan, size: int) -> range:
    return range(plan.repeat if size <= REPEATED_UP_TO else 1)


def brief(figures: Figures) -> str:
    return "  ".join(f"{name} {value:.2f}" for name, value in figures.items())


@click.command()
@click.option("--quick", is_flag=True, help="Small fleets that are asked every 10 s: 5 minutes.")
@click.option("--subject", "subjects", multiple=True, type=click.Choice(SUBJECTS))
@click.option("--size", "sizes", multiple=True, type=click.IntRange(10), help="Of a fleet.")
@click.option("--namespaces", multiple=True, type=click.IntRange(1), help="Of a catalog.")
@click.option("--repeat", default=3, show_default=True, help=f"Up to {REPEATED_UP_TO}.")
@click.option("--out", type=click.Path(path_type=Path), help="Keep the figures in this JSON.")
def main(
    subjects: tuple[str, ...],
    sizes: tuple[int, ...],
    namespaces: tuple[int, ...],
    repeat: int,
    out: Path | None,
    *,
    quick: bool,
) -> None:
    """Print medians and ratios, with the method."""
    if not sizes and not namespaces:
        sizes = QUICK_SIZES if quick else SIZES
        namespaces = QUICK_NAMESPACES if quick else NAMESPACES
    plan = Plan(subjects or SUBJECTS, sizes, namespaces, 1 if quick else repeat, quick)
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    print(str(__doc__).partition("\n\n")[2].strip())
    print(f"\nPython {platform.python_version()}, {os.cpu_count()} CPUs, load {load}")
    results = Results.read(out) if out else Results()
    for kind, amounts, measure, figures in (
        (FLEET, plan.sizes, run_fleet, FLEET_FIGURES),
        (FAN_OUT, plan.namespaces, run_fan_out, FAN_OUT_FIGURES),
    ):
        for amount in amounts:
            run = results.of(kind)[amount] = measure(plan, amount)
            print(f"\n{kind}, {amount}\n\n{table(run, figures)}", flush=True)
            if out:
                results.write(out)


if __name__ == "__main__":
    main()
