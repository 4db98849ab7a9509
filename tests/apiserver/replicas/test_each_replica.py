"""Replicas that differ: each asked at its own address, or the Service, which any may answer."""

from collections import Counter
from hashlib import sha256

import pytest

from tests.apiserver.servers import Servers
from tests.apiserver.slices import Slices, behind_service
from tests.apiserver.workspace import Provider, Workspace, soon
from tests.controlplane.audit import AuditEntry
from tests.operator_process import OperatorProcess
from tests.vllm_server import Hang, Model, VllmServer

pytestmark = pytest.mark.timeout(300)

PODS = ("10.0.0.1", "10.0.0.2", "10.0.0.3")
SMALL = (Model("m", 4096), Model("lora", 4096, parent="m"))
LARGE = (Model("m", 8192),)


@pytest.fixture
def pods(servers: Servers) -> tuple[VllmServer, ...]:
    """Return three servers at one port, each at the address that stands for a pod's."""
    first = servers.start()
    hosts = ("127.0.0.2", "127.0.0.3")
    others = (servers.take(VllmServer(host=host, port=first.port)) for host in hosts)
    return (first, *others)


def each_of(
    space: Workspace, slices: Slices, pods: tuple[VllmServer, ...], **discovery: object
) -> Provider:
    """Create a Service of these pods, and a VllmProvider that asks each of them."""
    slices.apply(*PODS[: len(pods)], ports=[("http", pods[0].port)])
    return behind_service(space, pods[0], replicas="Each", **discovery)


def states(provider: Provider) -> dict[str, str]:
    return {model["id"]: model["state"] for model in provider.status["models"]}


@pytest.mark.parametrize(
    ("publish", "ids"), [("All", ["m"]), ("Any", ["lora", "m"])], ids=["all", "any"]
)
def test_each_replica_is_asked_and_what_differs_is_told(
    publish: str,
    ids: list[str],
    space: Workspace,
    slices: Slices,
    pods: tuple[VllmServer, ...],
) -> None:
    pods[0].models, pods[1].models = SMALL, LARGE
    provider = each_of(space, slices, pods[:2], publish=publish)
    provider.is_ready()
    assert provider.models == ids
    assert {model["contextWindow"] for model in provider.document["models"]} == {4096}
    assert provider.status["endpoint"]["replicas"] == {"ready": 2, "asked": 2, "differing": 1}
    assert states(provider) == {"m": "Served", "lora": "Partial"}
    for pod in pods[:2]:
        named = pod.seen[0].headers["host"]
        assert named == f"vllm.{space.namespace}.svc.cluster.local:{pods[0].port}"
    for pod in pods[:2] * 3:
        provider.probe(pod)
    assert provider.models == ids


def test_a_replica_that_hangs_hides_no_other_and_counts_for_a_while(
    space: Workspace,
    slices: Slices,
    pods: tuple[VllmServer, ...],
    operator: OperatorProcess,
) -> None:
    pods[0].models, pods[1].models = LARGE, SMALL
    provider = each_of(space, slices, pods[:2], interval="5s", timeout="500ms")
    wait_for_replicas(provider, 2, operator)
    mark, count = space.plane.audit.mark(), pods[1].count("/v1/models")
    pods[0].fault = Hang()
    soon(lambda: pods[1].count("/v1/models") > count + 1, "two intervals have passed")
    assert provider.models == ["m"]
    assert not space.asked_since(mark).writes()
    provider.publishes("lora", "m")
    assert provider.conditions["Ready"] == "True Succeeded"


ANSWERS = 100


def is_small(number: int) -> bool:
    """Draw one of two replicas, in an order without a pattern."""
    return bool(sha256(str(number).encode()).digest()[0] % 2)


def are_both_asked(pods: tuple[VllmServer, ...]) -> None:
    """Wait for the question to the other one, too."""
    soon(lambda: len({pod.count("/v1/models") for pod in pods[:2]}) == 1, "both are asked")


def wait_for_replicas(provider: Provider, ready: int, operator: OperatorProcess) -> None:
    """Wait until it is ready and names this many replicas: slices may be seen after the Service."""
    provider.is_ready()
    soon(lambda: provider.status["endpoint"].get("replicas", {}).get("ready") == ready, "slices")
    operator.wait_until_idle()


def probe(provider: Provider, server: VllmServer, operator: OperatorProcess) -> None:
    """Have the server asked once more and wait until what follows is written: a request that comes
    before would interrupt the write, and have it sent twice."""
    provider.probe(server)
    operator.wait_until_idle()


def repeated_writes(space: Workspace, mark: int) -> list[AuditEntry]:
    """Return the writes since the mark, by the API server's own log, to objects that have more than
    one. Events are one for each status at most, that of before the mark included."""
    writes = space.asked_since(mark).writes()
    allowed = {"configmaps": 1, "vllmproviders": 1, "events": 2}
    counts = Counter(entry.resource for entry in writes)
    return [entry for entry in writes if counts[entry.resource] > allowed.get(entry.resource, 0)]


def test_replicas_that_differ_each_asked_are_written_once_at_most(
    space: Workspace,
    slices: Slices,
    pods: tuple[VllmServer, ...],
    operator: OperatorProcess,
) -> None:
    """Which of two answers first, and which serves more, is another one each time."""
    pods[0].models, pods[1].models = SMALL, LARGE
    provider = each_of(space, slices, pods[:2])
    wait_for_replicas(provider, 2, operator)
    mark = space.plane.audit.mark()
    for number in range(ANSWERS):
        small, large = pods[:2] if is_small(number) else pods[1::-1]
        small.models, large.models = SMALL, LARGE
        probe(provider, small, operator)
        are_both_asked(pods)
        assert provider.models == ["m"]
    assert repeated_writes(space, mark) == []
    assert {model["contextWindow"] for model in provider.document["models"]} == {4096}


def test_a_service_whose_replicas_differ_settles(
    space: Workspace, servers: Servers, slices: Slices, operator: OperatorProcess
) -> None:
    """Of 100 answers in random order, since slices tell of two replicas."""
    server = servers.start(*LARGE)
    slices.apply(*PODS[:2], ports=[("http", server.port)])
    provider = behind_service(space, server)
    wait_for_replicas(provider, 2, operator)
    mark = space.plane.audit.mark()
    for number in range(ANSWERS):
        server.models = SMALL if is_small(number) else LARGE
        probe(provider, server, operator)
        assert "Missing" not in states(provider).values()
    assert repeated_writes(space, mark) == []
    assert {model["contextWindow"] for model in provider.document["models"]} == {4096}
