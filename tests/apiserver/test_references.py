"""What a VllmProvider names: what is missing is named, and creating it heals."""

import time
from typing import Any

import pytest

from tests.apiserver.servers import Servers
from tests.apiserver.workspace import Json, Provider, Workspace, soon
from tests.certificates import Authority
from tests.operator_process import OperatorProcess
from tests.vllm_server import VllmServer

HEALED_WITHIN = 1.4  # seconds: a second is promised for Services; the machine is shared
CLUSTER_IP = {"ports": [{"name": "http", "port": 8000}, {"name": "admin", "port": 9000}]}
CA = {"caBundleRef": {"name": "ca"}}
RARELY = {"interval": "1h"}
MODELS = [{"id": "m"}]


def create_service(space: Workspace, spec: Json, name: str = "vllm") -> None:
    space.create("services", {"metadata": {"name": name}, "spec": spec})


def create_ca(space: Workspace, authority: Authority, **labels: str) -> None:
    metadata = {"name": "ca", "labels": labels}
    space.create("configmaps", {"metadata": metadata, "data": {"ca.crt": authority.pem}})


def with_service(space: Workspace, *, models: Any = None, **reference: int | str) -> Provider:
    """Refer to a Service; its name cannot be resolved out of a cluster, so name models too."""
    reference = {"name": "vllm", **reference}
    return space.provider("", baseUrl=None, serviceRef=reference, models=models, discovery=RARELY)


def tls_server(servers: Servers, authority: Authority, *hosts: str) -> VllmServer:
    return servers.start(tls=authority.issue(*(hosts or ("127.0.0.1",))).server_context())


@pytest.mark.alone
def test_a_missing_service_is_named_and_creating_it_heals_within_a_second(
    space: Workspace,
) -> None:
    """Three times, because a first retry comes after a second too."""
    provider = with_service(space, models=MODELS)
    taken = 0.0
    for _ in range(3):
        provider.becomes(EndpointResolved="False ServiceNotFound")
        assert "Service vllm does not exist" in provider.message("Ready")
        start = time.monotonic()
        create_service(space, CLUSTER_IP)
        soon(lambda: provider.conditions["Ready"] == "True Succeeded")
        taken += time.monotonic() - start
        space.delete("services", "vllm")
    assert taken < 2 * HEALED_WITHIN
    url = f"http://vllm.{space.namespace}.svc.cluster.local:8000/v1"
    assert provider.document["baseUrl"] == url


@pytest.mark.alone
def test_a_deleted_service_is_reported_within_a_second(space: Workspace) -> None:
    create_service(space, CLUSTER_IP)
    provider = with_service(space, models=MODELS)
    provider.is_ready()
    start = time.monotonic()
    space.delete("services", "vllm")
    soon(lambda: provider.conditions["EndpointResolved"] == "False ServiceNotFound")
    assert time.monotonic() - start < HEALED_WITHIN
    assert provider.models == ["m"]


def test_a_service_that_is_recreated_in_one_moment_stays_known(
    space: Workspace, operator: OperatorProcess
) -> None:
    """The end of the old one is told by a worker of its own, which may come last (measured)."""
    create_service(space, CLUSTER_IP)
    provider = with_service(space, models=MODELS)
    provider.is_ready()
    for number in range(3):
        operator.pause()
        space.patch("services", "vllm", {"metadata": {"labels": {"number": str(number)}}})
        space.delete("services", "vllm")
        create_service(space, CLUSTER_IP)
        operator.resume()
        create_service(space, CLUSTER_IP, later := f"later-{number}")
        metadata = {"baseUrl": None, "serviceRef": {"name": later}, "discovery": RARELY}
        space.provider("", later, models=MODELS, **metadata).is_ready()  # so all before was told
        assert provider.conditions["Ready"] == "True Succeeded"


@pytest.mark.parametrize(("port", "number"), [("admin", 9000), (9000, 9000), (8000, 8000)])
def test_a_port_goes_by_number_or_name(port: int | str, number: int, space: Workspace) -> None:
    create_service(space, CLUSTER_IP)
    provider = with_service(space, port=port)
    provider.becomes(EndpointResolved="True Succeeded")
    assert f":{number}/v1" in provider.status["endpoint"]["baseUrl"]


def test_a_missing_port_is_reported_with_those_there_are(space: Workspace) -> None:
    create_service(space, CLUSTER_IP)
    provider = with_service(space, port="metrics")
    provider.becomes(EndpointResolved="False PortNotFound")
    message = provider.message("EndpointResolved")
    assert all(word in message for word in ("metrics", "8000 (http)", "9000 (admin)"))
    ports = [*CLUSTER_IP["ports"], {"name": "metrics", "port": 9100}]
    space.patch("services", "vllm", {"spec": {"ports": ports}})
    provider.becomes(EndpointResolved="True Succeeded")


