"""The published ConfigMap: its keys, labels, annotations and digest, and how to read one.

It persists the operator's state: after a restart, the published models are restored from it.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from sys import intern
from typing import Any

GROUP = "openclaw-vllm.dev"
VERSION = "v1alpha1"
FIELD_MANAGER = "openclaw-vllm-operator"

CONFIG, MODELS, AGENTS = "openclaw.json", "models.json", "agents-defaults.json"
KEYS = (CONFIG, MODELS, AGENTS)

MANAGED_BY = "app.kubernetes.io/managed-by"
PART_OF = "app.kubernetes.io/part-of"
PROVIDER = f"{GROUP}/provider"
CATALOG = f"{GROUP}/catalog"
PRODUCT = "openclaw-vllm"
SELECTOR = f"{PART_OF}={PRODUCT}"  # what the ConfigMap watch sees: ours, and users' that opt in

CATALOG_UID = f"{GROUP}/catalog-uid"
DIGEST = f"{GROUP}/config-digest"
PRIMARY_PATTERNS = f"{GROUP}/primary-patterns"


def labels(kind: str, name: str) -> dict[str, str]:
    """Return the labels of the ConfigMap of an object of this name; `kind` is PROVIDER or
    CATALOG."""
    return {MANAGED_BY: FIELD_MANAGER, PART_OF: PRODUCT, kind: name}


def digest(data: Mapping[str, str]) -> str:
    """Return the digest of our keys of a ConfigMap's data; keys that others added do not count."""
    our_data = {key: data[key] for key in KEYS if key in data}
    canonical = json.dumps(our_data, sort_keys=True, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(canonical.encode()).hexdigest()}"


@dataclass(frozen=True, slots=True)
class Owner:
    """The controller owner reference of an object."""

    kind: str
    name: str
    uid: str


@dataclass(frozen=True, slots=True)
class ConfigMapState:
    """A ConfigMap of the name that we publish under, ours or not, as far as decisions need it."""

    uid: str
    resource_version: str
    owner: Owner | None
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    digest: str  # of the data as it is now
    models_json: str
    agents_json: str
    immutable: bool
    size: int  # bytes of all values; the API server takes 1048576

    @property
    def recorded_digest(self) -> str:
        """The digest in the annotation, of the data as we wrote it; differs after an edit."""
        return self.annotations.get(DIGEST, "")

    @property
    def is_unmodified(self) -> bool:
        """Whether the data is what we wrote."""
        return self.digest == self.recorded_digest

    @classmethod
    def read(cls, manifest: Mapping[str, Any]) -> "ConfigMapState":
        """Read a ConfigMap as the API server sends it."""
        metadata = manifest["metadata"]
        data = manifest.get("data") or {}
        return cls(
            uid=metadata["uid"],
            resource_version=metadata["resourceVersion"],
            owner=_find_controller(metadata.get("ownerReferences") or ()),
            labels=metadata.get("labels") or {},
            annotations=metadata.get("annotations") or {},
            digest=digest(data),
            models_json=intern(data.get(MODELS, "")),  # a catalog's are the same everywhere
            agents_json=intern(data.get(AGENTS, "")),
            immutable=bool(manifest.get("immutable")),
            size=sum(len(value.encode()) for value in data.values()),
        )


def _find_controller(references: Any) -> Owner | None:
    for reference in references:
        if reference.get("controller"):
            return Owner(reference["kind"], reference["name"], reference["uid"])
    return None
