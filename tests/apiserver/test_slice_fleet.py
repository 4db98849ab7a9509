"""EndpointSlices of a big cluster, most of which nobody asks about, cost little."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest

from tests.apiserver.slices import Slices
from tests.apiserver.workspace import Workspace, soon
from tests.builders.slices import READY, endpoints
from tests.operator_process import OperatorProcess

pytestmark = [pytest.mark.alone, pytest.mark.timeout(600)]

SLICES, NAMED = 10_000, 100
MOST_MEMORY = 40 * 2**20  # bytes
INTERVAL = 5.0  # seconds
THREADS = 8


@pytest.fixture
def named(space: Workspace) -> Iterator[list[str]]:
    """Create Services that sleep, each with a VllmProvider; afterwards, delete all slices."""
    names = [f"vllm-{number}" for number in range(NAMED)]
    for name in names:
        space.create("services", {"metadata": {"name": name}, "spec": {"ports": [{"port": 8000}]}})
        Slices(space).apply(service=name)
        discovery = {"interval": f"{INTERVAL:.0f}s"}
        space.provider("", name, baseUrl=None, serviceRef={"name": name}, discovery=discovery)
    yield names
    path = f"/apis/discovery.k8s.io/v1/namespaces/{space.namespace}/endpointslices"
    space.plane.admin.request("DELETE", path)


def memory(process: OperatorProcess) -> int:
    """Return the resident memory in bytes."""
    lines = Path(f"/proc/{process.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))


def asleep(space: Workspace) -> int:
    conditions = (one["status"].get("conditions", []) for one in space.list("vllmproviders"))
    return sum(
        any(c["reason"] == "NoReadyEndpoints" for c in conditions_of_one)
        for conditions_of_one in conditions
    )


def test_ten_thousand_slices_cost_little_memory_and_nothing_at_rest(
    space: Workspace, operator: OperatorProcess, named: list[str]
) -> None:
    soon(lambda: asleep(space) == len(named), "every VllmProvider has a status")
    before = memory(operator)

    def create(number: int) -> None:
        ready = [
            endpoint
            for net in (1, 2)
            for address in [f"10.{net}.{number // 250}.{number % 250}"]
            for endpoint in endpoints(READY, address, pod=str(uuid4()))
        ]
        Slices(space).apply(service=f"other-{number}", others=ready)

    with ThreadPoolExecutor(THREADS) as pool:
        tuple(pool.map(create, range(SLICES - NAMED)))
    time.sleep(INTERVAL)
    cost = memory(operator) - before
    print(f"{cost / 2**20:.0f} MiB for {SLICES} slices")
    assert cost < MOST_MEMORY
    mark = space.plane.audit.mark()
    time.sleep(10 * INTERVAL)
    at_rest = [entry for entry in space.asked_since(mark) if entry.verb != "watch"]
    assert not at_rest
