"""EndpointSlices: a Service is asked the moment that other replicas of it are ready.

The Services of a control plane without nodes lead to this machine, and the slices are written by
hand, as their controller writes them.
"""

import time

import pytest

from tests.apiserver.servers import Servers
from tests.apiserver.slices import Slices, behind_service
from tests.apiserver.workspace import Provider, Workspace, soon
from tests.builders.slices import STARTING, endpoints
from tests.operator_process import OperatorProcess
from tests.vllm_server import Model, VllmServer

pytestmark = pytest.mark.timeout(300)

INTERVAL, TEN_INTERVALS = {"interval": "5s"}, 50.0
P50, P99 = 0.1, 0.5  # seconds from the slice to the ConfigMap
ONE, TWO = "10.0.0.1", "10.0.0.2"


def publishes(provider: Provider, model: str) -> bool:
    return provider.models == [model]


def test_a_service_without_slices_is_asked_as_ever(space: Workspace, servers: Servers) -> None:
    server = servers.start()
    behind_service(space, server).is_ready()


@pytest.mark.alone
def test_from_the_slice_to_the_published_list(
    space: Workspace, servers: Servers, slices: Slices
) -> None:
    server = servers.start(Model("m0"))
    slices.apply(ONE)
    provider = behind_service(space, server, removeAfter=1)
    provider.is_ready()
    taken = []
    for number in range(1, 51):
        time.sleep(0.25)  # beyond the moment in which changes are taken together
        server.models = (Model(f"m{number}"),)
        start = time.monotonic()
        slices.apply(ONE if number % 2 == 0 else TWO)
        while not publishes(provider, f"m{number}"):
            assert time.monotonic() - start < 10 * P99, "the new list is not published"
        taken.append(time.monotonic() - start)
    taken.sort()
    print(f"p50 {taken[25] * 1000:.0f} ms, p99 {taken[-1] * 1000:.0f} ms")
    assert taken[25] < P50
    assert taken[-1] < P99


@pytest.mark.alone
def test_after_an_outage_the_first_ready_replica_ends_it_within_a_second(
    space: Workspace, servers: Servers, slices: Slices
) -> None:
    server = servers.start()
    slices.apply(ONE)
    provider = behind_service(space, server)
    provider.is_ready()
    servers.stop(server)
    slices.apply()
    time.sleep(1)
    servers.restart(server)
    count = server.count("/v1/models")
    start = time.monotonic()
    slices.apply(TWO)
    soon(lambda: server.count("/v1/models") > count, "the server is asked")
    assert time.monotonic() - start < 1
    provider.is_ready()


def test_a_rollout_of_many_replicas_asks_a_few_times(
    space: Workspace, servers: Servers, slices: Slices
) -> None:
    server = servers.start()
    slices.apply(ONE)
    behind_service(space, server).is_ready()
    count, start = server.count("/v1/models"), time.monotonic()
    for number in range(50):
        slices.apply(*(f"10.0.1.{other}" for other in range(number + 1)))
    time.sleep(0.5)
    most = (time.monotonic() - start) / 0.2 + 2
    assert 1 <= server.count("/v1/models") - count <= most


def test_slices_of_others_and_states_of_the_same_replicas_ask_nobody(
    space: Workspace, servers: Servers, slices: Slices
) -> None:
    server = servers.start()
    slices.apply(ONE)
    behind_service(space, server).is_ready()
    count = server.count("/v1/models")
    slices.apply(TWO, service="other")
    slices.apply(ONE, labels={"touched": "yes"})
    time.sleep(1)
    assert server.count("/v1/models") == count


def test_a_service_that_sleeps_is_left_alone_and_asked_when_it_wakes(
    space: Workspace, servers: Servers, slices: Slices
) -> None:
    server = servers.start()
    provider = asleep(space, server, slices)
    assert "0 of 2 replicas are ready" in provider.message("ServerReachable")
    before, version = provider.data, provider.read()["metadata"]["resourceVersion"]
    requests = len(server.seen)
    time.sleep(TEN_INTERVALS)
    assert len(server.seen) == requests
    assert provider.read()["metadata"]["resourceVersion"] == version
    assert provider.data == before
    start = time.monotonic()
    slices.apply(TWO)
    soon(lambda: len(server.seen) > requests, "the server is asked")
    assert time.monotonic() - start < TEN_INTERVALS / 10
    provider.becomes(ServerReachable="True Succeeded", Ready="True Succeeded")


