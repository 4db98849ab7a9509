"""The port of a headless Service is its pods'; of any other it is the Service's own."""

import pytest

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.endpoint_slice import EndpointSlice
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.service import Service
from openclaw_vllm.core.discovery.endpoint import Endpoint
from openclaw_vllm.core.discovery.replicas import Replicas
from openclaw_vllm.core.discovery.target_ports import at_target_port, pod_port
from tests.builders.slices import endpoint_slice

HOST = "vllm.models.svc.cluster.local"
LAST = f"http://{HOST}:9001/v1"


def service(target: int | str | None, cluster_ip: str = "None") -> Service:
    port = {"name": "http", "port": 80} | ({} if target is None else {"targetPort": target})
    spec = {"clusterIP": cluster_ip, "ports": [{"name": "metrics", "port": 9090}, port]}
    return Service.read({"metadata": {"name": "vllm", "namespace": "models"}, "spec": spec})


def endpoint(port: int = 80, url_port: str = ":80") -> Endpoint:
    url = f"http://{HOST}{url_port}/v1"
    return Endpoint(url, "http", HOST, port, ObjectKey("models", "vllm"))


def slices(*ports: tuple[str, int]) -> Replicas:
    return Replicas(ports=ports)


@pytest.mark.parametrize(
    ("here", "replicas", "last", "port"),
    [
        pytest.param(service(8000), None, "", 8000, id="a number needs no slice"),
        pytest.param(service(None), None, "", 80, id="none: the Service's own"),
        pytest.param(service(80), None, "", 80, id="the same number"),
        pytest.param(service(8000, "10.96.0.1"), None, "", 80, id="a Service with an address"),
        pytest.param(service(8000, ""), None, "", 80, id="a Service that has none yet"),
        pytest.param(None, slices(("http", 8000)), "", 80, id="no Service, of elsewhere"),
        pytest.param(service("api"), slices(("http", 8000)), "", 8000, id="a name, by its slices"),
        pytest.param(service("api"), slices(("metrics", 1)), "", 80, id="a name that none has"),
        pytest.param(service("api"), None, "", 80, id="a name without slices"),
        pytest.param(service("api"), slices(), LAST, 9001, id="at zero replicas: where it was"),
        pytest.param(
            service("api"), slices(), "http://other:9001/v1", 80, id="where another one was"
        ),
        pytest.param(
            service("api"), slices(("http", 9000), ("http", 9001)), LAST, 9001, id="pods differ"
        ),
        pytest.param(
            service("api"), slices(("http", 9000), ("http", 9001)), "", 9000, id="they differ anew"
        ),
    ],
)
def test_the_port_that_is_asked(
    here: Service | None, replicas: Replicas | None, last: str, port: int
) -> None:
    resolved = at_target_port(endpoint(), here, replicas, last)
    assert (resolved.port, resolved.has_target_port) == (port, port != 80)
    assert resolved.base_url == f"http://{HOST}:{port}/v1"


METRICS = ("metrics", 9090)


@pytest.mark.parametrize(
    ("here", "ports", "port"),
    [
        pytest.param(service("api", "10.96.0.1"), (("http", 8000), METRICS), 8000, id="by name"),
        pytest.param(service(8000, "10.96.0.1"), (("http", 8001),), 8001, id="the slice knows"),
        pytest.param(service(8000, "10.96.0.1"), (), 8000, id="no port: the Service's target"),
        pytest.param(service("api", "10.96.0.1"), (), 80, id="a name, and no port"),
        pytest.param(service("api"), (("http", 9000), METRICS), 9000, id="a headless Service"),
        pytest.param(None, (("http", 8000),), 8000, id="a Service that is not watched"),
        pytest.param(None, (("http", 8000), METRICS), 0, id="one that has several ports"),
    ],
)
def test_the_port_at_which_a_pod_is_asked(
    here: Service | None, ports: tuple[tuple[str, int], ...], port: int
) -> None:
    resolved = at_target_port(endpoint(), here, slices(("http", 8000)))
    assert pod_port(resolved, here, ports) == port


def test_a_port_of_udp_with_the_same_number_is_no_port_of_the_service() -> None:
    """As of a gateway that speaks HTTP/3, or of a DNS server's Service."""
    quic = {"name": "quic", "port": 80, "targetPort": 8443, "protocol": "UDP"}
    http = {"name": "http", "port": 80, "targetPort": "api", "protocol": "TCP"}
    spec = {"clusterIP": "None", "ports": [quic, http]}
    here = Service.read({"metadata": {"name": "vllm", "namespace": "models"}, "spec": spec})
    wire = endpoint_slice(ports=[("http", 8000)])
    wire["ports"].insert(0, {"name": "quic", "port": 8443, "protocol": "UDP"})
    ports = EndpointSlice.read(wire).ports
    assert (here.ports, ports) == ((("http", 80),), (("http", 8000),))
    assert at_target_port(endpoint(), here, slices(*ports)).port == 8000
    assert pod_port(endpoint(), here, ports) == 8000


def test_a_port_of_another_name_is_no_port_of_the_service() -> None:
    """No request to the Service gets there either."""
    problem = pod_port(endpoint(), service("api", "10.96.0.1"), (("web", 8000),))
    assert isinstance(problem, Problem)
    assert problem.reason is Reason.PORT_NOT_FOUND
    assert "of Service models/vllm have no port 'http', as the Service's is" in problem.message
    assert "but 'web'; name both alike" in problem.message


def test_a_port_that_the_service_does_not_have_is_refused_before_its_pods_are_asked() -> None:
    """They might answer there, and agents' requests to the Service would not."""
    problem = pod_port(endpoint(8000, ":8000"), service(8000, "10.96.0.1"), (("http", 8000),))
    assert isinstance(problem, Problem)
    assert problem.reason is Reason.PORT_NOT_FOUND
    assert (
        "Service models/vllm has no port 8000; write one that it has: 9090 (metrics), 80"
        in problem.message
    )


@pytest.mark.parametrize(
    "here",
    [
        pytest.param(service(8000), id="a headless Service"),
        pytest.param(Service("ClusterIP", ()), id="a Service without ports"),
    ],
)
def test_pods_are_asked_at_the_port_of_the_url_as_agents_do(here: Service) -> None:
    assert pod_port(endpoint(9000, ":9000"), here, (("http", 8000),)) == 0


def test_a_url_without_a_port_gets_that_of_the_pods() -> None:
    resolved = at_target_port(endpoint(url_port=""), service(8000), None)
    assert resolved.base_url == f"http://{HOST}:8000/v1"


def test_a_port_that_the_service_does_not_have_is_left_as_it_is_written() -> None:
    written = endpoint(8000, ":8000")
    assert at_target_port(written, service(8000), None) == written
