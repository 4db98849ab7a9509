"""Tables of what was measured: a row for each figure, a column for each subject, and ratios."""

from collections.abc import Iterable, Mapping

from hack.bench.builds import BASELINE
from hack.bench.figures import FLOOR, SUBJECTS, THIS, TITLES, Figure, format_value
from hack.bench.results import Run

AGAINST = (FLOOR, BASELINE)


def table(run: Run, figures: Iterable[Figure]) -> str:
    """Return the medians of one run and their ratios, in Markdown."""
    against = [f"this / {TITLES[other]}" for other in AGAINST]
    head = ["figure", *(TITLES[subject] for subject in SUBJECTS), *against]
    return _markdown(head, [_row(run, one) for one in figures if one.name in _measured(run, one)])


def growth(runs: Mapping[int, Run], figure: Figure) -> str:
    """Return one figure against the size of the fleet, in Markdown."""
    head = [figure.title, *(TITLES[subject] for subject in SUBJECTS)]
    rows = [
        [
            counted(size),
            *(
                format_value(run.median(figure.scenario, figure.name, subject), figure.decimals)
                for subject in SUBJECTS
            ),
        ]
        for size, run in sorted(runs.items())
    ]
    return _markdown(head, rows)


def counted(number: int) -> str:
    """Return a number with its thousands apart."""
    return f"{number:_}".replace("_", " ")


def _measured(run: Run, figure: Figure) -> Iterable[str]:
    return run.values.get(figure.scenario, {})


def _row(run: Run, figure: Figure) -> list[str]:
    scenario, name = figure.scenario, figure.name
    values = [
        format_value(run.median(scenario, name, subject), figure.decimals) for subject in SUBJECTS
    ]
    ratios = [format_value(run.ratio(scenario, name, THIS, other), 2) for other in AGAINST]
    return [figure.title, *values, *ratios]


def _markdown(head: list[str], rows: list[list[str]]) -> str:
    rule = ["---", *("---:" for _ in head[1:])]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *rows))
