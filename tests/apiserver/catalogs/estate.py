"""What a test of catalogs has: namespaces of teams and of agents, what is shared, catalogs."""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self

from tests.apiserver.catalogs.published import CATALOGS, KIND, VllmCatalog
from tests.apiserver.servers import Servers
from tests.apiserver.workspace import PROVIDERS, Json, Provider, Workspace, soon
from tests.controlplane.audit import AuditEntries
from tests.controlplane.credential import ApiError
from tests.controlplane.plane import ControlPlane
from tests.operator_process import USER
from tests.vllm_server import Model, VllmServer

NAMESPACES = "/api/v1/namespaces"
MERGE = "application/merge-patch+json"
SHARE = "openclaw-vllm.dev/share"
KEY_SECRET = "openclaw-vllm.dev/api-key-secret"  # noqa: S105 - an annotation
SHARED = {SHARE: "true"}
APP = {"app.kubernetes.io/name": "vllm"}


@dataclass
class Estate:
    """The namespaces of one test, told from those of others by a label, and what is in them.

    A namespace of agents has the label `agents`, one of a team that serves models `models`, each
    with the estate's name.
    """

    plane: ControlPlane
    servers: Servers
    name: str
    _spaces: list[Workspace] = field(default_factory=list)
    _catalogs: list[VllmCatalog] = field(default_factory=list)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for path in (catalog.path for catalog in self._catalogs):
            with suppress(ApiError):  # a test may have deleted it
                self.plane.admin.request("DELETE", path)
        for space in self._spaces:
            with suppress(ApiError):
                self.plane.admin.request("DELETE", f"{NAMESPACES}/{space.namespace}")

    def team(self, name: str = "models", **labels: str) -> Workspace:
        """Create a namespace of servers."""
        return self.namespace(name, models=self.name, **labels)

    def agents(self, name: str = "agents", **labels: str) -> Workspace:
        """Create a namespace of agents."""
        return self.namespace(name, agents=self.name, **labels)

    def namespace(self, name: str, **labels: str) -> Workspace:
        full = f"{self.name}-{name}"
        body = {"apiVersion": "v1", "kind": "Namespace"}
        metadata = {"name": full, "labels": labels}
        self.plane.admin.request("POST", NAMESPACES, {**body, "metadata": metadata})
        self._spaces.append(Workspace(self.plane, full))
        return self._spaces[-1]

    def asked_since(self, mark: int) -> AuditEntries:
        """Return what the operator asked of these namespaces, or of all at once, since the mark.

        Those that another test has deleted may be withdrawn from or written to only now.
        """
        requests = self.plane.audit.since(mark).by(USER)
        own = f"{self.name}-"
        return AuditEntries(
            entry for entry in requests if not entry.namespace or entry.namespace.startswith(own)
        )

    def label(self, space: Workspace, **labels: str | None) -> None:
        """Change labels of a namespace; None removes one."""
        patch = {"metadata": {"labels": labels}}
        path = f"{NAMESPACES}/{space.namespace}"
        self.plane.admin.request("PATCH", path, patch, content_type=MERGE)

    def provider(
        self, team: Workspace, *models: str, name: str = "vllm", shared: bool = True, **spec: Any
    ) -> Provider:
        """Create a VllmProvider with a server of its own, and wait until it has published."""
        created = team.provider(self.serve(*models), name, **spec)
        created.is_ready()
        if shared:
            share(team, PROVIDERS, name)
        return created

    def service(
        self,
        team: Workspace,
        server: VllmServer,
        *,
        name: str = "qwen",
        labels: dict[str, str] = SHARED,
        keyed_by: str = "",
    ) -> str:
        """Create a Service that leads to a server, with the port `http`; return its name."""
        named = {KEY_SECRET: keyed_by} if keyed_by else {}
        labels = {**APP, **labels}
        metadata = {"name": name, "labels": labels, "annotations": named}
        ports = [{"name": "http", "port": server.port}]
        team.create("services", {"metadata": metadata, "spec": {"ports": ports}})
        return name

    def serve(self, *models: str, **settings: Any) -> VllmServer:
        return self.servers.start(*(Model(id_, 32768) for id_ in models), **settings)

    def catalog(self, *sources: Json, name: str = "", **spec: Any) -> VllmCatalog:
        """Create a catalog of this estate: by default of all that is shared, for all agents."""
        full = f"{self.name}{name and '-'}{name}"
        target = {"namespaceSelector": self.of("agents"), **spec.pop("target", {})}
        chosen = {"sources": list(sources or (self.providers(), self.services())), **spec}
        body = {**KIND, "metadata": {"name": full}, "spec": {**chosen, "target": target}}
        self.plane.admin.request("POST", CATALOGS, body)
        output = target.get("configMapName", f"{full}-openclaw")
        self._catalogs.append(VllmCatalog(self.plane, full, output))
        return self._catalogs[-1]

    def providers(self, **fields: Any) -> Json:
        selectors = {"namespaceSelector": self.of("models"), "selector": {"matchLabels": SHARED}}
        return {"providers": {**selectors, **fields}}

    def services(self, **fields: Any) -> Json:
        selectors = {"namespaceSelector": self.of("models"), "selector": {"matchLabels": APP}}
        requests = {"port": "http", "interval": "5s"}
        return {"services": {**selectors, **({} if "ports" in fields else requests), **fields}}

    def of(self, role: str) -> Json:
        return {"matchLabels": {role: self.name}}


def a_second_later(older: Json) -> None:
    """Wait until what is created is younger than this: creation times are whole seconds."""
    created = datetime.fromisoformat(older["metadata"]["creationTimestamp"])
    soon(lambda: datetime.now(UTC) >= created + timedelta(seconds=1))


def share(space: Workspace, plural: str, name: str, value: str | None = "true") -> None:
    """Label an object as shared, or as not."""
    space.patch(plural, name, {"metadata": {"labels": {SHARE: value}}})
