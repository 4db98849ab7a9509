"""Where a server is: one URL in the form that OpenClaw wants, or the reason why not."""

from typing import Any

import pytest

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.service import Service
from openclaw_vllm.core.discovery.endpoint import Endpoint, service_named_by
from openclaw_vllm.core.discovery.resolution import resolve
from openclaw_vllm.core.discovery.service_names import ServiceNames
from tests import builders
from tests.builders import NAMESPACE, Wire, service

LOCAL = "svc.cluster.local"


def resolved(service: Service | None = None, **spec: Any) -> Endpoint | Problem:
    return resolve(builders.spec(**spec), NAMESPACE, service, builders.NAMES)


def endpoint(service: Service | None = None, **spec: Any) -> Endpoint:
    result = resolved(service, **spec)
    assert isinstance(result, Endpoint), result
    return result


def reason(service: Service | None = None, **spec: Any) -> Reason:
    result = resolved(service, **spec)
    assert isinstance(result, Problem), result
    return result.reason


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
            {"path": "/v3"},
            [("http", 8000)],
            f"http://vllm.agents.{LOCAL}:8000/v3",
            id="a path that names its version",
        ),
        pytest.param(
            {"path": "/"}, [("http", 8000)], f"http://vllm.agents.{LOCAL}:8000/v1", id="no path"
        ),
    ],
)
def test_a_service_is_probed_by_its_full_name(
    ref: dict[str, Any], ports: list[tuple[str, int]], url: str
) -> None:
    result = endpoint(service(*ports), serviceRef={"name": "vllm", **ref})
    assert result.base_url == url
    assert (result.host, result.service) == (f"vllm.agents.{LOCAL}", ObjectKey("agents", "vllm"))
    assert f":{result.port}/" in url


