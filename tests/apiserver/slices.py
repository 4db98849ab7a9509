"""EndpointSlices of a test's namespace, written as their controller does, and who asks there."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from tests.apiserver.workspace import Provider, Workspace
from tests.builders import Wire
from tests.builders.slices import endpoint_slice
from tests.controlplane.credential import ApiError
from tests.vllm_server import VllmServer

MERGE = "application/merge-patch+json"
TEN_MINUTES = {"interval": "10m"}
KIND = {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice"}


@dataclass(frozen=True)
class Slices:
    """The slices of one namespace."""

    space: Workspace

    def apply(
        self,
        *ready: str,
        service: str = "vllm",
        family: str = "IPv4",
        ports: Iterable[tuple[str, int]] = (("http", 8000),),
        labels: Mapping[str, str] | None = None,
        others: Iterable[Wire] = (),
        number: int = 0,
    ) -> None:
        """Write a slice of a Service and family, the only one unless it has a number: these
        addresses are ready, and others are as they are given."""
        name = f"{service}-{family.lower()}{number or ''}"
        body = endpoint_slice(
            *ready,
            name=name,
            service=service,
            namespace=self.space.namespace,
            family=family,
            ports=ports,
            others=others,
        )
        named = body["metadata"]["labels"] | (labels or {})
        body |= {**KIND, "metadata": {"name": name, "labels": named}}
        with suppress(ApiError):
            self._request("PATCH", name, body)
            return
        self._request("POST", "", body)

    def delete(self, service: str = "vllm", family: str = "IPv4") -> None:
        self.space.plane.admin.request("DELETE", self._path(f"{service}-{family.lower()}"))

    def _request(self, method: str, name: str, body: Mapping[str, object]) -> None:
        options = {"content_type": MERGE} if method == "PATCH" else {}
        self.space.plane.admin.request(method, self._path(name), dict(body), **options)

    def _path(self, name: str) -> str:
        root = f"/apis/{KIND['apiVersion']}/namespaces/{self.space.namespace}"
        return f"{root}/endpointslices/{name}".rstrip("/")


def behind_service(space: Workspace, server: VllmServer, **discovery: object) -> Provider:
    """Create a Service that leads to the server, and a VllmProvider that names it."""
    ports = [{"name": "http", "port": server.port}]
    space.create("services", {"metadata": {"name": "vllm"}, "spec": {"ports": ports}})
    reference = {"name": "vllm", "port": "http"}
    chosen = {**TEN_MINUTES, **discovery}
    return space.provider("", baseUrl=None, serviceRef=reference, discovery=chosen)
