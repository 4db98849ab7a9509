"""Namespace as read from the API server, reduced to the fields that decisions need."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


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
