"""An API server that answers wrongly for a while: nothing is given up, and nothing is doubled."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from aiohttp import web

from tests.apiserver.proxy import Forward, Proxy, Rule
from tests.apiserver.proxy_rules import done_and_dropped, dropped, status
from tests.apiserver.resident import Resident
from tests.apiserver.servers import Servers, ServerThread
from tests.apiserver.workspace import SOON, Json, Workspace, soon, workspace
from tests.controlplane.audit import AuditEntries
from tests.controlplane.plane import ControlPlane
from tests.eventually import eventually_sync
from tests.operator_process import OperatorProcess
from tests.rights import assert_within_rights
from tests.vllm_server import Model

pytestmark = pytest.mark.timeout(240)

READS, WRITES = ("GET",), ("PATCH", "POST")
AT_ONCE, LATER = 3, 6  # tries that fail: the client makes four, then the work queue comes back
SILENT_FOR = 70.0  # seconds: an API server says something each minute
# As a real one says it (measured): its causes tell what it is, its message only people.
TERMINATING: Json = {
    "message": "unable to create new content in namespace a because it is being terminated",
    "reason": "Forbidden",
    "details": {"causes": [{"reason": "NamespaceTerminating", "field": "metadata.namespace"}]},
}


@dataclass
class Faulty:
    """Treats so many requests by a rule, and passes on all others."""

    rule: Rule
    methods: tuple[str, ...]
    left: int
    about: str  # part of the path

    async def __call__(self, request: web.Request, forward: Forward) -> web.StreamResponse:
        watches = request.query.get("watch") == "true"
        if not self.left or watches or request.method not in self.methods:
            return await forward()
        if self.about not in request.path:
            return await forward()
        self.left -= 1
        return await self.rule(request, forward)


FAULTS = {
    "has-not-read-the-roles-yet": (status(403), WRITES, AT_ONCE),
    "is-too-busy": (status(429, Retry_After="1"), WRITES, AT_ONCE),
    "is-behind-a-gateway-that-is-not": (status(502), WRITES, LATER),
    "is-not-available": (status(503), WRITES, LATER),
    "cannot-write-to-its-store": (status(500), WRITES, LATER),
    "drops-connections": (dropped, WRITES, LATER),
    "drops-its-answers": (done_and_dropped, WRITES, AT_ONCE),
}
READ_FAULTS = {
    "cannot-read-its-store": (status(500), READS, LATER),
    "drops-reads": (dropped, READS, LATER),
}


@dataclass(frozen=True)
class Site:
    """A namespace with an operator behind a proxy."""

    space: Workspace
    proxy: Proxy
    operator: Resident

    def writes(self, name: str, resource: str) -> AuditEntries:
        requests = self.operator.asked.of(resource).writes()
        return AuditEntries(entry for entry in requests if entry.name.startswith(name))


@pytest.fixture(scope="module")
def site(
    control_plane: ControlPlane,
    operator_process: OperatorProcess,
    server_thread: ServerThread,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    operator_process.kill()  # it would write too, by the straight way
    with (
        Proxy(server_thread, control_plane) as proxy,
        workspace(control_plane, "an-api-server-with-faults") as space,
    ):
        operator = Resident(space, tmp_path_factory.mktemp("faults"), proxy=proxy)
        try:
            operator.start()
            yield Site(space, proxy, operator)
            assert_within_rights(operator, operator.asked)
        finally:
            operator.kill()


@pytest.mark.parametrize("fault", FAULTS)
def test_a_configmap_is_published_although_the_api_server(
    fault: str, site: Site, servers: Servers
) -> None:
    faulty = site.proxy.rule = Faulty(*FAULTS[fault], f"/{fault}")
    provider = site.space.provider(servers.start(), fault)
    provider.is_ready()
    assert len(provider.models) == 2
    assert faulty.left == 0
    created = [entry for entry in site.writes(fault, "configmaps") if entry.code == 201]
    assert len(created) == 1


@pytest.mark.parametrize("fault", READ_FAULTS)
def test_a_deleted_configmap_comes_back_although_the_api_server(
    fault: str, site: Site, servers: Servers
) -> None:
    """Nothing is read before the first one is created, but before another is."""
    provider = site.space.provider(servers.start(), fault)
    provider.is_ready()
    faulty = site.proxy.rule = Faulty(*READ_FAULTS[fault], f"/{fault}")
    site.space.delete("configmaps", provider.config_map_name)
    soon(lambda: site.space.find("configmaps", provider.config_map_name), "it is back")
    assert len(provider.models) == 2
    assert faulty.left == 0
    created = [entry for entry in site.writes(fault, "configmaps") if entry.code == 201]
    assert len(created) == 2


def test_what_could_not_be_written_is_written_later_although_nothing_else_changes(
    site: Site, servers: Servers
) -> None:
    server = servers.start()
    provider = site.space.provider(server, "late")
    provider.is_ready()
    count = server.count("/v1/models")
    soon(lambda: server.count("/v1/models") >= count + 2, "all is as it has to be")
    faulty = site.proxy.rule = Faulty(status(503), WRITES, LATER, "/late")
    server.models = (*server.models, Model("org/new"))
    soon(lambda: "org/new" in provider.models, "the new model is published")
    assert faulty.left == 0


def test_watches_that_fall_silent_are_opened_again(site: Site, servers: Servers) -> None:
    """As when a load balancer forgets a connection and tells nobody."""
    provider = site.space.provider(servers.start(), "unheard", discovery={"interval": "1h"})
    provider.is_ready()
    before = provider.data
    site.proxy.silence_watches()
    site.space.delete("configmaps", provider.config_map_name)
    eventually_sync(
        lambda: site.space.find("configmaps", provider.config_map_name),
        within=SILENT_FOR + SOON,
        describe="the ConfigMap is back",
    )
    assert provider.data == before


def test_nothing_is_tried_again_in_a_namespace_that_is_being_terminated(
    site: Site, servers: Servers
) -> None:
    server = servers.start()
    faulty = site.proxy.rule = Faulty(status(403, TERMINATING), WRITES, 100, "/leaving")
    site.space.provider(server, "leaving")
    soon(lambda: faulty.left < 100, "it is tried once")
    site.space.provider(server, "staying").is_ready()
    count = server.count("/v1/models")
    soon(lambda: server.count("/v1/models") >= count + 2, "others are asked again")
    assert faulty.left == 99
    assert site.space.find("configmaps", "leaving-openclaw") is None
    labels = {"namespace": site.space.namespace, "name": "leaving"}
    assert not site.operator.metric("vllmprovider_status_condition", **labels)