def test_an_external_name_is_refused(space: Workspace) -> None:
    create_service(space, {"type": "ExternalName", "externalName": "example.com"})
    provider = with_service(space)
    provider.becomes(EndpointResolved="False ExternalNameRefused")
    space.patch("services", "vllm", {"spec": {"type": "ClusterIP", **CLUSTER_IP}})
    provider.becomes(EndpointResolved="True Succeeded")


def test_a_missing_ca_bundle_is_named_and_creating_it_heals(
    space: Workspace, servers: Servers
) -> None:
    authority = Authority.create()
    provider = space.provider(tls_server(servers, authority), tls=CA, discovery=RARELY)
    provider.becomes(EndpointResolved="False CABundleNotFound")
    assert "ConfigMap ca does not exist" in provider.message("Ready")
    create_ca(space, authority)
    provider.is_ready()
    assert provider.document["request"] == {"tls": {"ca": authority.pem}}


def test_the_ca_of_a_secret_is_published_and_nothing_else_of_it(
    space: Workspace, servers: Servers
) -> None:
    authority = Authority.create()
    leaf = authority.issue("127.0.0.1")
    data = {"tls.crt": leaf.certificate.decode(), "tls.key": leaf.key.decode()}
    secret = {"metadata": {"name": "vllm-tls"}, "type": "kubernetes.io/tls", "stringData": data}
    space.create("secrets", secret)
    tls = {"caBundleRef": {"kind": "Secret", "name": "vllm-tls"}}
    provider = space.provider(tls_server(servers, authority), tls=tls, discovery=RARELY)
    provider.becomes(EndpointResolved="False CABundleNotFound")
    assert "Secret vllm-tls has no key ca.crt" in provider.message("Ready")
    space.patch("secrets", "vllm-tls", {"stringData": {"ca.crt": data["tls.key"] + authority.pem}})
    provider.is_ready()
    assert provider.document["request"] == {"tls": {"ca": authority.pem}}


def test_a_ca_bundle_with_our_label_takes_effect_at_once(
    space: Workspace, servers: Servers
) -> None:
    old, new = Authority.create("old"), Authority.create("new")
    create_ca(space, old, **{"app.kubernetes.io/part-of": "openclaw-vllm"})
    provider = space.provider(tls_server(servers, old), tls=CA, discovery=RARELY)
    provider.is_ready()
    space.patch("configmaps", "ca", {"data": {"ca.crt": old.pem + new.pem}})
    soon(lambda: provider.document["request"]["tls"]["ca"] == old.pem + new.pem)


def test_a_rotated_ca_never_shows_as_a_failure(space: Workspace, servers: Servers) -> None:
    old, new = Authority.create("old"), Authority.create("new")
    create_ca(space, old)
    server = tls_server(servers, old)
    provider = space.provider(server, tls=CA)
    provider.is_ready()
    space.patch("configmaps", "ca", {"data": {"ca.crt": new.pem}})
    servers.stop(server)
    server.tls = new.issue("127.0.0.1").server_context()
    mark = space.plane.audit.mark()
    servers.restart(server)
    soon(lambda: provider.document["request"]["tls"]["ca"] == new.pem)
    provider.is_ready()
    assert space.asked_since(mark).writes().of("events") == ()


def test_another_server_name_is_checked_and_published(space: Workspace, servers: Servers) -> None:
    authority = Authority.create()
    create_ca(space, authority)
    server = tls_server(servers, authority, "vllm.example.com")
    provider = space.provider(server, tls={**CA, "serverName": "vllm.example.com"})
    provider.is_ready()
    assert provider.document["request"]["tls"]["serverName"] == "vllm.example.com"
    provider.edit(tls={"serverName": "another.example.com"})
    provider.becomes(ServerReachable="False TLSFailed")


def test_an_unverified_server_works_for_us_and_is_not_published_as_such(
    space: Workspace, servers: Servers
) -> None:
    server = tls_server(servers, Authority.create())
    provider = space.provider(server, tls={"insecureSkipVerify": True})
    provider.is_ready()
    assert "request" not in provider.document
    soon(lambda: "InsecureSkipVerify" in space.kubectl("events"))


@pytest.mark.parametrize(
    "host",
    ["169.254.169.254", "[::ffff:169.254.169.254]", "0.0.0.0"],  # noqa: S104 - nothing binds to it
)
def test_a_forbidden_destination_waits_for_a_person(host: str, space: Workspace) -> None:
    provider = space.provider(f"http://{host}:8000/v1")
    provider.becomes(EndpointResolved="False DestinationDenied", Stalled="True DestinationDenied")
