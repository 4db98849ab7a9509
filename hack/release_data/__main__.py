"""Record what an earlier release publishes: `python -m hack.release_data --python ... --crds ...`.

The operator of that release, installed for another interpreter, works on an estate of fifty
VllmProviders and two VllmCatalogs on a real API server. Its objects, with their status, and the
ConfigMaps that it wrote go to a file, one object a line: what a test of upgrades starts from.

For the first release, which is commit f8de8eb: `git worktree add ../first f8de8eb`, `make install`
there, and `--python ../first/.venv/bin/python --crds ../first/crds`.
"""

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from hack.release_data import estate
from tests import cluster_dns
from tests.apiserver.servers import Servers, ServerThread
from tests.controlplane.plane import ControlPlane
from tests.eventually import eventually_sync
from tests.operator_process import OperatorProcess, grant
from tests.recorded_release import FOLDER, OWN_NAMESPACE, RELEASE, stand_in

Json = dict[str, Any]

KINDS = "vllmproviders,vllmcatalogs"
OWN_SELECTOR = "app.kubernetes.io/managed-by=openclaw-vllm-operator"
VOLATILE = ("managedFields", "resourceVersion", "creationTimestamp", "generation")
WITHIN = 120.0  # seconds
QUIET = 15.0  # seconds without a change, after which all has settled


@click.command()
@click.option("--python", required=True, type=click.Path(exists=True), help="That of the release.")
@click.option("--crds", required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--release", default=RELEASE, show_default=True)
def main(python: str, crds: Path, release: str) -> None:
    """Record what the release publishes for the estate."""
    folder = FOLDER / release
    folder.mkdir(exist_ok=True)
    shutil.copytree(crds, folder / "crds", dirs_exist_ok=True)
    with ExitStack() as stack:
        thread = stack.enter_context(ServerThread())
        servers = stack.enter_context(Servers(thread))
        started = {row["port"]: servers.take(stand_in(row)) for row in estate.SERVERS}
        plane = stack.enter_context(ControlPlane(crds=crds))
        home = Path(stack.enter_context(TemporaryDirectory()))
        program = (python, str(cluster_dns.__file__))
        operator = OperatorProcess(grant(plane), home, OWN_NAMESPACE, program=program)
        stack.callback(operator.kill)
        create(plane, estate.provided(), estate.providers())
        operator.start()
        create(plane, estate.catalogs())
        settle(plane)
        servers.stop(started[estate.DOWN])
        settle(plane)
        write(folder / "published.jsonl", record(plane))
    print(f"{folder} holds what {release} publishes")


def create(plane: ControlPlane, *groups: list[Json]) -> None:
    """Create the objects, each group after the one before."""
    for items in groups:
        text = json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
        plane.kubectl("create", "-f", "-", input=text)


def settle(plane: ControlPlane) -> None:
    """Wait until every object has a status, and nothing changed for a while."""
    changed_at, state = time.monotonic(), list[Json]()

    def is_quiet() -> bool:
        nonlocal changed_at, state
        now = [*read(plane, KINDS), *read(plane, "configmaps", "-l", OWN_SELECTOR)]
        if now != state:
            changed_at, state = time.monotonic(), now
        return time.monotonic() - changed_at > QUIET

    eventually_sync(is_quiet, within=WITHIN, describe="the estate has settled")


def read(plane: ControlPlane, *words: str) -> Iterator[Json]:
    yield from json.loads(plane.kubectl("get", *words, "-A", "-o", "json"))["items"]


def record(plane: ControlPlane) -> Iterator[Json]:
    """Yield the servers, then every object in the order in which it is to be created again."""
    for row in estate.SERVERS:
        yield {"kind": "Server", **row, "isDown": row["port"] == estate.DOWN}
    yield from estate.provided()
    for item in (*read(plane, KINDS), *read(plane, "configmaps", "-l", OWN_SELECTOR)):
        metadata = item["metadata"]
        if item["kind"] != "ConfigMap" and metadata["generation"] != 1:
            raise click.ClickException(f"{metadata['name']} was written to while it was recorded")
        kept = {name: value for name, value in metadata.items() if name not in VOLATILE}
        yield {**item, "metadata": kept}


def write(path: Path, items: Iterator[Json]) -> None:
    lines = (json.dumps(item, separators=(",", ":"), ensure_ascii=False) for item in items)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


if __name__ == "__main__":
    main()
