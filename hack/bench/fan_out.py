"""A catalog of almost one MiB and many namespaces: its first publication, one change, and rest."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from uuid import uuid4

from hack.bench.fleet import NotInTime
from hack.bench.floor_process import FloorProcess
from hack.bench.meter import Meter
from hack.bench.objects import KIND, Json, copy_namespace
from hack.bench.operators import Operator
from hack.bench.processes import peak_mib
from hack.bench.scenarios import Figures, each, memory
from hack.bench.stage import Stage
from hack.latency import Client
from tests.controlplane.plane import ControlPlane
from tests.eventually import eventually_sync

SOURCES, MODELS = 20, 54  # VllmProviders, and models of each: 1 021 000 bytes in all
ROOT = "/apis/openclaw-vllm.dev/v1alpha1"
CATALOGS = f"{ROOT}/vllmcatalogs"
TEAM = "team"
PROVIDERS = f"{ROOT}/namespaces/{TEAM}/vllmproviders"
SHARED = {"openclaw-vllm.dev/share": "true"}
AGENTS = {"agents": "true"}
WITHIN = 600.0  # seconds
EVERY = 0.05  # seconds between two looks
REST = 10.0  # seconds without a change


def run(operator: Operator, namespaces: int) -> Iterator[tuple[str, Figures]]:
    """Yield what a build takes to publish to so many namespaces."""
    client, total = Client(operator.plane), SOURCES * MODELS
    meter = Meter(operator.plane, operator)
    _share(client, operator)
    for number in range(namespaces):
        create_namespace(client, f"agents-{number}", AGENTS)

    def measure(act: Callable[[], object], models: int, targets: int) -> Figures:
        spent = meter.measure(lambda: _until_published(client, act, (models, targets)))
        return {**each(spent, namespaces), **memory(operator)}

    def publish() -> None:
        client.send("POST", CATALOGS, catalog())

    def change() -> None:
        operator.servers.change_below(1)
        again = {"metadata": {"annotations": {"openclaw-vllm.dev/requested-at": uuid4().hex}}}
        client.send("PATCH", f"{PROVIDERS}/s0", again)

    yield "first", measure(publish, total, namespaces)
    yield "one change", measure(change, total + 1, namespaces)
    late = partial(create_namespace, client, "agents-late", AGENTS)
    yield "one namespace more", measure(late, total + 1, namespaces + 1)
    spent = meter.measure(lambda: time.sleep(REST))
    yield "rest", {"all_writes": spent.writes, "peak_mib": peak_mib(operator.pid)}


def run_floor(
    stage: Stage, floor: FloorProcess, namespaces: int, manifest: Json
) -> Iterator[tuple[str, Figures]]:
    """Yield what bare POSTs and PUTs of the bytes that a build has published take."""
    client, meter = Client(stage.plane), Meter(stage.plane, floor)
    for number in range(namespaces):
        create_namespace(client, copy_namespace(number), {})
    for what, name in (("post", "first"), ("put", "one change")):
        act = partial(floor.act, what=what, count=namespaces, manifest=manifest)
        yield name, each(meter.measure(act), namespaces)


def copy_of(plane: ControlPlane) -> Json:
    """Return data and kind of what is published in the first namespace."""
    published = Client(plane).send("GET", "/api/v1/namespaces/agents-0/configmaps/fleet-openclaw")
    return {name: published[name] for name in ("apiVersion", "kind", "data")}


def create_namespace(client: Client, name: str, labels: Json) -> None:
    client.send("POST", "/api/v1/namespaces", {"metadata": {"name": name, "labels": labels}})


def catalog() -> Json:
    where = {"matchLabels": SHARED}
    spec = {
        "sources": [{"providers": {"namespaceSelector": where, "selector": where}}],
        "target": {"namespaceSelector": {"matchLabels": AGENTS}},
        "maxModels": 2000,
    }
    return {**KIND, "kind": "VllmCatalog", "metadata": {"name": "fleet"}, "spec": spec}


def _share(client: Client, operator: Operator) -> None:
    """Create the sources and wait until all of them are published."""
    create_namespace(client, TEAM, SHARED)
    for number in range(SOURCES):
        spec = {"baseUrl": operator.servers.base_url(number), "discovery": {"interval": "1h"}}
        metadata = {"name": f"s{number}", "labels": SHARED}
        client.send("POST", PROVIDERS, {**KIND, "metadata": metadata, "spec": spec})

    def listed() -> bool:
        items = client.send("GET", PROVIDERS)["items"]
        return all(item["status"].get("modelCount") == MODELS for item in items)

    eventually_sync(listed, within=WITHIN, describe="every source is published")


def _until_published(client: Client, act: Callable[[], object], expected: tuple[int, int]) -> None:
    """Act, and wait until the status says so many models in so many namespaces."""
    act()
    deadline = time.monotonic() + WITHIN
    status: Json = {}
    while (status.get("modelCount"), status.get("targets", {}).get("published")) != expected:
        if time.monotonic() > deadline:
            raise NotInTime(f"{expected} are expected, and the status is {status}")
        time.sleep(EVERY)
        status = client.send("GET", f"{CATALOGS}/fleet").get("status", {})
