"""Draws figures against the size of a fleet, as SVG, with both axes logarithmic."""

from collections.abc import Iterator, Mapping
from math import ceil, floor, log10
from xml.sax.saxutils import escape

from hack.bench.figures import SUBJECTS, TITLES, Figure
from hack.bench.results import Run

WIDTH, HEIGHT = 480, 300  # pixels
LEFT, RIGHT, TOP, BOTTOM = 62, 16, 34, 40  # what the axes leave free
COLOURS = dict(zip(SUBJECTS, ("#7f7f7f", "#1f77b4", "#ff7f0e", "#d62728"), strict=True))
FRAME = 'xmlns="http://www.w3.org/2000/svg" font-family="sans-serif" font-size="11"'

Series = dict[str, list[tuple[int, float]]]


class Axis:
    """A logarithmic axis, from one power of ten to another."""

    def __init__(self, values: list[float], start: float, end: float) -> None:
        self._first, self._last = floor(log10(min(values))), ceil(log10(max(values)))
        self._last = max(self._last, self._first + 1)
        self._start, self._end = start, end

    def place(self, value: float) -> float:
        """Return where a value is, in pixels."""
        share = (log10(value) - self._first) / (self._last - self._first)
        return round(self._start + share * (self._end - self._start), 1)

    def ticks(self) -> Iterator[float]:
        """Yield the powers of ten."""
        yield from (10.0**power for power in range(self._first, self._last + 1))


def plot(runs: Mapping[int, Run], figure: Figure) -> str:
    """Return one figure of every subject against the size of the fleet."""
    series = _series(runs, figure)
    points = [point for line in series.values() for point in line]
    x = Axis([float(size) for size, _ in points], LEFT, WIDTH - RIGHT)
    y = Axis([value for _, value in points], HEIGHT - BOTTOM, TOP)
    parts = [
        f'<svg {FRAME} viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{LEFT}" y="14" font-weight="bold">{escape(figure.title)}</text>',
        *_grid(x, y),
        *_legend(series),
        *(_line(subject, line, x, y) for subject, line in series.items()),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _series(runs: Mapping[int, Run], figure: Figure) -> Series:
    lines = {
        subject: [
            (size, value)
            for size, run in sorted(runs.items())
            if (value := run.median(figure.scenario, figure.name, subject))
        ]
        for subject in SUBJECTS
    }
    return {subject: line for subject, line in lines.items() if line}


def _grid(x: Axis, y: Axis) -> Iterator[str]:
    for value in x.ticks():
        place = x.place(value)
        yield f'<path d="M{place} {TOP}V{HEIGHT - BOTTOM}" stroke="#ddd"/>'
        label = f'<text x="{place}" y="{HEIGHT - BOTTOM + 14}" text-anchor="middle">'
        yield f"{label}{value:g}</text>"
    for value in y.ticks():
        place = y.place(value)
        yield f'<path d="M{LEFT} {place}H{WIDTH - RIGHT}" stroke="#ddd"/>'
        yield f'<text x="{LEFT - 6}" y="{place + 4}" text-anchor="end">{value:g}</text>'
    middle = (LEFT + WIDTH - RIGHT) // 2
    yield f'<text x="{middle}" y="{HEIGHT - 8}" text-anchor="middle">VllmProviders</text>'


def _legend(series: Series) -> Iterator[str]:
    for position, subject in enumerate(series):
        start = LEFT + 100 * position
        yield f'<rect x="{start}" y="20" width="10" height="10" fill="{COLOURS[subject]}"/>'
        yield f'<text x="{start + 14}" y="29">{TITLES[subject]}</text>'


def _line(subject: str, line: list[tuple[int, float]], x: Axis, y: Axis) -> str:
    places = [(x.place(size), y.place(value)) for size, value in line]
    colour = COLOURS[subject]
    points = " ".join(f"{across},{down}" for across, down in places)
    dots = "".join(f'<circle cx="{a}" cy="{d}" r="3" fill="{colour}"/>' for a, d in places)
    return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>{dots}'
