"""A change of every kind that the operator follows, made while its API server is in trouble."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from uuid import uuid4

from tests.apiserver.catalogs.estate import SHARED, Estate
from tests.apiserver.catalogs.published import CATALOGS, VllmCatalog
from tests.apiserver.workspace import PROVIDERS, Json, Provider, Workspace, soon
from tests.operator_process import OperatorProcess
from tests.vllm_server import Model, VllmServer

COLOURS = ("red", "blue")
EVERY = 0.1  # seconds between two looks
OWN_PORT = {"app.kubernetes.io/name": "other"}  # of a Service that no catalog selects


@dataclass(frozen=True)
class Change:
    """What somebody does, and what shows that the operator has followed."""

    act: Callable[[], object]
    is_right: Callable[[], object]

    def holds(self) -> bool:
        try:
            return bool(self.is_right())
        except AssertionError:
            return False


def late(changes: Mapping[str, Change], within: float) -> list[str]:
    """Return which changes the operator has not followed in that many seconds."""
    deadline, waiting = time.monotonic() + within, dict(changes)
    while waiting and time.monotonic() < deadline:
        waiting = {name: change for name, change in waiting.items() if not change.holds()}
        time.sleep(EVERY)
    return list(waiting)


class ChangingEstate:
    """An estate of which every kind of object changes, again and again."""

    def __init__(self, estate: Estate, operator: OperatorProcess) -> None:
        self._estate, self._operator = estate, operator
        self._team, self._colours = estate.team(), cycle(COLOURS)
        self._servers = {colour: estate.serve(f"org/{colour}") for colour in COLOURS}
        self._listing, self._guarded = estate.serve("org/a"), estate.serve("org/a", keys=("first",))
        red = self._servers["red"]
        self._edited, self._robbed = (
            self._team.provider(red, name) for name in ("edited", "robbed")
        )
        self._listed = self._team.provider(self._listing, "listed")
        self._moved, self._keyed = self._behind("moved", red), self._behind_guarded()
        for colour, server in self._servers.items():
            self._share(self._team.provider(server, colour), colour)
        estate.service(self._team, red, name="sourced")
        self._spreading = self._catalog("spreading")
        self._recoloured = self._catalog("recoloured")
        self._last = "first"
        creations = self._creations("first", red)
        for change in creations.values():
            change.act()
        soon(lambda: all(change.holds() for change in creations.values()), "the estate is there")
        for provider in (self._edited, self._robbed, self._listed, self._moved, self._keyed):
            provider.is_ready()
        soon(lambda: self._sourced in self._spreading.models, "the Service is in the catalog")

    def changes(self) -> dict[str, Change]:
        """Return a change of every kind, each another one than the last time."""
        name, colour = f"n{uuid4().hex[:4]}", next(self._colours)
        server, last, self._last = self._servers[colour], self._last, name
        return {
            **self._edits(name, server, f"org/{colour}"),
            **self._catalog_edits(colour),
            **self._creations(name, server),
            **self._removals(last),
        }

    def _edits(self, name: str, server: VllmServer, id_: str) -> dict[str, Change]:
        robbed, new = self._robbed, f"org/{name}"
        rob = partial(self._team.delete, "configmaps", robbed.config_map_name)
        return {
            "VllmProvider edited": Change(
                partial(self._edited.edit, baseUrl=server.base_url),
                lambda: self._edited.models == [id_],
            ),
            "Service moved": Change(
                partial(self._move, "moved", server), lambda: self._moved.models == [id_]
            ),
            "ConfigMap deleted": Change(rob, lambda: robbed.models == ["org/red"]),
            "Secret changed": Change(
                partial(self._rotate, name), lambda: new in self._keyed.models
            ),
            "model listed": Change(
                partial(setattr, self._listing, "models", (Model(new),)),
                lambda: new in self._listed.models,
            ),
        }

    def _catalog_edits(self, colour: str) -> dict[str, Change]:
        server, id_ = self._servers[colour], f"org/{colour}"
        selected = self._estate.providers(selector={"matchLabels": {**SHARED, "colour": colour}})
        return {
            "Service of a VllmCatalog moved": Change(
                partial(self._move, "sourced", server),
                lambda: self._spreading.models.get(self._sourced) == [id_],
            ),
            "VllmCatalog edited": Change(
                partial(self._recoloured.edit, sources=[selected]),
                lambda: list(self._recoloured.models.values()) == [[id_]],
            ),
        }

    @property
    def _sourced(self) -> str:
        """The provider id of the Service that a VllmCatalog selects."""
        return f"vllm-{self._team.namespace}-sourced"

    def _creations(self, name: str, server: VllmServer) -> dict[str, Change]:
        return {
            "VllmProvider created": Change(
                partial(self._team.provider, server, name), lambda: self._provider(name).models
            ),
            "VllmCatalog created": Change(
                partial(self._catalog, name), lambda: self._named(name).targets
            ),
            "namespace created": Change(
                partial(self._estate.agents, name),
                lambda: self._agents(name).namespace in self._spreading.targets,
            ),
        }

    def _removals(self, name: str) -> dict[str, Change]:
        agents = self._agents(name)
        return {
            "VllmProvider deleted": Change(
                self._provider(name).delete, lambda: not self._is_counted(name)
            ),
            "VllmCatalog deleted": Change(self._named(name).delete, lambda: self._is_gone(name)),
            "namespace unselected": Change(
                partial(self._estate.label, agents, agents=None),
                lambda: agents.namespace not in self._spreading.targets,
            ),
        }

    def _behind(self, name: str, server: VllmServer, **spec: Json) -> Provider:
        """Create a VllmProvider for a Service, which leads to this server."""
        self._estate.service(self._team, server, name=name, labels=OWN_PORT)
        reference = {"name": name, "port": "http"}
        return self._team.provider("", name, baseUrl=None, serviceRef=reference, **spec)

    def _behind_guarded(self) -> Provider:
        metadata = {"name": "key"}
        self._team.create("secrets", {"metadata": metadata, "stringData": {"api-key": "first"}})
        auth = {"apiKeySecretRef": {"name": "key", "key": "api-key"}}
        return self._behind("keyed", self._guarded, auth=auth)

    def _share(self, provider: Provider, colour: str) -> None:
        labels = {"metadata": {"labels": {**SHARED, "colour": colour}}}
        self._team.patch(PROVIDERS, provider.name, labels)

    def _move(self, name: str, server: VllmServer) -> None:
        ports = [{"name": "http", "port": server.port}]
        self._team.patch("services", name, {"spec": {"ports": ports}})

    def _rotate(self, key: str) -> None:
        """Have the guarded server know another key only, and list another model."""
        self._guarded.keys, self._guarded.models = (key,), (Model(f"org/{key}"),)
        self._team.patch("secrets", "key", {"stringData": {"api-key": key}})

    def _catalog(self, name: str) -> VllmCatalog:
        return self._estate.catalog(name=name)

    def _named(self, name: str) -> VllmCatalog:
        full = f"{self._estate.name}-{name}"
        return VllmCatalog(self._estate.plane, full, f"{full}-openclaw")

    def _provider(self, name: str) -> Provider:
        return Provider(self._team, name, f"{name}-openclaw")

    def _agents(self, name: str) -> Workspace:
        return Workspace(self._estate.plane, f"{self._estate.name}-{name}")

    def _is_counted(self, name: str) -> bool:
        labels = {"namespace": self._team.namespace, "name": name}
        return self._operator.metric("vllmprovider_status_condition", **labels) > 0

    def _is_gone(self, name: str) -> bool:
        catalog = self._named(name)
        query = f"fieldSelector=metadata.name%3D{catalog.name}"
        existing = self._estate.plane.admin.request("GET", f"{CATALOGS}?{query}")["items"]
        return not existing and not catalog.targets