@pytest.mark.parametrize(
    ("existing", "ref", "expected"),
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
def test_a_service_cannot_be_probed_when(
    existing: Service | None, ref: dict[str, Any], expected: Reason
) -> None:
    assert reason(existing, serviceRef={"name": "vllm", **ref}) == expected


def test_what_is_missing_is_named_with_what_there_is() -> None:
    result = resolved(service(("http", 80), ("", 90)), serviceRef={"name": "vllm", "port": "grpc"})
    assert isinstance(result, Problem)
    assert result.message == "Service vllm has no port grpc; it has 80 (http), 90"


def test_a_service_of_many_ports_is_described_by_the_first() -> None:
    ports = [(f"a-port-with-a-rather-long-name-{n:03}", 10_000 + n) for n in range(900)]
    result = resolved(service(*ports), serviceRef={"name": "vllm", "port": "grpc"})
    assert isinstance(result, Problem)
    assert result.message.endswith("10009 (a-port-with-a-rather-long-name-009) and 890 more")
    assert len(result.message) < 1024


@pytest.mark.parametrize("kind", ["ClusterIP", "NodePort", "LoadBalancer"])
def test_services_of_every_other_kind_can_be_probed(kind: str) -> None:
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
    result = endpoint(service(), baseUrl=f"http://{host}:8000")
    full = f"{named[1]}.{named[0]}.{LOCAL}"
    assert result == Endpoint(f"http://{full}:8000/v1", "http", full, 8000, ObjectKey(*named))


@pytest.mark.parametrize(
    ("path", "root"), [("/", ""), ("/openai/", "/openai"), ("/v1", "/v1"), ("/v3", "/v3")]
)
def test_the_path_of_a_service_may_be_the_root_as_written(path: str, root: str) -> None:
    result = endpoint(service(), serviceRef={"name": "vllm", "path": path}, apiRoot="AsWritten")
    assert result.base_url == f"http://vllm.agents.{LOCAL}:8000{root}"


def test_a_service_of_another_namespace_need_not_be_seen_and_one_of_the_own_has_to_exist() -> None:
    assert endpoint(None, baseUrl="http://vllm.models.svc").port == 80
    assert reason(None, baseUrl="http://vllm") == Reason.SERVICE_NOT_FOUND


def test_an_external_name_is_refused_however_it_is_named() -> None:
    external = service(kind="ExternalName")
    for host in ("vllm", "vllm.models.svc", f"vllm.models.{LOCAL}"):
        assert reason(external, baseUrl=f"http://{host}") == Reason.EXTERNAL_NAME_REFUSED


GATEWAY = "knative-local-gateway.istio-system.svc.cluster.local"
ALLOWED = ServiceNames(external_globs=("*.istio-system.svc.cluster.local", "gw.example.com"))


def led(target: str, *ports: tuple[str, int], **spec: Any) -> Endpoint | Problem:
    """Resolve a Service that leads to a name, where two are allowed."""
    return resolve(builders.spec(**spec), NAMESPACE, builders.external(target, *ports), ALLOWED)


@pytest.mark.parametrize(
    ("target", "destination"),
    [
        pytest.param(GATEWAY, ObjectKey("istio-system", "knative-local-gateway"), id="a Service"),
        pytest.param("gw.example.com", None, id="a host outside of the cluster"),
    ],
)
def test_an_external_name_that_is_allowed_is_asked_under_the_services_name(
    target: str, destination: ObjectKey | None
) -> None:
    result = led(target, ("http", 80), serviceRef={"name": "vllm", "port": "http"})
    host = f"vllm.agents.{LOCAL}"
    assert isinstance(result, Endpoint)
    assert (result.base_url, result.host) == (f"http://{host}:80/v1", host)
    assert (result.destination, result.dns_name) == (target, f"{target}.")
    assert (result.service, result.sliced_service) == (destination, None)
    by_url = led(target, baseUrl="http://vllm.models.svc:8000")
    assert isinstance(by_url, Endpoint)
    assert (by_url.host, by_url.destination) == (f"vllm.models.{LOCAL}", target)


@pytest.mark.parametrize(
    ("ports", "ref", "port"),
    [
        pytest.param((), {"port": 8080}, 8080, id="a number, of none"),
        pytest.param((), {}, 8000, id="the default, of none"),
        pytest.param((("http", 80),), {"port": 8080}, None, id="a number, of others"),
        pytest.param((("http", 80),), {"port": "http"}, 80, id="a name"),
        pytest.param((), {"port": "http"}, None, id="a name, of none"),
    ],
)
def test_an_external_name_that_lists_no_ports_takes_every_number(
    ports: tuple[tuple[str, int], ...], ref: dict[str, Any], port: int | None
) -> None:
    result = led("gw.example.com", *ports, serviceRef={"name": "vllm", **ref})
    assert (result.port if isinstance(result, Endpoint) else None) == port


@pytest.mark.parametrize(
    ("target", "spec", "option"),
    [
        pytest.param(
            "evil.test", {"serviceRef": {"name": "vllm"}}, "evil.test", id="no glob names it"
        ),
        pytest.param(
            "gw.example.com.evil.test",
            {"baseUrl": "http://vllm"},
            "gw.example.com.evil.test",
            id="only its beginning",
        ),
        pytest.param(
            "secret.test", {"baseUrl": "http://vllm.models.svc"}, "GLOB", id="of another namespace"
        ),
        pytest.param("", {"serviceRef": {"name": "vllm"}}, "GLOB", id="it says nothing"),
    ],
)
def test_another_external_name_is_refused_with_how_to_allow_it(
    target: str, spec: Wire, option: str
) -> None:
    result = led(target, ("http", 80), **spec)
    assert isinstance(result, Problem)
    assert result.reason == Reason.EXTERNAL_NAME_REFUSED
    flag = f"run the operator with --allow-external-names {option} (chart's value"
    assert f"{flag} allowExternalNames)" in result.message
    assert "secret.test" not in result.message


def test_an_external_name_is_read_as_dns_compares_it() -> None:
    spec = {"type": "ExternalName", "externalName": "GW.Example.com."}
    result = Service.read({"metadata": {"name": "vllm"}, "spec": spec})
    assert result.external_name == "gw.example.com"


def test_a_service_is_named_before_anything_is_known_of_it() -> None:
    def named(**spec: Any) -> ObjectKey | None:
        return service_named_by(builders.spec(**spec), NAMESPACE, builders.NAMES)

    assert named(serviceRef={"name": "vllm"}) == ObjectKey("agents", "vllm")
    assert named(baseUrl="http://vllm.models.svc/v1") == ObjectKey("models", "vllm")
    assert named(baseUrl="http://vllm.example.com") is None
    assert named(baseUrl="nonsense") is None
