"""Objects as the API server shows them, reduced to what decisions need."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.configmap import GROUP
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.api.status import VllmProviderStatus

REQUESTED_AT = f"{GROUP}/requested-at"
ALLOWED_HOSTS = f"{GROUP}/allowed-hosts"


@dataclass(frozen=True, slots=True)
class Resource:
    """A VllmProvider; its spec is a Problem when this version of the operator cannot read it."""

    key: ObjectKey
    uid: str
    generation: int
    resource_version: str
    created: str
    requested_at: str
    spec: VllmProviderSpec | Problem
    status: VllmProviderStatus

    @property
    def age_rank(self) -> tuple[str, str]:
        """Sorts resources from the oldest on."""
        return (self.created, self.uid)

    @property
    def config_map(self) -> ObjectKey:
        """The ConfigMap that it publishes."""
        chosen = None if isinstance(self.spec, Problem) else self.spec.output.config_map_name
        return ObjectKey(self.key.namespace, chosen or f"{self.key.name}-openclaw")

    @classmethod
    def read(cls, manifest: Mapping[str, Any]) -> "Resource":
        """Read a VllmProvider as the API server sends it."""
        metadata = manifest["metadata"]
        return cls(
            key=ObjectKey(metadata["namespace"], metadata["name"]),
            uid=metadata["uid"],
            generation=metadata["generation"],
            resource_version=metadata["resourceVersion"],
            created=metadata["creationTimestamp"],
            requested_at=(metadata.get("annotations") or {}).get(REQUESTED_AT, ""),
            spec=_spec(manifest.get("spec") or {}),
            status=_status(manifest.get("status") or {}),
        )


def _spec(wire: Mapping[str, Any]) -> VllmProviderSpec | Problem:
    try:
        return VllmProviderSpec.model_validate(wire)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        path = ".".join(str(part) for part in ("spec", *first["loc"]))
        return Problem(Reason.INVALID_SPEC, f"{path}: {first['msg']}")


def _status(wire: Mapping[str, Any]) -> VllmProviderStatus:
    """Read our own status; one that we cannot read counts as none, so it is written anew."""
    try:
        return VllmProviderStatus.model_validate(wire)
    except ValidationError:
        return VllmProviderStatus()


@dataclass(frozen=True, slots=True)
class Service:
    """What endpoints need to know of a Service: its type and its ports as (name, number)."""

    type: str
    ports: tuple[tuple[str, int], ...]

    @classmethod
    def read(cls, manifest: Mapping[str, Any]) -> "Service":
        """Read a Service as the API server sends it."""
        spec = manifest.get("spec") or {}
        ports = tuple((port.get("name", ""), port["port"]) for port in spec.get("ports") or ())
        return cls(spec.get("type", "ClusterIP"), ports)


@dataclass(frozen=True, slots=True)
class Secret:
    """A Secret's values, decoded, and the hosts that its annotation lets them be sent to."""

    allowed_hosts: str
    data: Mapping[str, bytes] = field(repr=False)
