"""Validation of a manifest: the VllmProvider that it describes, or every violation."""

from typing import Any

from openclaw_vllm.api.configmap import GROUP, VERSION
from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.commands import cel_rules
from openclaw_vllm.commands.metadata import metadata_violations, normalize_metadata
from openclaw_vllm.commands.schema import (
    Schema,
    Violation,
    apply_defaults,
    provider_schema,
    violations,
)

KIND = "VllmProvider"
API_VERSION = f"{GROUP}/{VERSION}"
Manifest = dict[str, Any]


def validate(manifest: Manifest, namespace: str) -> VllmProvider | tuple[Violation, ...]:
    """Return the VllmProvider as the API server would store it, else every violation.

    `namespace` is that of a manifest that names none.
    """
    fields = provider_schema()["properties"]
    metadata = normalize_metadata(manifest.get("metadata"))
    wrong = [Violation(name, f'unknown field "{name}"') for name in manifest if name not in fields]
    wrong += _metadata_violations(metadata, fields["metadata"])
    if manifest.get("apiVersion") != API_VERSION:
        wrong.append(Violation("apiVersion", f"write {API_VERSION}"))
    spec = apply_defaults(manifest.get("spec"), fields["spec"])
    if spec is None:
        wrong.append(Violation("spec", "Required value"))
    else:
        wrong += _spec_violations(spec, fields["spec"])
    if wrong:
        return tuple(wrong)
    provider = _create(metadata, spec, namespace)
    if isinstance(provider.spec, Problem):
        return (Violation("spec", provider.spec.message),)
    return provider


def _metadata_violations(metadata: Any, schema: Schema) -> list[Violation]:
    """Check Kubernetes' rules for metadata, and then the CRD's."""
    name = schema["properties"]["name"]
    return list(metadata_violations(metadata)) or list(
        violations(metadata["name"], name, "metadata.name")
    )


def _spec_violations(spec: Any, schema: Schema) -> list[Violation]:
    """Check the structural schema, and the CEL rules of a spec that fits it."""
    by_schema = list(violations(spec, schema, "spec"))
    if by_schema or not cel_rules.is_available():
        return by_schema
    return list(cel_rules.violations(spec, schema, "spec"))


def _create(metadata: Manifest, spec: Manifest, namespace: str) -> VllmProvider:
    """Return the object as it would be right after its creation."""
    created = {
        "uid": "",
        "generation": 1,
        "resourceVersion": "",
        "creationTimestamp": "",
        "name": metadata["name"],
        "namespace": metadata.get("namespace") or namespace,
    }
    return VllmProvider.read({"metadata": created, "spec": spec})
