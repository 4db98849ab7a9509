"""EndpointSlices and Endpoints that are not as the usual controller writes them for one Service."""

from typing import Any

import pytest

from tests.apiserver.servers import Servers
from tests.apiserver.slices import Slices, behind_service
from tests.apiserver.workspace import Provider, Workspace, soon
from tests.builders.slices import ENDING, ENDING_PUBLISHED, PUBLISHED, UNSAID, endpoints
from tests.vllm_server import Model, VllmServer

pytestmark = pytest.mark.timeout(300)

ONE, TWO, SIX = "10.0.0.1", "10.0.0.2", "fd00::1"
METADATA = "fd00:ec2::254"  # of a cloud's machines; of IPv4 the API server takes none
HOST = "a-host.test"
MOST_ASKED = 16


def replicas(provider: Provider) -> Any:
    return provider.status["endpoint"].get("replicas")


def are(provider: Provider, **counts: int) -> None:
    """Wait until the status has these counts of replicas."""
    soon(lambda: replicas(provider) == counts, f"the replicas are {counts}")


@pytest.mark.parametrize("each", [False, True], ids=["the Service", "each"])
@pytest.mark.parametrize(
    ("slice_", "ready"),
    [
        pytest.param({"others": endpoints(UNSAID, ONE)}, 1, id="conditions that are null"),
        pytest.param({"others": endpoints({}, ONE)}, 1, id="no conditions"),
        pytest.param({"others": endpoints(PUBLISHED, ONE)}, 1, id="published before it is ready"),
        pytest.param({"family": "IPv6", "others": endpoints({}, SIX)}, 1, id="IPv6 alone"),
        pytest.param({"family": "FQDN", "others": endpoints({}, HOST)}, None, id="hosts"),
    ],
)
def test_a_slice_by_hand_leads_to_its_server(
    slice_: dict[str, Any],
    ready: int | None,
    space: Workspace,
    servers: Servers,
    slices: Slices,
    *,
    each: bool,
) -> None:
    server = servers.start()
    slices.apply(**slice_, ports=[("http", server.port)])
    provider = behind_service(space, server, replicas="Each" if each else "Service")
    provider.is_ready()
    asked = {"asked": 1, "differing": 0} if each else {}
    assert replicas(provider) == (None if ready is None else {"ready": ready, **asked})


def test_endpoints_by_hand_that_nobody_mirrors_are_asked_as_ever(
    space: Workspace, servers: Servers
) -> None:
    """A control plane without controllers makes no slice of them."""
    server = servers.start()
    subset = {"addresses": [{"ip": ONE}], "ports": [{"name": "http", "port": server.port}]}
    space.create("endpoints", {"metadata": {"name": "vllm"}, "subsets": [subset]})
    provider = behind_service(space, server, replicas="Each")
    provider.is_ready()
    assert replicas(provider) is None


def test_what_several_slices_say_of_one_replica_counts_once(
    space: Workspace, servers: Servers, slices: Slices
) -> None:
    server = servers.start()
    ports = [("http", server.port)]
    slices.apply(ONE, ports=ports)
    slices.apply(ONE, ports=ports, number=2)
    slices.apply(family="IPv6", others=endpoints({}, SIX), ports=ports)
    slices.apply(family="FQDN", others=endpoints({}, HOST), ports=ports)
    provider = behind_service(space, server, replicas="Each")
    provider.is_ready()
    are(provider, ready=1, asked=1, differing=0)
    slices.apply(ports=ports)
    slices.apply(others=endpoints(ENDING, ONE), ports=ports, number=2)
    are(provider, ready=1, asked=1, differing=0)  # by IPv6
    slices.delete(family="IPv6")
    provider.becomes(ServerReachable="Unknown NoReadyEndpoints", Ready="True Succeeded")


def test_slices_may_come_before_their_service_and_after_it(
    space: Workspace, servers: Servers, slices: Slices
) -> None:
    server = servers.start()
    reference = {"name": "vllm", "port": "http"}
    provider = space.provider("", baseUrl=None, serviceRef=reference)
    provider.becomes(EndpointResolved="False ServiceNotFound")
    slices.apply()
    provider.becomes(EndpointResolved="False ServiceNotFound")
    ports = [{"name": "http", "port": server.port}]
    space.create("services", {"metadata": {"name": "vllm"}, "spec": {"ports": ports}})
    provider.becomes(ServerReachable="Unknown NoReadyEndpoints")
    assert not server.seen
    slices.delete()
    provider.is_ready()
    slices.apply(ONE, TWO)
    are(provider, ready=2)


def test_a_replica_that_is_published_unready_is_asked_the_moment_that_it_serves(
    space: Workspace, servers: Servers, slices: Slices
) -> None:
    server = servers.start()
    slices.apply(others=endpoints(PUBLISHED, ONE))
    behind_service(space, server).is_ready()
    count = server.count("/v1/models")
    slices.apply(others=endpoints({**PUBLISHED, "serving": True}, ONE))
    soon(lambda: server.count("/v1/models") > count, "it is asked")


