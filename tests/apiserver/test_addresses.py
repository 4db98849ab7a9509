"""Clusters whose Services have other names: another domain, Services that lead elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests import cluster_dns
from tests.apiserver.documented import DOCS, Shell, commands
from tests.apiserver.resident import Resident
from tests.apiserver.servers import BOTH, Servers
from tests.apiserver.workspace import Provider, Workspace, soon
from tests.vllm_server import VllmServer

pytestmark = pytest.mark.timeout(300)

HOME = "--cluster-domain=k8s.home.lan"
IDS = [model.id for model in BOTH]
WRITES = ("create", "update", "patch", "delete")


@contextmanager
def running(space: Workspace, folder: Path, *options: str) -> Iterator[Resident]:
    """An operator of the namespace, in a cluster where every Service is this machine."""
    operator = Resident(space, folder, *options, program=cluster_dns.PROGRAM)
    operator.start()
    try:
        yield operator
    finally:
        operator.kill()


def by_service(space: Workspace, server: VllmServer, **spec: object) -> Provider:
    """Create a Service on the server's port, and a VllmProvider that names it."""
    ports = [{"name": "http", "port": server.port}]
    space.create("services", {"metadata": {"name": "vllm"}, "spec": {"ports": ports, **spec}})
    return space.provider("", baseUrl=None, serviceRef={"name": "vllm", "port": "http"})


def url(space: Workspace, server: VllmServer, domain: str) -> str:
    return f"http://vllm.{space.namespace}.svc.{domain}:{server.port}/v1"


def test_an_upgrade_that_changes_the_domain_rewrites_nothing(
    home: Workspace, servers: Servers, tmp_path: Path
) -> None:
    server = servers.start()
    with running(home, tmp_path, "--cluster-domain=cluster.local"):
        provider = by_service(home, server)
        provider.publishes(*IDS)
        provider.is_ready()
    before = provider.config_map()
    assert provider.document["baseUrl"] == url(home, server, "cluster.local")
    with running(home, tmp_path, HOME) as operator:
        soon(lambda: provider.status["endpoint"].get("notes") == ["FormerDomain"])
        soon(lambda: "former domain" in provider.message("ConfigPublished"))
        assert not [e for e in operator.asked.of("configmaps") if e.verb in WRITES]
        assert provider.config_map() == before

        (move,) = commands(DOCS / "addresses.md")
        Shell(home.plane, tmp_path).run(move.replace("agents", home.namespace))
        soon(lambda: provider.document["baseUrl"] == url(home, server, "k8s.home.lan"))
        provider.publishes(*IDS)
        soon(lambda: "notes" not in provider.status["endpoint"])


def test_what_leads_elsewhere_is_asked_where_that_is_allowed(
    home: Workspace, servers: Servers, tmp_path: Path
) -> None:
    server, allow = servers.start(), "--allow-external-names=*.external.test"
    with running(home, tmp_path, allow, HOME):
        outside = {"type": "ExternalName", "externalName": "gw.elsewhere.test"}
        provider = by_service(home, server, **outside)
        provider.becomes(EndpointResolved="False ExternalNameRefused")
        assert "--allow-external-names gw.elsewhere.test" in provider.message("EndpointResolved")
        home.patch("services", "vllm", {"spec": {"externalName": "gw.external.test"}})
        provider.is_ready()
        provider.publishes(*IDS)
        assert provider.document["baseUrl"] == url(home, server, "k8s.home.lan")
        host = f"vllm.{home.namespace}.svc.k8s.home.lan:{server.port}"
        assert {request.headers["host"] for request in server.seen} == {host}


def test_an_address_of_the_host_is_denied_with_how_to_allow_it_and_metadata_always(
    home: Workspace, tmp_path: Path
) -> None:
    """Nothing listens there: a request that is let through fails as a connection."""
    url = "http://169.254.1.2:9/v1"
    with running(home, tmp_path):
        provider = home.provider(url)
        provider.becomes(EndpointResolved="False DestinationDenied")
        assert "--allow-addresses" in provider.message("EndpointResolved")
    with running(home, tmp_path, "--allow-addresses=169.254.1.2/32"):
        provider.becomes(EndpointResolved="True Succeeded")
        metadata = home.provider("http://169.254.169.254/v1", "metadata")
        metadata.becomes(EndpointResolved="False DestinationDenied")
        assert "--allow-addresses" not in metadata.message("EndpointResolved")
