"""Objects of our kinds as read from the API server."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, Self, TypeVar

from pydantic import ValidationError

from openclaw_vllm.api.catalog import VllmCatalogSpec
from openclaw_vllm.api.catalog_status import VllmCatalogStatus
from openclaw_vllm.api.conditions import ObjectStatus, Reason
from openclaw_vllm.api.configmap import GROUP, VERSION, ConfigMapState
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


Spec = TypeVar("Spec", bound=WireModel)
Status = TypeVar("Status", bound=ObjectStatus)


@dataclass(frozen=True, slots=True)
class UserRequest:
    """The last request of a user about an object: an edit of the spec, or a probe at once."""

    uid: str  # of the object: another one of the same name is another request
    generation: int
    requested_at: str


@dataclass(frozen=True, slots=True)
class CustomObject(Generic[Spec, Status]):
    """An object of one of our kinds."""

    KIND: ClassVar[str]
    SPEC: ClassVar[type[WireModel]]
    STATUS: ClassVar[type[ObjectStatus]]
    PUBLICATION: ClassVar[str]  # the field of the spec about what is published

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
    def request(self) -> UserRequest:
        """The last request of a user; our own writes never change it."""
        return UserRequest(self.uid, self.generation, self.requested_at)

    @property
    def is_observed(self) -> bool:
        """Whether the status speaks of the present spec."""
        return self.status.observed_generation == self.generation

    @property
    def reference(self) -> dict[str, Any]:
        """The object as owner references and Events name it."""
        version = f"{GROUP}/{VERSION}"
        return {"apiVersion": version, "kind": self.KIND, "name": self.key.name, "uid": self.uid}

    @property
    def config_map_name(self) -> str:
        """The name of what it publishes, also where the rest of the spec cannot be read."""
        if isinstance(self.spec, Problem):
            section = self.raw_spec.get(self.PUBLICATION)
            name = section.get("configMapName") if isinstance(section, dict) else None
        else:
            name = getattr(self.spec, self.PUBLICATION).config_map_name
        return str(name or f"{self.key.name}-openclaw")

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


@dataclass(frozen=True, slots=True)
class VllmProvider(CustomObject[VllmProviderSpec, VllmProviderStatus]):
    """A VllmProvider."""

    KIND = "VllmProvider"
    SPEC = VllmProviderSpec
    STATUS = VllmProviderStatus
    PUBLICATION = "output"

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
        return ObjectKey(self.key.namespace, self.config_map_name)

    def confirms(self, existing: ConfigMapState) -> bool:
        """Return whether the status of the present spec, which no editor of ConfigMaps can write,
        knows these bytes."""
        recorded = self.status.config_map if self.is_observed else None
        is_known = recorded is not None and recorded.digest == existing.digest
        return is_known and existing.is_unmodified


@dataclass(frozen=True, slots=True)
class VllmCatalog(CustomObject[VllmCatalogSpec, VllmCatalogStatus]):
    """A VllmCatalog."""

    KIND = "VllmCatalog"
    SPEC = VllmCatalogSpec
    STATUS = VllmCatalogStatus
    PUBLICATION = "target"
