"""The manifests of docs/manifests: what they hold, and what they name."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parents[1] / "docs" / "manifests"

CATALOG = "catalog.yaml"

Manifest = dict[str, Any]


def names() -> list[str]:
    """Return the names of the files with an agent."""
    return sorted(path.name for path in FOLDER.glob("*.yaml") if path.name != CATALOG)


def read(name: str) -> list[Manifest]:
    """Return the objects of a file, in its order."""
    return list(yaml.safe_load_all((FOLDER / name).read_text()))


def of_kind(objects: list[Manifest], kind: str) -> list[Manifest]:
    return [object_ for object_ in objects if object_["kind"] == kind]


def probes() -> set[tuple[str, ...]]:
    """Return the commands by which the kubelet asks the agents of all files whether they work."""
    deployments = [item for name in names() for item in of_kind(read(name), "Deployment")]
    containers = [item["spec"]["template"]["spec"]["containers"][0] for item in deployments]
    kinds = ("startupProbe", "readinessProbe")
    return {tuple(each[kind]["exec"]["command"]) for each in containers for kind in kinds}


def named(objects: list[Manifest], kind: str, name: str) -> Manifest:
    """Return the object of this kind and name."""
    return next(item for item in of_kind(objects, kind) if item["metadata"]["name"] == name)


def present(objects: list[Manifest]) -> set[tuple[str, str]]:
    """Return the kind and name of all that exists after an apply, ConfigMaps of ours included."""
    applied = {(item["kind"], item["metadata"]["name"]) for item in objects}
    providers = of_kind(objects, "VllmProvider")
    return applied | {("ConfigMap", published_name(provider)) for provider in providers}


def published_name(provider: Manifest) -> str:
    """Return the name of the ConfigMap that is published for a VllmProvider."""
    chosen = provider["spec"].get("output", {}).get("configMapName")
    return str(chosen or f"{provider['metadata']['name']}-openclaw")


def mentioned(value: object) -> Iterator[tuple[str, str]]:
    """Find every Secret, ConfigMap and claim that an object names, wherever it does."""
    match value:
        case dict():
            for key, kind in _REFERENCES.items():
                if isinstance(named := value.get(key), dict):
                    yield kind, named.get("name") or named["claimName"]
            for inner in value.values():
                yield from mentioned(inner)
        case list():
            for inner in value:
                yield from mentioned(inner)


_REFERENCES = {
    "apiKeySecretRef": "Secret",
    "baseConfigRef": "ConfigMap",
    "caBundleRef": "ConfigMap",
    "clientCertificateRef": "Secret",
    "configMap": "ConfigMap",
    "configMapRef": "ConfigMap",
    "persistentVolumeClaim": "PersistentVolumeClaim",
    "secretKeyRef": "Secret",
}
