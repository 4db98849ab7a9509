"""What a test does in its namespace, in the words of a user: create, edit, look, wait."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from tests.apiserver.honesty import assert_honest
from tests.controlplane.audit import AuditEntries
from tests.controlplane.credential import ApiError
from tests.controlplane.plane import ControlPlane
from tests.eventually import eventually_sync
from tests.operator_process import USER
from tests.vllm_server import VllmServer

Json = dict[str, Any]

GROUP = "openclaw-vllm.dev"
KIND = {"apiVersion": f"{GROUP}/v1alpha1", "kind": "VllmProvider"}
MERGE = "application/merge-patch+json"
SOON = 60.0  # seconds: generous, because machines are shared
PROVIDERS = "vllmproviders"


def soon(holds: Callable[[], object], describe: str = "the condition") -> None:
    eventually_sync(holds, within=SOON, describe=describe)


@contextmanager
def workspace(plane: ControlPlane, name: str) -> Iterator["Workspace"]:
    """Give a module a namespace of its own; a test has one by the fixture `space`."""
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    plane.admin.request("POST", "/api/v1/namespaces", body)
    yield Workspace(plane, name)
    with suppress(ApiError):  # a test may have deleted it
        plane.admin.request("DELETE", f"/api/v1/namespaces/{name}")


@dataclass(frozen=True)
class Workspace:
    """A namespace, as an administrator sees it."""

    plane: ControlPlane
    namespace: str

    def provider(self, server: VllmServer | str, name: str = "vllm", **spec: Any) -> "Provider":
        """Create a VllmProvider for a server or a URL; the interval is the shortest there is."""
        url = server if isinstance(server, str) else server.base_url
        spec = {"baseUrl": url, "discovery": {"interval": "5s"}, **spec}
        chosen = {field: value for field, value in spec.items() if value is not None}
        self.create(PROVIDERS, {**KIND, "metadata": {"name": name}, "spec": chosen})
        output = chosen.get("output", {}).get("configMapName", f"{name}-openclaw")
        return Provider(self, name, output)

    def create(self, plural: str, manifest: Json) -> Json:
        return self._request("POST", plural, "", manifest)

    def get(self, plural: str, name: str) -> Json:
        return self._request("GET", plural, name)

    def find(self, plural: str, name: str) -> Json | None:
        """Get an object, or None when there is none of this name."""
        try:
            return self.get(plural, name)
        except ApiError as error:
            if error.code != 404:
                raise
            return None

    def list(self, plural: str) -> list[Json]:
        result: list[Json] = self._request("GET", plural, "")["items"]
        return result

    def patch(self, plural: str, name: str, body: Json) -> Json:
        return self._request("PATCH", plural, name, body, content_type=MERGE)

    def delete(self, plural: str, name: str) -> None:
        self._request("DELETE", plural, name)

    def kubectl(self, *args: str) -> str:
        return self.plane.kubectl("--namespace", self.namespace, *args)

    def asked_since(self, mark: int) -> AuditEntries:
        """Return what the operator asked of this namespace, or of all at once, since the mark."""
        requests = self.plane.audit.since(mark).by(USER)
        return AuditEntries(entry for entry in requests if entry.namespace in ("", self.namespace))

    def _request(self, method: str, plural: str, name: str, *args: Any, **options: Any) -> Json:
        root = f"/apis/{GROUP}/v1alpha1" if plural == PROVIDERS else "/api/v1"
        path = f"{root}/namespaces/{self.namespace}/{plural}/{name}".rstrip("/")
        answer: Json = self.plane.admin.request(method, path, *args, **options)
        return answer


@dataclass(frozen=True)
class Provider:
    """A VllmProvider and the ConfigMap that is published for it."""

    space: Workspace
    name: str
    config_map_name: str

    def read(self) -> Json:
        return self.space.get(PROVIDERS, self.name)

    @property
    def status(self) -> Json:
        result: Json = self.read()["status"]
        return result

    @property
    def conditions(self) -> dict[str, str]:
        """The conditions, each as its status and reason: `True Succeeded`."""
        return {c["type"]: f"{c['status']} {c['reason']}" for c in self._conditions()}

    def message(self, type_: str) -> str:
        return next(str(c["message"]) for c in self._conditions() if c["type"] == type_)

    def _conditions(self) -> list[Json]:
        result: list[Json] = self.status.get("conditions", [])
        return result

    def becomes(self, **expected: str) -> Json:
        """Wait until its present generation has these conditions; return it, judged as honest."""

        def so() -> Json:
            current = self.read()
            status = current["status"]
            by_type = {
                c["type"]: f"{c['status']} {c['reason']}" for c in status.get("conditions", [])
            }
            assert status["observedGeneration"] == current["metadata"]["generation"], by_type
            assert {type_: by_type.get(type_, "absent") for type_ in expected} == expected, by_type
            return current

        name = f"{self.name} becomes {expected}"
        return assert_honest(eventually_sync(so, within=SOON, describe=name))

    def is_ready(self) -> Json:
        return self.becomes(Ready="True Succeeded")

    def config_map(self) -> Json:
        result = self.space.find("configmaps", self.config_map_name)
        assert result is not None, f"there is no ConfigMap {self.config_map_name}"
        return result

    @property
    def data(self) -> dict[str, str]:
        result: dict[str, str] = self.config_map()["data"]
        return result

    @property
    def document(self) -> Json:
        """What `models.json` says of this provider."""
        providers: Json = json.loads(self.data["models.json"])["providers"]
        result: Json = providers.get("vllm", {})
        return result

    @property
    def models(self) -> list[str]:
        return [model["id"] for model in self.document.get("models", [])]

    def publishes(self, *ids: str) -> None:
        """Wait until exactly these models are published."""
        soon(lambda: self.models == sorted(ids), f"{self.name} publishes {ids}")

    def edit(self, **spec: Any) -> Json:
        return self.space.patch(PROVIDERS, self.name, {"spec": spec})

    def annotate(self, **annotations: str | None) -> None:
        named = {f"{GROUP}/{name.replace('_', '-')}": text for name, text in annotations.items()}
        self.space.patch(PROVIDERS, self.name, {"metadata": {"annotations": named}})

    def damage(self, **changes: Any) -> Json:
        """Patch its ConfigMap, as a vandal."""
        return self.space.patch("configmaps", self.config_map_name, changes)

    def probe(self, server: VllmServer) -> None:
        """Have the server asked once more, now, and wait until it was."""
        count = server.count("/v1/models")
        self.annotate(requested_at=uuid4().hex)
        soon(lambda: server.count("/v1/models") > count, "the server is asked")

    def delete(self) -> None:
        self.space.delete(PROVIDERS, self.name)
