"""Replicas of the Services that a catalog asks by itself: each asked, left asleep, or asked only
when others are ready."""

import time
from dataclasses import dataclass

import pytest

from tests.apiserver.catalogs.estate import Estate
from tests.apiserver.catalogs.published import GOOD, VllmCatalog
from tests.apiserver.slices import Slices
from tests.apiserver.workspace import Json, Workspace, soon
from tests.operator_process import OperatorProcess
from tests.vllm_server import Model, VllmServer

pytestmark = pytest.mark.timeout(300)

PODS = ("10.0.0.1", "10.0.0.2")
TWO_INTERVALS = 10.0  # seconds


@dataclass(frozen=True)
class Replicated:
    """A Service of two pods, of which one serves an adapter more in a smaller context."""

    team: Workspace
    pods: tuple[VllmServer, VllmServer]

    @property
    def id(self) -> str:
        return f"vllm-{self.team.namespace}-qwen"

    def scale(self, *ready: str) -> None:
        Slices(self.team).apply(*ready, service="qwen", ports=[("http", self.pods[0].port)])

    def row(self, catalog: VllmCatalog) -> Json:
        """Return what the catalog's status says of it."""
        rows: list[Json] = catalog.status.get("providers", [])
        return next((row for row in rows if row["id"] == self.id), {})


@pytest.fixture
def qwen(estate: Estate) -> Replicated:
    estate.agents()
    team, first = estate.team(), estate.serve("m")
    second = estate.servers.take(VllmServer(host="127.0.0.2", port=first.port))
    second.models = (Model("m", 16384), Model("lora", 16384, parent="m"))
    estate.service(team, first)
    qwen = Replicated(team, (first, second))
    qwen.scale(*PODS)
    return qwen


@pytest.mark.parametrize(("publish", "ids"), [("All", ["m"]), ("Any", ["lora", "m"])])
def test_each_replica_is_asked_and_a_restart_changes_nothing(
    publish: str, ids: list[str], estate: Estate, qwen: Replicated, operator: OperatorProcess
) -> None:
    catalog = estate.catalog(estate.services(replicas="Each", publish=publish))
    catalog.publishes({qwen.id: ids})
    assert {model["contextWindow"] for model in catalog.providers[qwen.id]["models"]} == {16384}
    differing = {"ready": 2, "asked": 2, "differing": 1}
    soon(lambda: qwen.row(catalog).get("replicas") == differing, "the status counts them")
    catalog.agrees()
    before, count = catalog.read(), max(pod.count("/v1/models") for pod in qwen.pods)
    operator.kill()
    operator.start()
    soon(lambda: all(pod.count("/v1/models") > count + 1 for pod in qwen.pods), "each is asked")
    assert catalog.read() == before
    qwen.pods[1].models = qwen.pods[0].models
    agreed = {"ready": 2, "asked": 2, "differing": 0}
    soon(lambda: qwen.row(catalog).get("replicas") == agreed, "they agree")


def test_what_is_asked_on_changes_is_asked_by_no_interval_and_no_restart(
    estate: Estate, qwen: Replicated, operator: OperatorProcess
) -> None:
    server = qwen.pods[0]
    qwen.scale(PODS[0])
    catalog = estate.catalog(estate.services(mode="OnChange"))
    catalog.publishes({qwen.id: ["m"]})
    catalog.agrees()
    before, requests = catalog.read(), len(server.seen)
    time.sleep(TWO_INTERVALS)
    operator.kill()
    operator.start()
    time.sleep(TWO_INTERVALS)
    assert len(server.seen) == requests
    assert catalog.read() == before
    qwen.scale(*PODS)
    soon(lambda: len(server.seen) > requests, "other replicas are asked")
    requests = len(server.seen)
    catalog.refresh()
    soon(lambda: len(server.seen) > requests, "a user requests it")


@pytest.mark.alone
def test_a_service_that_sleeps_is_left_alone_and_counts_as_fresh(
    estate: Estate, qwen: Replicated, operator: OperatorProcess
) -> None:
    server = qwen.pods[0]
    qwen.scale()
    catalog = estate.catalog(estate.services())
    soon(lambda: qwen.row(catalog).get("reason") == "NoReadyEndpoints", "it sleeps")
    catalog.becomes(SourcesReachable="False SourcesFailing")
    assert not server.seen
    qwen.scale(PODS[0])
    catalog.publishes({qwen.id: ["m"]})
    catalog.agrees()  # the status that follows is not that of before
    qwen.scale()
    soon(lambda: qwen.row(catalog).get("reason") == "NoReadyEndpoints", "it sleeps again")
    catalog.becomes(Ready=GOOD, SourcesReachable=GOOD)
    requests, before = len(server.seen), (catalog.read(), catalog.config_maps())
    time.sleep(TWO_INTERVALS)
    operator.kill()
    operator.start()
    time.sleep(TWO_INTERVALS)
    assert len(server.seen) == requests
    assert (catalog.read(), catalog.config_maps()) == before
    start = time.monotonic()
    qwen.scale(PODS[0])
    soon(lambda: len(server.seen) > requests, "it is asked")
    assert time.monotonic() - start < 1