def test_a_server_whose_last_replica_ends_is_left_alone_though_it_is_published(
    space: Workspace, servers: Servers, slices: Slices
) -> None:
    server = servers.start()
    slices.apply(ONE)
    provider = behind_service(space, server)
    provider.is_ready()
    slices.apply(others=endpoints(ENDING_PUBLISHED, ONE))
    provider.becomes(ServerReachable="Unknown NoReadyEndpoints", Ready="True Succeeded")


def test_a_port_that_the_service_lacks_is_named_before_its_pods_answer_there(
    space: Workspace, servers: Servers, slices: Slices
) -> None:
    server = servers.start()
    ports = [{"name": "http", "port": 80, "targetPort": server.port}]
    space.create("services", {"metadata": {"name": "vllm"}, "spec": {"ports": ports}})
    slices.apply(ONE, ports=[("http", server.port)])
    discovery = {"interval": "10m", "replicas": "Each"}
    provider = space.provider(f"http://vllm:{server.port}", discovery=discovery)
    provider.becomes(EndpointResolved="False PortNotFound", Ready="False PortNotFound")
    assert not server.seen
    provider.edit(baseUrl="http://vllm")
    provider.is_ready()


def test_another_pod_at_the_same_address_is_asked(
    space: Workspace, servers: Servers, slices: Slices
) -> None:
    server = servers.start()
    slices.apply(others=endpoints({}, ONE, pod="first"))
    behind_service(space, server).is_ready()
    count = server.count("/v1/models")
    slices.apply(others=endpoints({}, ONE, pod="next"))
    soon(lambda: server.count("/v1/models") > count, "it is asked")


def test_pods_whose_port_has_another_number_are_asked_there(
    space: Workspace, servers: Servers, slices: Slices
) -> None:
    """As while a rollout changes the number behind the name of a port."""
    old, new = servers.start(), servers.take(VllmServer(host="127.0.0.2"))
    new.models = (*old.models, Model("new"))
    slices.apply(ONE, ports=[("http", old.port)])
    slices.apply(TWO, ports=[("http", new.port)], number=2)
    provider = behind_service(space, old, replicas="Each", publish="Any")
    provider.is_ready()
    are(provider, ready=2, asked=2, differing=1)
    assert "new" in provider.models


def test_a_port_of_another_name_is_named(
    space: Workspace, servers: Servers, slices: Slices
) -> None:
    server = servers.start()
    slices.apply(ONE, ports=[("web", server.port)])
    provider = behind_service(space, server, replicas="Each")
    provider.becomes(EndpointResolved="False PortNotFound", Ready="False PortNotFound")
    message = f"of Service {space.namespace}/vllm have no port 'http', as the Service's is named"
    assert message in provider.message("EndpointResolved")
    slices.apply(ONE, ports=[("http", server.port)])
    provider.is_ready()


def test_a_port_without_a_name_is_that_of_a_service_without_one(
    space: Workspace, servers: Servers, slices: Slices
) -> None:
    server = servers.start()
    port = {"port": 80, "targetPort": server.port}
    space.create("services", {"metadata": {"name": "vllm"}, "spec": {"ports": [port]}})
    slices.apply(ONE, ports=[("", server.port)])
    discovery = {"interval": "10m", "replicas": "Each"}
    reference = {"name": "vllm", "port": 80}
    provider = space.provider("", baseUrl=None, serviceRef=reference, discovery=discovery)
    provider.is_ready()
    are(provider, ready=1, asked=1, differing=0)


def test_of_a_thousand_replicas_sixteen_are_asked(
    space: Workspace, servers: Servers, slices: Slices
) -> None:
    server = servers.take(VllmServer(host="0.0.0.0"))  # noqa: S104 - every pod's address
    thousand = [f"10.0.{high}.{low}" for high in range(4, 8) for low in range(250)]
    slices.apply(*thousand, ports=[("http", server.port)])
    provider = behind_service(space, server, replicas="Each")
    provider.is_ready()
    are(provider, ready=1000, asked=MOST_ASKED, differing=0)
    requests = server.count("/v1/models")
    slices.apply(*thousand[1:], ports=[("http", server.port)])
    are(provider, ready=999, asked=MOST_ASKED, differing=0)
    assert server.count("/v1/models") <= requests + 2 * MOST_ASKED


def test_a_replica_at_an_address_that_is_denied_hides_no_other(
    space: Workspace, servers: Servers, slices: Slices
) -> None:
    server = servers.start()
    ports = [("http", server.port)]
    slices.apply(family="IPv6", others=endpoints({}, SIX, METADATA), ports=ports)
    provider = behind_service(space, server, replicas="Each")
    provider.is_ready()
    are(provider, ready=2, asked=1, differing=0)
    slices.apply(family="IPv6", others=endpoints({}, METADATA), ports=ports)
    provider.becomes(EndpointResolved="False DestinationDenied", Ready="False DestinationDenied")
    assert provider.models == sorted(model.id for model in server.models)
