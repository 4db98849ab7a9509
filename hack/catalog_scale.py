"""What a large VllmCatalog costs: `python -m hack.catalog_scale`, on a real API server.

VllmProviders and Services, half of each, are shared with a catalogue whose targets come last. The
clock of a change runs from the request that has one source asked again until every namespace holds
the new configuration, as the catalogue's status says; writes are those of the audit log.
"""

import os
import platform
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import click

from hack.demo.server import Server, stand_in
from hack.latency import KIND, Client
from tests import cluster_dns
from tests.conftest import CRDS
from tests.controlplane.plane import ControlPlane
from tests.eventually import eventually_sync
from tests.operator_process import NAMESPACE, USER, OperatorProcess, grant

ROOT = "/apis/openclaw-vllm.dev/v1alpha1"
CATALOGS = f"{ROOT}/vllmcatalogs"
TEAMS = 20
SHARED = {"openclaw-vllm.dev/share": "true"}
EVERYTHING = {"matchLabels": SHARED}
WITHIN = 600.0  # seconds
QUIET = 30.0  # seconds without a change that are watched


@dataclass(frozen=True)
class Size:
    """How many sources, models of each, and namespaces of agents."""

    sources: int
    models: int
    targets: int


@dataclass(frozen=True)
class Stage:
    """An API server, the operator, and the one server whose list changes."""

    plane: ControlPlane
    client: Client
    operator: OperatorProcess
    changing: Server

    def measure(self, what: str, act: Callable[[], object], models: int, targets: int) -> None:
        """Act, wait until so much is published, and print what it took."""
        mark, began = self.plane.audit.mark(), time.perf_counter()
        act()
        for now, seen in Client(self.plane).follow(CATALOGS):
            if published(seen.get("status", {})) == (models, targets):
                self._show(what, max(0.0, now - began), mark)
                return
        raise click.ClickException(f"{what}: the watch has ended")

    def rest(self) -> None:
        """Watch for a while what a fleet without changes asks of the API server."""
        mark = self.plane.audit.mark()
        time.sleep(QUIET)
        self._show("nothing changes", QUIET, mark)

    def _show(self, what: str, taken: float, mark: int) -> None:
        asked = self.plane.audit.since(mark).by(USER)
        maps = len(asked.writes().of("configmaps"))
        status = len(asked.writes().of("vllmcatalogs"))
        memory = resident(self.operator.process.pid)
        print(
            f"{what:<28} {taken:6.1f} s   ConfigMap writes {maps:4}   status writes {status:2}"
            f"   requests {len(asked):4}   operator {memory:4} MiB",
            flush=True,
        )


def published(status: dict[str, Any]) -> tuple[int, int]:
    """Return how many models are published, to how many namespaces."""
    return status.get("modelCount", 0), status.get("targets", {}).get("published", 0)


def resident(pid: int) -> int:
    """Return how much memory a process has, in MiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmRSS"))


@contextmanager
def stage(size: Size) -> Iterator[Stage]:
    """Start all, with the sources shared and listed by a catalogue that has no target yet."""
    with TemporaryDirectory() as name, ControlPlane(crds=CRDS, controller_manager=False) as plane:
        folder, client = Path(name), Client(plane)
        program = (sys.executable, str(cluster_dns.__file__))
        option = f"--leader-election-namespace={NAMESPACE}"
        operator = OperatorProcess(grant(plane), folder, option, program=program)
        models = [f"org/model-{number}:32768" for number in range(size.models)]
        try:
            operator.start()
            with (
                stand_in(folder, *models) as server,
                stand_in(folder, *models[1:], name="one") as one,
            ):
                _share(client, size, server, one)
                _await_providers(client, size)
                client.send("POST", CATALOGS, catalog())
                yield Stage(plane, client, operator, one)
        finally:
            operator.kill()


def _share(client: Client, size: Size, server: Server, one: Server) -> None:
    for number in range(TEAMS):
        _namespace(client, f"team-{number}", SHARED)
    for number in range(size.targets):
        _namespace(client, f"agents-{number}", {})
    for number in range(size.sources):
        namespace = f"team-{number % TEAMS}"
        metadata = {"name": f"s{number}", "labels": SHARED}
        if number % 2 == 0:
            url = one.base_url if number == 0 else server.base_url
            spec: dict[str, Any] = {"baseUrl": url, "discovery": {"interval": "1h"}}
            path = f"{ROOT}/namespaces/{namespace}/vllmproviders"
            client.send("POST", path, {**KIND, "metadata": metadata, "spec": spec})
        else:
            spec = {"ports": [{"name": "http", "port": server.port}]}
            path = f"/api/v1/namespaces/{namespace}/services"
            client.send("POST", path, {"metadata": metadata, "spec": spec})


def _await_providers(client: Client, size: Size) -> None:
    def listed() -> int:
        items = client.send("GET", f"{ROOT}/vllmproviders")["items"]
        return sum(item["status"].get("modelCount", 0) for item in items)

    wanted = (size.sources + 1) // 2 * size.models - 1
    eventually_sync(lambda: listed() == wanted, within=WITHIN, describe="all are listed")


def _namespace(client: Client, name: str, labels: dict[str, str]) -> None:
    client.send("POST", "/api/v1/namespaces", {"metadata": {"name": name, "labels": labels}})


def catalog() -> dict[str, Any]:
    where = {"namespaceSelector": EVERYTHING, "selector": EVERYTHING}
    services = {**where, "port": "http", "interval": "1h"}
    spec = {
        "sources": [{"providers": where}, {"services": services}],
        "target": {"namespaceSelector": {"matchLabels": {"agents": "true"}}},
        "maxModels": 2000,
    }
    return {**KIND, "kind": "VllmCatalog", "metadata": {"name": "fleet"}, "spec": spec}


def publish(on: Stage, size: Size) -> None:
    for number in range(size.targets):
        path = f"/api/v1/namespaces/agents-{number}"
        on.client.send("PATCH", path, {"metadata": {"labels": {"agents": "true"}}})


def ask_again(on: Stage, model: str) -> None:
    on.changing.load(model, 32768)
    path = f"{ROOT}/namespaces/team-0/vllmproviders/s0"
    note = {"openclaw-vllm.dev/requested-at": uuid4().hex}
    on.client.send("PATCH", path, {"metadata": {"annotations": note}})


@click.command()
@click.option("--sources", default=200, show_default=True, type=click.IntRange(2))
@click.option("--models", default=10, show_default=True, type=click.IntRange(2), help="Of each.")
@click.option("--targets", default=500, show_default=True, type=click.IntRange(1))
def main(**sizes: int) -> None:
    """Print what each change takes, with the method."""
    size = Size(**sizes)
    total = size.sources * size.models - 1  # one comes later
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    print(f"Python {platform.python_version()}, {os.cpu_count()} CPUs, load {load}; {size}")
    print(str(__doc__).partition("\n\n")[2].strip())
    with stage(size) as on:
        on.measure("sources are listed", lambda: None, total, 0)
        on.measure("first publication", lambda: publish(on, size), total, size.targets)
        on.measure("one source changes", lambda: ask_again(on, "org/new"), total + 1, size.targets)
        late = partial(_namespace, on.client, "agents-late", {"agents": "true"})
        on.measure("a namespace is created", late, total + 1, size.targets + 1)
        on.rest()


if __name__ == "__main__":
    main()
