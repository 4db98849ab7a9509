"""A whole fleet under one catalog: ten VllmProviders and ten Services for twenty namespaces."""

from dataclasses import dataclass
from typing import Any

from tests.apiserver.catalogs.estate import SHARE, Estate
from tests.apiserver.catalogs.published import VllmCatalog
from tests.apiserver.workspace import Workspace, soon
from tests.vllm_server import VllmServer

TEAMS, HOMES = 10, 20
DISCOVERY = {"interval": "5s", "timeout": "2s"}
AGENTS = {"primary": ["*"], "fallbacks": ["*"], "aliases": {"first": "*/org/p0"}}


@dataclass
class Fleet:
    """Ten teams, each with a VllmProvider and a Service, and the agents' namespaces."""

    estate: Estate
    teams: list[Workspace]
    homes: list[Workspace]
    servers: list[VllmServer]
    catalog: VllmCatalog

    @classmethod
    def start(cls, estate: Estate) -> "Fleet":
        teams = [estate.team(f"team-{number}") for number in range(TEAMS)]
        homes = [estate.agents(f"home-{number}") for number in range(HOMES)]
        servers = [estate.serve(f"org/{sort}{n}") for sort in "ps" for n in range(TEAMS)]
        for team, server in zip(teams, servers[:TEAMS], strict=True):
            team.provider(server, discovery=DISCOVERY)
            team.patch("vllmproviders", "vllm", {"metadata": {"labels": {SHARE: "true"}}})
        for team, server in zip(teams, servers[TEAMS:], strict=True):
            estate.service(team, server)
        catalog = estate.catalog(estate.providers(), estate.services(timeout="2s"), agents=AGENTS)
        fleet = cls(estate, teams, homes, servers, catalog)
        fleet.settles(2 * TEAMS)
        return fleet

    def settles(self, providers: int, *, homes: int = HOMES) -> None:
        """Wait until so many providers are everywhere, and the status says so."""
        soon(lambda: len(self.catalog.models) == providers, f"{providers} are there")
        soon(lambda: len(self.catalog.targets) == homes)
        self.catalog.becomes(Ready="True Succeeded", SourcesReachable="True Succeeded")
        self.catalog.agrees()

    def wait_for_probes(self, times: int) -> None:
        """Wait until each server was asked so often from now on."""
        before = [server.count("/v1/models") for server in self.servers]
        soon(
            lambda: all(
                server.count("/v1/models") >= count + times
                for server, count in zip(self.servers, before, strict=True)
            ),
            f"{times} probes of each server",
        )

    def snapshot(self) -> dict[str, Any]:
        """Return what must not change: every byte, and every version, even of a no-op write."""
        maps = self.catalog.config_maps()
        result = {name: (m["metadata"]["resourceVersion"], m["data"]) for name, m in maps.items()}
        return {**result, "": self.catalog.read()["metadata"]["resourceVersion"]}
