"""The published ConfigMap: its keys, labels, annotations and digest, and how to read one.

It persists the operator's state: after a restart, the published models are restored from it.
"""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from sys import intern
from typing import Any, Final, Literal

GROUP = "openclaw-vllm.dev"
VERSION = "v1alpha1"
FIELD_MANAGER = "openclaw-vllm-operator"

Document = Literal["openclaw.json", "models.json", "agents-defaults.json"]
CONFIG: Final = "openclaw.json"
MODELS: Final = "models.json"
AGENTS: Final = "agents-defaults.json"
KEYS: tuple[Document, ...] = (CONFIG, MODELS, AGENTS)

MANAGED_BY = "app.kubernetes.io/managed-by"
PART_OF = "app.kubernetes.io/part-of"
PROVIDER = f"{GROUP}/provider"
CATALOG = f"{GROUP}/catalog"
PRODUCT = "openclaw-vllm"
SELECTOR = f"{PART_OF}={PRODUCT}"  # what the ConfigMap watch sees: ours, and users' that opt in

CATALOG_UID = f"{GROUP}/catalog-uid"
DIGEST = f"{GROUP}/config-digest"
DOCUMENTS = f"{GROUP}/documents"  # which of KEYS are ours, where those are not all
PRIMARY_PATTERNS = f"{GROUP}/primary-patterns"


def labels(kind: str, name: str) -> dict[str, str]:
    """Return the labels of the ConfigMap of an object of this name; `kind` is PROVIDER or
    CATALOG."""
    return {MANAGED_BY: FIELD_MANAGER, PART_OF: PRODUCT, kind: name}


def digest(data: Mapping[str, str], keys: Collection[str] = KEYS) -> str:
    """Return the digest of our keys of a ConfigMap's data; keys that others added do not count."""
    return _digest(tuple((key, data[key]) for key in sorted(keys) if key in data))


@lru_cache(maxsize=4)  # a catalog's ConfigMaps are the same everywhere, and a MiB each
def _digest(items: tuple[tuple[str, str], ...]) -> str:
    canonical = json.dumps(dict(items), separators=(",", ":"))
    return intern(f"sha256:{hashlib.sha256(canonical.encode()).hexdigest()}")


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
    models_json: str  # from openclaw.json where models.json is not published; so is the next
    agents_json: str
    immutable: bool
    size: int  # bytes of all values; the API server takes 1048576
    writer: str = field(default="", compare=False)  # the field manager that wrote last, but for us
    is_shared: bool = field(default=False, compare=False)  # others may own some of its fields

    @property
    def recorded_digest(self) -> str:
        """The digest in the annotation, of the data as we wrote it; differs after an edit."""
        return self.annotations.get(DIGEST, "")

    @property
    def is_unmodified(self) -> bool:
        """Whether the data is what we wrote."""
        return self.digest == self.recorded_digest

    @property
    def publishes_agents(self) -> bool:
        """Whether agents' defaults are among the documents."""
        return CONFIG in self.documents or AGENTS in self.documents

    @property
    def documents(self) -> tuple[str, ...]:
        """The keys that are ours."""
        return documents_in(self.annotations)

    @classmethod
    def read(cls, manifest: Mapping[str, Any]) -> "ConfigMapState":
        """Read a ConfigMap as the API server sends it."""
        metadata = manifest["metadata"]
        data = manifest.get("data") or {}
        managed_fields = metadata.get("managedFields") or ()
        annotations = metadata.get("annotations") or {}
        documents = documents_in(annotations)
        models, agents = _parts(data, documents)
        return cls(
            uid=metadata["uid"],
            resource_version=metadata["resourceVersion"],
            owner=_find_controller(metadata.get("ownerReferences") or ()),
            labels=metadata.get("labels") or {},
            annotations=annotations,
            digest=digest(data, documents),
            models_json=intern(models),  # a catalog's are the same everywhere
            agents_json=intern(agents),
            immutable=bool(manifest.get("immutable")),
            size=sum(len(value.encode()) for value in data.values()),
            writer=_find_writer(managed_fields),
            is_shared={entry.get("manager") for entry in managed_fields} != {FIELD_MANAGER},
        )


def documents_in(annotations: Mapping[str, str]) -> tuple[str, ...]:
    """Return our keys of a ConfigMap with these annotations: all, unless one names them."""
    keys = annotations.get(DOCUMENTS, "").split(",")
    return tuple(key for key in KEYS if key in keys) or KEYS


def _parts(data: Mapping[str, str], documents: Collection[str]) -> tuple[str, str]:
    """Return the values of `models` and of `agents.defaults`, from where they are published."""
    models, agents = data.get(MODELS, ""), data.get(AGENTS, "")
    if CONFIG not in documents or (MODELS in documents and AGENTS in documents):
        return models, agents
    try:
        config = json.loads(data.get(CONFIG, ""))
        models_part, agents_part = config["models"], config.get("agents", {}).get("defaults", {})
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return models, agents  # damaged; what is missing counts as empty
    return (
        models if MODELS in documents else json.dumps(models_part),
        agents if AGENTS in documents else json.dumps(agents_part),
    )


def _find_writer(managed_fields: Any) -> str:
    """Return the other field manager with the latest time; empty when there is none."""
    others = [entry for entry in managed_fields if entry.get("manager") != FIELD_MANAGER]
    if not others:
        return ""
    return intern(max(others, key=lambda entry: entry.get("time") or "").get("manager") or "")


def _find_controller(references: Any) -> Owner | None:
    for reference in references:
        if reference.get("controller"):
            return Owner(reference["kind"], reference["name"], reference["uid"])
    return None
