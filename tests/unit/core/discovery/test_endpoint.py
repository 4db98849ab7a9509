"""Where a server is: one URL in the form that OpenClaw wants, or the reason why not."""

from typing import Any

import pytest

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.observed import Service
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.discovery.endpoint import Endpoint, resolve, service_named_by
from tests import builders
from tests.builders import NAMESPACE, service

LOCAL = "svc.cluster.local"


def resolved(service: Service | None = None, **spec: Any) -> Endpoint | Problem:
    return resolve(builders.spec(**spec), NAMESPACE, service)


def endpoint(service: Service | None = None, **spec: Any) -> Endpoint:
    found = resolved(service, **spec)
    assert isinstance(found, Endpoint), found
    return found


def reason(service: Service | None = None, **spec: Any) -> Reason:
    found = resolved(service, **spec)
    assert isinstance(found, Problem), found
    return found.reason


@pytest.mark.parametrize(
    ("ref", "ports", "url"),
    [
        pytest.param(
            {}, [("http", 8000)], f"http://vllm.agents.{LOCAL}:8000/v1", id="a name alone"
        ),
        pytest.param(
            {"port": 80},
            [("", 80)],
            f"http://vllm.agents.{LOCAL}:80/v1",
            id="a port by number, which stays in the URL",
        ),
        pytest.param(
            {"port": "api"},
            [("metrics", 9090), ("api", 8080)],
            f"http://vllm.agents.{LOCAL}:8080/v1",
            id="a port by name",
        ),
        pytest.param(
            {"scheme": "https", "port": 443},
            [("https", 443)],
            f"https://vllm.agents.{LOCAL}:443/v1",
            id="https",
        ),
        pytest.param(
            {"path": "/gpu1/v1/"},
            [("http", 8000)],
            f"http://vllm.agents.{LOCAL}:8000/gpu1/v1",
            id="a path",
        ),
        pytest.param(
            {"path": "/"}, [("http", 8000)], f"http://vllm.agents.{LOCAL}:8000/v1", id="no path"
        ),
    ],
)
def test_a_service_is_asked_by_its_full_name(
    ref: dict[str, Any], ports: list[tuple[str, int]], url: str
) -> None:
    found = endpoint(service(*ports), serviceRef={"name": "vllm", **ref})
    assert found.base_url == url
    assert (found.host, found.service) == (f"vllm.agents.{LOCAL}", ObjectKey("agents", "vllm"))
    assert f":{found.port}/" in url


@pytest.mark.parametrize(
    ("shown", "ref", "expected"),
    [
        pytest.param(None, {}, Reason.SERVICE_NOT_FOUND, id="the Service is missing"),
        pytest.param(service(("", 80)), {}, Reason.PORT_NOT_FOUND, id="it lacks the number"),
        pytest.param(
            service(("http", 80)), {"port": "grpc"}, Reason.PORT_NOT_FOUND, id="it lacks the name"
        ),
        pytest.param(Service("ClusterIP", ()), {}, Reason.PORT_NOT_FOUND, id="it has no port"),
        pytest.param(
            service(("http", 8000), kind="ExternalName"),
            {},
            Reason.EXTERNAL_NAME_REFUSED,
            id="it leads elsewhere",
        ),
    ],
)
def test_a_service_cannot_be_asked_when(
    shown: Service | None, ref: dict[str, Any], expected: Reason
) -> None:
    assert reason(shown, serviceRef={"name": "vllm", **ref}) == expected


def test_what_is_missing_is_named_with_what_there_is() -> None:
    found = resolved(service(("http", 80), ("", 90)), serviceRef={"name": "vllm", "port": "grpc"})
    assert isinstance(found, Problem)
    assert found.message == "Service vllm has no port grpc; it has 80 (http), 90"


def test_a_service_of_many_ports_is_described_by_the_first() -> None:
    ports = [(f"a-port-with-a-rather-long-name-{n:03}", 10_000 + n) for n in range(900)]
    found = resolved(service(*ports), serviceRef={"name": "vllm", "port": "grpc"})
    assert isinstance(found, Problem)
    assert found.message.endswith("10009 (a-port-with-a-rather-long-name-009) and 890 more")
    assert len(found.message) < 1024


@pytest.mark.parametrize("kind", ["ClusterIP", "NodePort", "LoadBalancer"])
def test_services_of_every_other_kind_can_be_asked(kind: str) -> None:
    assert endpoint(service(kind=kind), serviceRef={"name": "vllm"}).port == 8000


@pytest.mark.parametrize(
    ("host", "named"),
    [
        pytest.param("vllm", ("agents", "vllm"), id="a bare name of the own namespace"),
        pytest.param("VLLM", ("agents", "vllm"), id="in capitals"),
        pytest.param("vllm.agents", ("agents", "vllm"), id="name and own namespace"),
        pytest.param("vllm.agents.svc", ("agents", "vllm"), id="with svc"),
        pytest.param("vllm.models.svc", ("models", "vllm"), id="of another namespace"),
        pytest.param(f"vllm.models.{LOCAL}", ("models", "vllm"), id="in full"),
        pytest.param(f"vllm.models.{LOCAL}.", ("models", "vllm"), id="with a dot at the end"),
    ],
)
def test_the_name_of_a_service_is_written_in_full(host: str, named: tuple[str, str]) -> None:
    found = endpoint(service(), baseUrl=f"http://{host}:8000")
    full = f"{named[1]}.{named[0]}.{LOCAL}"
    assert found == Endpoint(f"http://{full}:8000/v1", "http", full, 8000, ObjectKey(*named))


def test_a_service_of_another_namespace_need_not_be_seen_and_one_of_the_own_has_to_exist() -> None:
    assert endpoint(None, baseUrl="http://vllm.models.svc").port == 80
    assert reason(None, baseUrl="http://vllm") == Reason.SERVICE_NOT_FOUND


def test_an_external_name_is_refused_however_it_is_named() -> None:
    external = service(kind="ExternalName")
    for host in ("vllm", "vllm.models.svc", f"vllm.models.{LOCAL}"):
        assert reason(external, baseUrl=f"http://{host}") == Reason.EXTERNAL_NAME_REFUSED


def test_a_service_is_named_before_anything_is_known_of_it() -> None:
    def named(**spec: Any) -> ObjectKey | None:
        return service_named_by(builders.spec(**spec), NAMESPACE)

    assert named(serviceRef={"name": "vllm"}) == ObjectKey("agents", "vllm")
    assert named(baseUrl="http://vllm.models.svc/v1") == ObjectKey("models", "vllm")
    assert named(baseUrl="http://vllm.example.com") is None
    assert named(baseUrl="nonsense") is None
