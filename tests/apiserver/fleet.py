"""Fifty VllmProviders in every state in which one can stay, brought there and looked at."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from tests.apiserver.servers import Servers
from tests.apiserver.workspace import PROVIDERS, Provider, Workspace
from tests.certificates import Authority
from tests.controlplane.component import free_port
from tests.eventually import eventually_sync
from tests.vllm_server import Answer, Hang, Model, VllmServer

DISCOVERY = {"interval": "5s", "timeout": "2s"}
AGENTS = {"primary": ["org/b*", "*"], "fallbacks": ["*"], "aliases": {"coder": "org/a"}}
SPECS: dict[str, dict[str, Any]] = {
    "agents": {"agents": AGENTS},
    "explicit": {"models": [{"id": "my/model", "contextWindow": 65536}]},
    "keyed": {
        "auth": {"apiKeySecretRef": {"name": "key", "key": "api-key"}},
        "tls": {"caBundleRef": {"name": "users"}},
        "output": {"baseConfigRef": {"name": "users", "key": "openclaw.json5"}},
    },
}
DOCUMENT = Answer(body=b"<html>Welcome to nginx!</html>")

GOOD = "True Succeeded"
COUNTS = {  # how many of each, and the Ready condition in which each ends
    "shuffled": (20, GOOD),
    "agents": (8, GOOD),
    "explicit": (3, GOOD),
    "adapters": (2, GOOD),
    "keyed": (2, GOOD),
    "stopped": (4, "False ConnectionFailed"),
    "hanging": (3, "False TimedOut"),
    "broken": (3, "False InvalidAnswer"),
    "never": (3, "False ConnectionFailed"),
    "empty": (2, "False NoModels"),
}


@dataclass
class Fleet:
    """The VllmProviders by name, and the servers that several of them share."""

    space: Workspace
    servers: dict[str, VllmServer] = field(default_factory=dict)
    providers: dict[str, Provider] = field(default_factory=dict)

    @classmethod
    def start(cls, space: Workspace, servers: Servers) -> "Fleet":
        """Create all, let the servers fail that shall fail, and wait until all has settled.

        An API server keeps a watch alive only once it has seen an event of the kind since it
        started: without one the watch is opened anew every 70 seconds.
        """
        fleet = cls(space)
        space.create("services", {"metadata": {"name": "any"}, "spec": {"ports": [{"port": 80}]}})
        models = tuple(Model(f"org/{letter}", 40960) for letter in "abcdef")
        adapter = Model("org/lora", parent="org/a")
        for sort in COUNTS:
            listed = (*models, adapter) if sort == "adapters" else models
            fleet.servers[sort] = servers.start(*listed, shuffle=True)
        fleet.servers["empty"].models = ()
        fleet._guard(servers, fleet.servers["keyed"])
        for sort, (count, _) in COUNTS.items():
            for number in range(count):
                fleet._create(sort, f"{sort}-{number}")
        fleet._wait_for(sort for sort in COUNTS if sort not in ("never", "empty"))
        fleet._fail(servers)
        fleet.settle()
        return fleet

    def settle(self) -> None:
        """Wait until every one is as it will stay."""
        for name, provider in self.providers.items():
            _, ready = COUNTS[name.rpartition("-")[0]]
            provider.becomes(Ready=ready)

    def wait_for_probes(self, times: int) -> None:
        """Wait until each server was asked so often, from now on, for each of its providers."""
        for server in self.servers.values():
            server.seen.clear()
        probed = [sort for sort in COUNTS if sort not in ("stopped", "never", "explicit")]
        for sort in probed:
            eventually_sync(
                partial(self._are_probed, sort, times),
                within=times * 10 + 30,
                describe=f"every {sort} provider is probed {times} times",
            )

    def snapshot(self) -> dict[str, Any]:
        """Return what must not change: every byte, and every version, even of a no-op write."""
        return {
            f"{plural}/{item['metadata']['name']}": (
                item["metadata"]["uid"],
                item["metadata"]["resourceVersion"],
                item.get("data"),
            )
            for plural in ("configmaps", PROVIDERS)
            for item in self.space.list(plural)
        }

    def _guard(self, servers: Servers, server: VllmServer) -> None:
        """Have the server want a key and prove itself, and create all that its providers name."""
        authority = Authority.create()
        servers.stop(server)
        server.keys, server.tls = ("secret",), authority.issue("127.0.0.1").server_context()
        servers.restart(server)
        hosts = {"openclaw-vllm.dev/allowed-hosts": "127.0.0.1"}
        secret = {"metadata": {"name": "key", "annotations": hosts}}
        self.space.create("secrets", {**secret, "stringData": {"api-key": "secret"}})
        data = {"ca.crt": authority.pem, "openclaw.json5": "{gateway: {port: 1}}"}
        self.space.create("configmaps", {"metadata": {"name": "users"}, "data": data})

    def _create(self, sort: str, name: str) -> None:
        headers = [{"name": "X-Provider", "value": name}]
        spec: dict[str, Any] = {"headers": headers, **SPECS.get(sort, {})}
        server: VllmServer | str = self.servers[sort]
        if sort == "never":
            server = f"http://127.0.0.1:{free_port()}"
        self.providers[name] = self.space.provider(server, name, discovery=DISCOVERY, **spec)

    def _wait_for(self, sorts: Iterable[str]) -> None:
        for sort in sorts:
            for number in range(COUNTS[sort][0]):
                self.providers[f"{sort}-{number}"].is_ready()

    def _fail(self, servers: Servers) -> None:
        servers.stop(self.servers["stopped"])
        self.servers["hanging"].fault = Hang()
        self.servers["broken"].fault = DOCUMENT

    def _are_probed(self, sort: str, times: int) -> bool:
        received = list(self.servers[sort].seen)
        headers = [s.headers.get("x-provider") for s in received if s.path == "/v1/models"]
        names = [f"{sort}-{number}" for number in range(COUNTS[sort][0])]
        return all(headers.count(name) >= times for name in names)
