# /// script
# requires-python = ">=3.11"
# dependencies = ["matplotlib>=3.10,<4"]
# ///
"""Draws docs/dashboard.png: the dashboard's panels, from what a real Prometheus answered in a test.

tests/observability/record.py writes the answers and says how. It is a picture of the panels and
their queries, not of Grafana.
"""

import json
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.ticker import EngFormatter, PercentFormatter

DASHBOARD = (
    Path(__file__).parents[1] / "charts/openclaw-vllm-operator/files/monitoring/dashboard.json"
)
COLUMNS = 24  # of Grafana's grid
INCHES = 0.62  # a column
FEW = 4  # lines; where there are more, those that are 0 all the time are left out
BACKGROUND, PANEL, TEXT, QUIET = "#111217", "#181b1f", "#ccccdc", "#8e8e9c"
COLOURS = ["#73bf69", "#f2cc0c", "#5794f2", "#ff9830", "#f2495c", "#b877d9", "#8ab8ff", "#ffa6b0"]
UNITS = {
    "s": EngFormatter("s", sep=" "),
    "bytes": EngFormatter("B", sep=" "),
    "percentunit": PercentFormatter(1.0, decimals=1),
    "short": EngFormatter(sep=""),
}

Json = dict[str, Any]


def main(data: Path, png: Path) -> None:
    """Draw every panel at its place in the grid."""
    plt.rcParams.update({"font.size": 8, "text.color": TEXT, "axes.prop_cycle": _cycle()})
    panels = json.loads(DASHBOARD.read_text())["panels"]
    answers = json.loads(data.read_text())
    rows = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in panels)
    figure = plt.figure(figsize=(COLUMNS * INCHES, rows * INCHES * 0.62), facecolor=BACKGROUND)
    for panel in panels:
        place = panel["gridPos"]
        box = (
            place["x"] / COLUMNS + 0.004,
            1 - (place["y"] + place["h"]) / rows + 0.004,
            place["w"] / COLUMNS - 0.008,
            place["h"] / rows - 0.008,
        )
        if panel["type"] == "row":
            figure.text(box[0], box[1], panel["title"], weight="bold", size=10)
            continue
        frame = figure.add_axes(box, facecolor=PANEL, xticks=[], yticks=[])
        frame.set_title(f" {panel['title']}", loc="left", y=1.0, pad=-11, size=9, color=TEXT)
        mine = [answer for answer in answers if answer["panel"] == panel["title"]]
        _draw(frame, panel, mine)
    figure.savefig(png, dpi=80, facecolor=BACKGROUND)


def _draw(frame: Axes, panel: Json, answers: list[Json]) -> None:
    unit = UNITS.get(panel["fieldConfig"]["defaults"]["unit"], UNITS["short"])
    if panel["type"] == "stat":
        value = float(answers[0]["series"]["values"][-1][1])
        named = panel["options"].get("textMode") == "name"
        text = _name(answers[0]) if named else _with(unit, value)
        options = {"ha": "center", "va": "center", "size": 20, "color": COLOURS[0]}
        frame.text(0.5, 0.42, text, transform=frame.transAxes, **options)
        return
    inner = frame.inset_axes((0.08, 0.2, 0.9, 0.64), facecolor=PANEL)
    for answer in answers:
        times, texts = zip(*answer["series"]["values"], strict=True)
        values = [float(text) for text in texts]
        if any(values) or len(answers) <= FEW:
            moments = [datetime.fromtimestamp(time, UTC) for time in times]
            inner.plot(moments, values, label=_name(answer), lw=1.2)
    inner.set_ylim(bottom=0)
    inner.yaxis.set_major_formatter(unit)
    inner.tick_params(colors=QUIET, labelsize=7, length=2)
    inner.xaxis.set_major_formatter(plt.matplotlib.dates.DateFormatter("%H:%M:%S"))
    inner.xaxis.set_major_locator(plt.MaxNLocator(5))
    inner.grid(color="#2c3235", lw=0.5)
    for spine in inner.spines.values():
        spine.set_visible(False)
    place = {
        "loc": "upper center",
        "bbox_to_anchor": (0.5, -0.1),
        "ncols": panel["gridPos"]["w"] // 3,
    }
    inner.legend(**place, frameon=False, labelcolor=TEXT, fontsize=6.5, handlelength=1)


def _with(unit: EngFormatter | PercentFormatter, value: float) -> str:
    return (
        f"{value:.2%}"
        if isinstance(unit, PercentFormatter)
        else unit.format_data(float(f"{value:.3g}"))
    )


def _name(answer: Json) -> str:
    labels = answer["series"]["metric"]
    return re.sub(r"{{(\w+)}}", lambda found: labels.get(found[1], ""), answer["legend"])


def _cycle() -> Any:
    return plt.cycler(color=COLOURS)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
