"""How fast the operator is: `python -m hack.latency [--repair]`, on a real API server.

An idle operator, under the chart's rights, gets one VllmProvider after the other; each is waited
for until it is Ready. The clock runs from the moment the request is sent until a watch shows the
ConfigMap with its models, both over connections that stand already. With --repair it runs from the
moment a published ConfigMap is edited or deleted until the watch shows it as it was.
"""

import json
import os
import platform
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from http.client import HTTPException, HTTPSConnection
from math import ceil
from pathlib import Path
from queue import Empty, SimpleQueue
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import click

from hack.bench.objects import CONFIG_MAPS, KIND, PROVIDERS
from hack.demo.server import stand_in
from tests.conftest import CRDS
from tests.controlplane.plane import ControlPlane
from tests.eventually import eventually_sync
from tests.operator_process import OperatorProcess, grant

MERGE = "application/merge-patch+json"
SEEN_WITHIN = 30.0  # seconds

Sightings = SimpleQueue[tuple[float, str, str]]  # when, which ConfigMap, its models.json


class Client:
    """One connection to the API server that stays open."""

    def __init__(self, plane: ControlPlane) -> None:
        context = ssl.create_default_context(cadata=plane.admin.authority)
        self._headers = {"Authorization": f"Bearer {plane.admin.token}"}
        self._connection = HTTPSConnection(urlsplit(plane.server).netloc, context=context)

    def send(self, method: str, path: str, body: object = None) -> Any:
        kind = MERGE if method == "PATCH" else "application/json"
        payload = None if body is None else json.dumps(body)
        self._connection.request(method, path, payload, {**self._headers, "Content-Type": kind})
        response = self._connection.getresponse()
        text = response.read()
        if response.status >= 300:
            raise click.ClickException(text.decode())
        return json.loads(text)

    def reconnect(self) -> None:
        """Open the connection anew, since the API server ends one that was idle for 90 s."""
        self._connection.close()
        self._connection.connect()

    def follow(self, collection: str) -> Iterator[tuple[float, Any]]:
        """Give every new version of every object, with its time, until the server ends."""
        with suppress(OSError, HTTPException):
            self._connection.request("GET", f"{collection}?watch=true", headers=self._headers)
            for line in self._connection.getresponse():
                now, event = time.perf_counter(), json.loads(line)
                if event["type"] != "DELETED":
                    yield now, event["object"]


def follow_config_maps(client: Client, requests: Sightings) -> None:
    for now, item in client.follow(CONFIG_MAPS):
        requests.put((now, item["metadata"]["name"], models_of(item)))


def models_of(config_map: Any) -> str:
    return str(config_map.get("data", {}).get("models.json", ""))


class Bench:
    """Acts on VllmProviders and measures until the watch shows what is wanted, in milliseconds."""

    def __init__(self, plane: ControlPlane, url: str) -> None:
        self._client, self._url = Client(plane), url
        self._sightings: Sightings = SimpleQueue()
        watching = (Client(plane), self._sightings)
        Thread(target=follow_config_maps, args=watching, daemon=True).start()

    def reconnect(self) -> None:
        """Make it ready to measure after a pause."""
        self._client.reconnect()

    def create(self, name: str) -> float:
        spec = {"baseUrl": self._url, "discovery": {"interval": "1h"}}
        provider = {**KIND, "metadata": {"name": name}, "spec": spec}
        act = partial(self._client.send, "POST", PROVIDERS, provider)
        taken = self._measure(name, act, lambda models: '"id"' in models)
        eventually_sync(lambda: self._is_ready(name), within=SEEN_WITHIN)
        return taken

    def edit(self, name: str) -> float:
        damage = {"data": {"models.json": "{}"}}
        return self._repair(name, partial(self._client.send, "PATCH", self._path(name), damage))

    def delete(self, name: str) -> float:
        return self._repair(name, partial(self._client.send, "DELETE", self._path(name)))

    def _repair(self, name: str, act: Callable[[], object]) -> float:
        whole = models_of(self._client.send("GET", self._path(name)))
        return self._measure(name, act, lambda models: models == whole)

    def _measure(self, name: str, act: Callable[[], object], done: Callable[[str], bool]) -> float:
        start = time.perf_counter()
        act()
        while True:
            try:
                at, result, models = self._sightings.get(timeout=SEEN_WITHIN)
            except Empty:
                raise click.ClickException(f"{name}: nothing for {SEEN_WITHIN:.0f} s") from None
            if at > start and result == f"{name}-openclaw" and done(models):
                return (at - start) * 1000

    def _is_ready(self, name: str) -> bool:
        conditions = self._client.send("GET", f"{PROVIDERS}/{name}")["status"].get("conditions", [])
        return any((c["type"], c["status"]) == ("Ready", "True") for c in conditions)

    @staticmethod
    def _path(name: str) -> str:
        return f"{CONFIG_MAPS}/{name}-openclaw"


@contextmanager
def stage() -> Iterator[Bench]:
    """Start an API server, a vLLM and the operator."""
    with TemporaryDirectory() as folder, ControlPlane(crds=CRDS, controller_manager=False) as plane:
        operator = OperatorProcess(grant(plane), Path(folder))
        try:
            operator.start()
            with stand_in(Path(folder)) as server:
                yield Bench(plane, server.base_url)
        finally:
            operator.kill()


def show(what: str, taken: list[float]) -> None:
    ordered = sorted(taken)
    p50, p99 = (ordered[ceil(share * len(ordered)) - 1] for share in (0.5, 0.99))
    print(f"{what:<22} p50 {p50:5.0f} ms   p99 {p99:5.0f} ms   max {ordered[-1]:5.0f} ms")


@click.command()
@click.option("--count", default=50, show_default=True, type=click.IntRange(1))
@click.option("--repair", is_flag=True, help="Measure edits and deletions of the ConfigMap.")
def main(count: int, *, repair: bool) -> None:
    """Print p50, p99 and maximum, with the method."""
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    print(f"Python {platform.python_version()}, {os.cpu_count()} CPUs, load {load}; n = {count}")
    print(str(__doc__).partition("\n\n")[2].strip())
    names = [f"p{number}" for number in range(count)]
    with stage() as bench:
        bench.create("warm-up")
        created = [bench.create(name) for name in names]
        if not repair:
            show("created -> published", created)
            return
        show("edited -> repaired", [bench.edit(name) for name in names])
        show("deleted -> repaired", [bench.delete(name) for name in names])


if __name__ == "__main__":
    main()
