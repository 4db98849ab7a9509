"""Fails when the operator computes more than it did: `make bench-guard`, in three minutes.

The CPU for each VllmProvider of a burst, and for each namespace of a catalog, is compared with the
floor's of the same run, and this ratio with the stored one: times differ between machines, ratios
hardly. `--store` stores the ratios of now, after work on speed.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import click

from hack.bench import fan_out
from hack.bench.builds import this_build
from hack.bench.meter import Meter
from hack.bench.objects import MODELS, Pace
from hack.bench.scenarios import Figures, Subject, burst
from hack.bench.stage import Stage, floor_on, operator_on, staged

STORED = Path(__file__).with_name("guard.json")
TOLERANCE = 1.3
PROVIDERS, NAMESPACES, WARM_UP = 200, 20, 5
CPU = "cpu_ms_each"

Ratios = dict[str, float]


def measure() -> Ratios:
    """Return the operator's CPU in those of the floor, by scenario."""
    with staged(MODELS) as stage, floor_on(stage, Pace()) as floor:
        least = _burst(stage, floor)
    with staged(MODELS) as stage, operator_on(stage, this_build(), Pace()) as operator:
        result = {"burst": _burst(stage, operator)[CPU] / least[CPU]}
    return result | {f"fan-out, {name}": ratio for name, ratio in _fan_out()}


def _burst(stage: Stage, subject: Subject) -> Figures:
    subject.idle(WARM_UP)
    return burst(subject, Meter(stage.plane, subject), PROVIDERS)


def _fan_out() -> Iterator[tuple[str, float]]:
    with staged(fan_out.MODELS) as stage:
        with operator_on(stage, this_build(), Pace()) as operator:
            figures = dict(fan_out.run(operator, NAMESPACES))
        manifest = fan_out.copy_of(stage.plane)
        with floor_on(stage, Pace()) as floor:
            for name, least in fan_out.run_floor(stage, floor, NAMESPACES, manifest):
                yield name, figures[name][CPU] / least[CPU]


def judge(ratios: Ratios, stored: Ratios) -> list[str]:
    """Return a sentence for each ratio that is too high."""
    return [
        f"{name}: {ratio:.2f} times the floor's CPU, and {stored[name]:.2f} is stored"
        for name, ratio in ratios.items()
        if ratio > TOLERANCE * stored[name]
    ]


@click.command()
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(1))
@click.option("--store", is_flag=True, help="Store the ratios instead of judging them.")
def main(rounds: int, *, store: bool) -> None:
    """Compare the medians of some rounds with the stored ratios."""
    measured = [measure() for _ in range(rounds)]
    ratios = {name: round(median(one[name] for one in measured), 2) for name in measured[0]}
    for name, ratio in ratios.items():
        each = ", ".join(f"{one[name]:.2f}" for one in measured)
        print(f"{name}: {ratio:.2f} times the floor's CPU (rounds: {each})")
    if store:
        STORED.write_text(f"{json.dumps(ratios, indent=2)}\n")
        return
    complaints = judge(ratios, json.loads(STORED.read_text()))
    if complaints:
        advice = "find what costs it, or store the new ratios with --store and say why"
        raise click.ClickException("\n".join([*complaints, advice]))


if __name__ == "__main__":
    main()
