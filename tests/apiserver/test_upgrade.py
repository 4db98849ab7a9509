"""An upgrade from the last release: its operator's objects and ConfigMaps, and today's operator."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests import cluster_dns, recorded_release
from tests.apiserver.servers import Servers, ServerThread
from tests.apiserver.workspace import soon
from tests.conftest import CRDS
from tests.controlplane.plane import ControlPlane
from tests.operator_process import USER, OperatorProcess, grant
from tests.vllm_server import Model, VllmServer

PROBES = 2  # of each server by each of those that ask it, before an upgrade counts as done
NEW = Model("org/new", 32768)
WITHOUT_PRIMARY = (
    "team-a/plain-openclaw",
    "team-a/service-openclaw",
    "team-a/empty-agents-openclaw",
    "team-a/aliases-openclaw",
    "team-a/allow-openclaw",
    "team-a/params-and-agents-openclaw",
    "team-a/base-openclaw",
    "team-a/odd-ids-openclaw",
    "agents-1/small-openclaw",
)


class Upgraded:
    """The cluster of the last release, with its CRDs upgraded, and today's operator."""

    def __init__(self, plane: ControlPlane, folder: Path, servers: Servers) -> None:
        recorded_release.restore(plane)
        plane.kubectl("apply", "--server-side", "--force-conflicts", "-f", str(CRDS))
        self.servers = [servers.take(server) for server in recorded_release.servers()]
        self.plane, self.mark = plane, plane.audit.mark()
        self.operator = OperatorProcess(
            grant(plane), folder, recorded_release.OWN_NAMESPACE, program=cluster_dns.PROGRAM
        )
        self.operator.start()

    def wait_for_probes(self) -> None:
        """Wait until each server was asked so often that each asker has had its turn."""
        for server in self.servers:
            enough = server.count("/v1/models") + PROBES * len(self._askers(server))
            soon(partial(self._is_asked, server, enough), f"{server.port} is asked")

    def _is_asked(self, server: VllmServer, times: int) -> bool:
        return server.count("/v1/models") >= times

    def published(self) -> dict[str, dict[str, str]]:
        text = self.plane.kubectl("get", "configmaps", "-A", "-o", "json")
        items = {recorded_release.name_of(each): each for each in json.loads(text)["items"]}
        return {name: items[name]["data"] for name in recorded_release.published()}

    def has_primary(self, name: str) -> bool:
        return '"primary"' in self.published()[name]["agents-defaults.json"]

    def writes(self, resource: str) -> list[Any]:
        return list(self.plane.audit.since(self.mark).by(USER).writes().of(resource))

    def _askers(self, server: VllmServer) -> list[str]:
        specs = (
            row for row in recorded_release.rows("VllmProvider") if "models" not in row["spec"]
        )
        return [
            recorded_release.name_of(row)
            for row in specs
            if str(server.port) in row["spec"].get("baseUrl", "")
        ]


@pytest.fixture(scope="module")
def upgraded(
    nobody_else: None, tmp_path_factory: pytest.TempPathFactory, server_thread: ServerThread
) -> Iterator[Upgraded]:
    with ControlPlane(crds=recorded_release.CRDS) as plane, Servers(server_thread) as servers:
        grant(plane)
        cluster = Upgraded(plane, tmp_path_factory.mktemp("upgraded"), servers)
        yield cluster
        cluster.operator.kill()


@pytest.fixture(scope="module")
def nobody_else(operator_process: OperatorProcess) -> None:
    """End the operator of other modules: it is of no use here, and takes the machine's time."""
    operator_process.kill()


def test_an_upgrade_writes_no_configmap_of_fifty_providers_and_two_catalogs(
    upgraded: Upgraded,
) -> None:
    assert len(recorded_release.rows("VllmProvider")) == 50
    assert len(recorded_release.rows("VllmCatalog")) == 2
    upgraded.wait_for_probes()
    assert upgraded.published() == recorded_release.published()
    assert upgraded.writes("configmaps") == []
    assert not upgraded.operator.bugs(), upgraded.operator.tail()


@pytest.mark.parametrize("name", WITHOUT_PRIMARY)
def test_the_first_change_after_an_upgrade_adds_the_model_and_no_primary(
    name: str, upgraded: Upgraded
) -> None:
    """It is the default by now, but whoever has a ConfigMap without one has not asked for it."""
    before = recorded_release.published()[name]
    for server in upgraded.servers:
        server.models = (*(model for model in server.models if model != NEW), NEW)
    soon(lambda: NEW.id in upgraded.published()[name]["models.json"], f"{name} has the model")
    was, now = (
        json.loads(data["agents-defaults.json"]) for data in (before, upgraded.published()[name])
    )
    assert "primary" not in now.get("model", {})
    assert now.keys() == was.keys()


def test_who_asks_for_a_primary_after_an_upgrade_gets_it(upgraded: Upgraded) -> None:
    for kind, name in (("vllmprovider", "plain"), ("vllmcatalog", "small")):
        words = ("-n", "team-a", "--type=merge", "-p", '{"spec": {"agents": {"enabled": true}}}')
        upgraded.plane.kubectl("patch", kind, name, *words)
    for name in ("team-a/plain-openclaw", "agents-1/small-openclaw"):
        soon(partial(upgraded.has_primary, name), f"{name} has a primary model")
