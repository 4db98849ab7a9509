"""Objects as read from the API server, reduced to the fields that decisions need."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, Self, TypeVar

from pydantic import ValidationError

from openclaw_vllm.api.catalog import VllmCatalogSpec
from openclaw_vllm.api.catalog_status import VllmCatalogStatus
from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.configmap import GROUP
from openclaw_vllm.api.fields import WireModel
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import (
    DEFAULT_PROVIDER_ID,
    VllmProviderSpec,
    is_provider_id,
)
from openclaw_vllm.api.status import VllmProviderStatus

REQUESTED_AT = f"{GROUP}/requested-at"
ALLOWED_HOSTS = f"{GROUP}/allowed-hosts"


Spec = TypeVar("Spec", bound=WireModel)
Status = TypeVar("Status", bound=WireModel)


@dataclass(frozen=True, slots=True)
class CustomObject(Generic[Spec, Status]):
    """An object of one of our kinds."""

    KIND: ClassVar[str]
    SPEC: ClassVar[type[WireModel]]
    STATUS: ClassVar[type[WireModel]]

    key: ObjectKey
    uid: str
    generation: int
    resource_version: str
    created: str
    requested_at: str
    spec: Spec | Problem  # a Problem when this version of the operator cannot read it
    status: Status
    labels: Mapping[str, str] = field(default_factory=dict)
    finalizers: tuple[str, ...] = ()
    deleting: bool = False
    # the spec as it was sent, if it cannot be read; else empty
    raw_spec: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def age_rank(self) -> tuple[str, str]:
        """Sorts objects from the oldest on."""
        return (self.created, self.uid)

    @classmethod
    def read(cls, manifest: Mapping[str, Any]) -> Self:
        """Read an object as the API server sends it."""
        metadata, raw_spec = manifest["metadata"], manifest.get("spec") or {}
        spec = cls._read_spec(raw_spec)
        return cls(
            key=ObjectKey(metadata.get("namespace", ""), metadata["name"]),
            uid=metadata["uid"],
            generation=metadata["generation"],
            resource_version=metadata["resourceVersion"],
            created=metadata["creationTimestamp"],
            requested_at=(metadata.get("annotations") or {}).get(REQUESTED_AT, ""),
            spec=spec,
            status=cls._read_status(manifest.get("status") or {}),
            labels=metadata.get("labels") or {},
            finalizers=tuple(metadata.get("finalizers") or ()),
            deleting="deletionTimestamp" in metadata,
            raw_spec=raw_spec if isinstance(spec, Problem) else {},
        )

    @classmethod
    def _read_spec(cls, wire: Mapping[str, Any]) -> Any:
        try:
            return cls.SPEC.model_validate(wire)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            path = ".".join(str(part) for part in ("spec", *first["loc"]))
            return Problem(Reason.INVALID_SPEC, f"{path}: {first['msg']}")

    @classmethod
    def _read_status(cls, wire: Mapping[str, Any]) -> Any:
        """Read our own status; an unreadable one counts as none, so it is written again."""
        try:
            return cls.STATUS.model_validate(wire)
        except ValidationError:
            return cls.STATUS()


def _read_config_map_name(raw_spec: Mapping[str, Any], section: str) -> str | None:
    """Return the ConfigMap's name from a spec that this version cannot read in full."""
    try:
        return str(raw_spec[section]["configMapName"])
    except (KeyError, TypeError):
        return None


@dataclass(frozen=True, slots=True)
class VllmProvider(CustomObject[VllmProviderSpec, VllmProviderStatus]):
    """A VllmProvider."""

    KIND = "VllmProvider"
    SPEC = VllmProviderSpec
    STATUS = VllmProviderStatus

    @property
    def provider_id(self) -> str:
        """The key under models.providers, which is immutable and so holds even if the rest of the
        spec cannot be read; empty when it cannot be read either."""
        if not isinstance(self.spec, Problem):
            return self.spec.provider_id
        raw_id = self.raw_spec.get("providerId", DEFAULT_PROVIDER_ID)
        return str(raw_id) if is_provider_id(raw_id) else ""

    @property
    def config_map(self) -> ObjectKey:
        """The ConfigMap that it publishes."""
        if isinstance(self.spec, Problem):
            name = _read_config_map_name(self.raw_spec, "output")
        else:
            name = self.spec.output.config_map_name
        return ObjectKey(self.key.namespace, name or f"{self.key.name}-openclaw")


@dataclass(frozen=True, slots=True)
class VllmCatalog(CustomObject[VllmCatalogSpec, VllmCatalogStatus]):
    """A VllmCatalog."""

    KIND = "VllmCatalog"
    SPEC = VllmCatalogSpec
    STATUS = VllmCatalogStatus

    @property
    def config_map_name(self) -> str:
        """The name of the ConfigMaps that it publishes."""
        if isinstance(self.spec, Problem):
            name = _read_config_map_name(self.raw_spec, "target")
        else:
            name = self.spec.target.config_map_name
        return name or f"{self.key.name}-openclaw"


@dataclass(frozen=True, slots=True)
class Service:
    """A Service, as far as endpoints and catalogs need it."""

    type: str
    ports: tuple[tuple[str, int], ...]  # name and number
    uid: str = ""  # empty, like `resource_version`, for one of a file
    created: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)  # those of our group
    resource_version: str = field(default="", compare=False)  # also changes with other fields

    @classmethod
    def read(cls, manifest: Mapping[str, Any]) -> "Service":
        """Read a Service as the API server sends it."""
        spec, metadata = manifest.get("spec") or {}, manifest["metadata"]
        annotations = metadata.get("annotations") or {}
        return cls(
            type=spec.get("type", "ClusterIP"),
            ports=tuple((port.get("name", ""), port["port"]) for port in spec.get("ports") or ()),
            uid=metadata.get("uid", ""),
            created=metadata.get("creationTimestamp", ""),
            labels=metadata.get("labels") or {},
            annotations={k: v for k, v in annotations.items() if k.startswith(f"{GROUP}/")},
            resource_version=metadata.get("resourceVersion", ""),
        )


@dataclass(frozen=True, slots=True)
class Namespace:
    """A namespace, as far as catalogs need it."""

    name: str
    labels: Mapping[str, str]
    terminating: bool = False
    uid: str = ""
    resource_version: str = field(default="", compare=False)

    @classmethod
    def read(cls, manifest: Mapping[str, Any]) -> "Namespace":
        """Read a Namespace as the API server sends it."""
        metadata = manifest["metadata"]
        return cls(
            name=metadata["name"],
            labels=metadata.get("labels") or {},
            terminating="deletionTimestamp" in metadata,
            uid=metadata.get("uid", ""),
            resource_version=metadata.get("resourceVersion", ""),
        )


@dataclass(frozen=True, slots=True)
class Secret:
    """The decoded values of a Secret, and the hosts that it allows them to be sent to."""

    allowed_hosts: str  # the annotation: comma-separated globs
    data: Mapping[str, bytes] = field(repr=False)
