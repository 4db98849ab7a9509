"""Draws docs/rollout.svg: what is published while a rollout replaces m1 by m2, one pod at a time.

`python -m hack.rollout_picture`. The operator's own reconcile publishes it, once a minute, with
replicas and a cluster that are made up; a test compares the picture with the file.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from hashlib import sha256
from itertools import groupby
from pathlib import Path

from openclaw_vllm.api.endpoint_slice import EndpointSlice
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.edges.vllm.probe_request import ProbeRequest, ProbeResponse
from tests import builders
from tests.builders.slices import endpoint_slice
from tests.fakes.prober import FakeProber
from tests.harnesses.provider import ProviderHarness

FILE = Path(__file__).parents[1] / "docs" / "rollout.svg"
REPLICAS, MINUTES = 3, 24
ENDS = (2, 5, 8)  # the minute in which each old pod ends; its successor is ready a minute later
PUBLISHED = {
    "replicas: Each, publish: All": {"replicas": "Each", "publish": "All"},
    "replicas: Each, publish: Any": {"replicas": "Each", "publish": "Any"},
    "replicas: Service": {},
}
COLOURS = {"m1": "#5794f2", "m2": "#56a64b"}
LEFT, MINUTE, LANE, HALF, TOP = 190, 24, 34, 13, 46  # pixels
GREY = "#808080"

Served = Mapping[str, bool]  # by model: whether it is Missing


class Pods(FakeProber):
    """Replicas, each with one model; a Service answers as one of them, without a pattern."""

    def __init__(self) -> None:
        super().__init__()
        self.models: dict[str, str] = {}  # by address

    async def ask(self, question: ProbeRequest) -> ProbeResponse | Problem:
        if not question.url.endswith("/models"):
            return ProbeResponse(404)
        self.lists += 1
        (address,) = question.addresses
        drawn = sha256(str(self.lists).encode()).digest()[0] % len(self.models)
        model = self.models.get(address) or sorted(self.models.values())[drawn]
        return ProbeResponse(200, builders.answer({"id": model, "max_model_len": 32768}))


def model_of(replica: int, minute: int) -> str | None:
    """Return what a replica serves, None while its pod is replaced."""
    if minute == ENDS[replica]:
        return None
    return "m1" if minute < ENDS[replica] else "m2"


def published(discovery: dict[str, str]) -> list[Served]:
    """Return what is published in each minute."""
    url = "http://vllm.models.svc:8000"
    spec = builders.wire_spec(baseUrl=url, discovery=discovery)
    harness, pods = ProviderHarness(builders.resource(spec)), Pods()
    harness.context = replace(harness.context, prober=pods)
    key, result = harness.cluster.resource.key, list[Served]()
    for minute in range(MINUTES):
        serving = {n: model for n in range(REPLICAS) if (model := model_of(n, minute))}
        pods.models = {f"10.0.{model[1]}.{n}": model for n, model in serving.items()}
        wire = endpoint_slice(*pods.models, namespace="models")
        slices = harness.context.cache.slices
        slices.upsert(ObjectKey("models", "vllm-1"), EndpointSlice.read(wire))
        harness.probe(None)
        while harness.context.states.providers[key].server.schedule.is_confirmation:
            harness.probe(None)
        states = {model.id: model.state for model in harness.cluster.resource.status.models}
        result.append({id_: states[id_] == "Missing" for id_ in harness.published})
    return result


def bars(lane: int, served: list[Served]) -> Iterator[str]:
    """Draw a lane: each model in a half of its own, paler where it is missing."""
    for row, model in enumerate(COLOURS):
        minute = 0
        for is_missing, run in groupby(one.get(model) for one in served):
            width = len(list(run))
            if is_missing is not None:
                x, y = LEFT + minute * MINUTE, TOP + lane * LANE + row * HALF
                opacity = 0.4 if is_missing else 1
                yield (
                    f'<rect x="{x + 1}" y="{y}" width="{width * MINUTE - 2}" height="{HALF - 1}" '
                    f'rx="3" fill="{COLOURS[model]}" fill-opacity="{opacity}"/>'
                )
            minute += width


def text(x: int, y: int, words: str, fill: str = GREY) -> str:
    """Write in a grey that can be read on a light page and on a dark one."""
    return f'<text x="{x}" y="{y}" fill="{fill}">{words}</text>'


def picture() -> str:
    """Return the SVG."""
    lanes: dict[str, list[Served]] = {
        f"replica {n + 1} serves": [
            {model: False} if (model := model_of(n, minute)) else {} for minute in range(MINUTES)
        ]
        for n in range(REPLICAS)
    }
    lanes |= {name: published(discovery) for name, discovery in PUBLISHED.items()}
    width, height = LEFT + MINUTES * MINUTE + 10, TOP + len(lanes) * LANE + 8
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        'font-family="sans-serif" font-size="12">',
        text(8, 16, "minute, one answer in each"),
        *(text(LEFT + n * MINUTE, 16, str(n)) for n in range(0, MINUTES, 3)),
        text(8, 34, "m1", COLOURS["m1"]),
        text(34, 34, "m2", COLOURS["m2"]),
        text(60, 34, "paler: Missing"),
    ]
    for number, (name, served) in enumerate(lanes.items()):
        parts += [text(8, TOP + number * LANE + 17, name), *bars(number, served)]
    return "\n".join([*parts, "</svg>", ""])


if __name__ == "__main__":
    FILE.write_text(picture())