@pytest.mark.alone
def test_a_service_that_wakes_is_asked_within_a_second(
    space: Workspace, servers: Servers, slices: Slices
) -> None:
    server = servers.start()
    provider = asleep(space, server, slices)
    requests, start = len(server.seen), time.monotonic()
    slices.apply(TWO)
    soon(lambda: len(server.seen) > requests, "the server is asked")
    assert time.monotonic() - start < 1
    provider.becomes(ServerReachable="True Succeeded", Ready="True Succeeded")


def asleep(space: Workspace, server: VllmServer, slices: Slices) -> Provider:
    """Create a VllmProvider for a Service that was asked, and has no ready replica any more."""
    slices.apply(ONE)
    provider = behind_service(space, server, **INTERVAL)
    provider.is_ready()
    before = provider.data
    slices.apply(others=endpoints(STARTING, ONE, TWO))
    provider.becomes(ServerReachable="Unknown NoReadyEndpoints", Ready="True Succeeded")
    assert provider.data == before
    return provider


@pytest.mark.parametrize(
    ("rule", "ready"),
    [("KeepReady", "True Succeeded"), ("NotReady", "False NoReadyEndpoints")],
)
def test_ready_of_a_service_that_sleeps_is_as_the_spec_says(
    rule: str, ready: str, space: Workspace, servers: Servers, slices: Slices
) -> None:
    slices.apply(ONE)
    provider = behind_service(space, servers.start(), whenScaledToZero=rule)
    provider.is_ready()
    slices.apply()
    provider.becomes(Ready=ready, ServerReachable="Unknown NoReadyEndpoints")
    assert "scaled to zero" in provider.message("ServerReachable")


def test_a_service_that_never_answered_is_not_ready_while_it_sleeps(
    space: Workspace, servers: Servers, slices: Slices
) -> None:
    server = servers.start()
    slices.apply()
    provider = behind_service(space, server)
    provider.becomes(Ready="False NoReadyEndpoints")
    assert not server.seen
    slices.apply(ONE)
    provider.is_ready()


def test_what_is_asked_on_changes_is_asked_by_no_interval_and_no_restart(
    space: Workspace, servers: Servers, slices: Slices, operator: OperatorProcess
) -> None:
    server = servers.start()
    slices.apply(ONE)
    provider = behind_service(space, server, **INTERVAL, mode="OnChange")
    provider.is_ready()
    requests, version = len(server.seen), provider.read()["metadata"]["resourceVersion"]
    operator.kill()
    operator.start()
    time.sleep(TEN_INTERVALS / 2)
    assert len(server.seen) == requests
    assert provider.read()["metadata"]["resourceVersion"] == version
    slices.apply(ONE, TWO)
    soon(lambda: len(server.seen) > requests, "other replicas are asked")
    provider.probe(server)


def test_what_is_asked_on_changes_and_sleeps_is_asked_when_its_slices_go(
    space: Workspace, servers: Servers, slices: Slices
) -> None:
    server = servers.start()
    slices.apply(ONE)
    provider = behind_service(space, server, mode="OnChange")
    provider.is_ready()
    slices.apply()
    provider.becomes(ServerReachable="Unknown NoReadyEndpoints")
    requests = len(server.seen)
    slices.delete()
    provider.becomes(ServerReachable="True Succeeded")
    assert len(server.seen) > requests


@pytest.mark.parametrize(
    ("target", "reference"),
    [
        pytest.param("number", {"port": 80}, id="by number"),
        pytest.param("name", {"port": "http"}, id="by name, as the slices resolve it"),
    ],
)
def test_a_headless_service_is_asked_and_published_at_the_port_of_its_pods(
    target: str,
    reference: dict[str, int | str],
    space: Workspace,
    servers: Servers,
    slices: Slices,
) -> None:
    server = servers.start()
    port = {"name": "http", "port": 80, "targetPort": server.port if target == "number" else "api"}
    spec = {"clusterIP": "None", "ports": [port]}
    space.create("services", {"metadata": {"name": "vllm"}, "spec": spec})
    slices.apply(ONE, ports=[("http", server.port)])
    chosen = {"name": "vllm", **reference}
    provider = space.provider("", baseUrl=None, serviceRef=chosen, discovery=INTERVAL)
    provider.is_ready()
    url = f"http://vllm.{space.namespace}.svc.cluster.local:{server.port}/v1"
    assert provider.document["baseUrl"] == url
    assert provider.status["endpoint"]["notes"] == ["TargetPort"]
    assert "the URL has the port of its pods" in provider.message("ConfigPublished")
    slices.apply(ports=[])
    provider.becomes(ServerReachable="Unknown NoReadyEndpoints", Ready="True Succeeded")
    assert provider.document["baseUrl"] == url
