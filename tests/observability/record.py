"""Keeps what Prometheus knows after some minutes, for docs/draw_dashboard.py to draw.

DASHBOARD_DATA=/tmp/dashboard.json .venv/bin/python -m pytest tests/observability/test_scrape.py
uv run docs/draw_dashboard.py /tmp/dashboard.json docs/dashboard.png
"""

import json
from functools import partial
from pathlib import Path

from tests.eventually import eventually_sync
from tests.observability.dashboard import queries
from tests.observability.scene import Scene
from tests.vllm_server import Answer, Model

FILE = "DASHBOARD_DATA"  # the environment variable that names the file
SECONDS = 240.0
STEP = 5.0


def record(scene: Scene, file: Path) -> None:
    """Let a model come and a server fail, wait, and write the history of each query."""
    _wait(scene, SECONDS / 4)
    scene.server.models = (*scene.server.models, Model("org/new", 40960))
    _wait(scene, SECONDS / 2)
    scene.server.fault = Answer(503)
    _wait(scene, SECONDS * 3 / 4)
    scene.server.fault = None
    _wait(scene, SECONDS)
    drawn = [
        {"panel": query.panel, "legend": query.legend, "series": series}
        for query in queries()
        for series in scene.prometheus.history(query.expression, SECONDS, STEP)
    ]
    file.write_text(json.dumps(drawn))


def _wait(scene: Scene, seconds: float) -> None:
    """Wait until there is a history of so many seconds."""
    expression = f"vllmprovider_models offset {seconds:.0f}s"
    eventually_sync(partial(scene.prometheus.query, expression), within=2 * seconds)
