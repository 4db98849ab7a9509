"""The operator as a process, with the service account's rights and no others."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from hack.demo.cluster import Cluster
from hack.demo.process import DemoError, Process, started
from tests.controlplane.component import free_port
from tests.eventually import eventually_sync

PROGRAM = Path(sys.executable).parent / "openclaw-vllm"
READY_WITHIN = 60.0  # seconds


@contextmanager
def operator(
    cluster: Cluster, folder: Path, *options: str, program: tuple[str, ...] = (str(PROGRAM),)
) -> Iterator[Process]:
    """Run it until the block ends; it is ready when its caches are filled."""
    health = f"127.0.0.1:{free_port()}"
    addresses = ("--metrics-bind-address=0", f"--health-probe-bind-address={health}")
    command = [*program, "run", "--allow-loopback", "--log-format=text", *addresses]
    environment = {"KUBECONFIG": str(cluster.operator_kubeconfig())}
    with started("operator", [*command, *cluster.scope, *options], folder, environment) as process:
        _wait_for(process, f"http://{health}/readyz")
        try:
            yield process
        except DemoError as error:
            raise DemoError(f"{error}\n{process.tail()}") from error


def _wait_for(process: Process, url: str) -> None:
    def ready() -> bool:
        process.check()
        try:
            return httpx.get(url, trust_env=False).is_success
        except httpx.TransportError:
            return False

    try:
        eventually_sync(ready, within=READY_WITHIN)
    except AssertionError as error:
        raise DemoError(f"The operator does not become ready.\n{process.tail()}") from error
