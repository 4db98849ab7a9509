"""A manifest to a resource that the operator can act on, or all that is wrong with it."""

from typing import Any

from openclaw_vllm.api.configmap import GROUP, VERSION
from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.commands import cel_rules
from openclaw_vllm.commands.metadata import kept, metadata_violations
from openclaw_vllm.commands.schema import Schema, Violation, resource_schema, stored, violations

KIND = "VllmProvider"
API_VERSION = f"{GROUP}/{VERSION}"
Manifest = dict[str, Any]


def validate(manifest: Manifest, namespace: str) -> VllmProvider | tuple[Violation, ...]:
    """Return the VllmProvider as the API server would keep it, else every complaint about it.

    `namespace` is where it goes when it does not say so itself.
    """
    whole = resource_schema()
    known = whole["properties"]
    metadata = kept(manifest.get("metadata"))
    wrong = [Violation(name, f'unknown field "{name}"') for name in manifest if name not in known]
    wrong += _about_metadata(metadata, known["metadata"])
    if manifest.get("apiVersion") != API_VERSION:
        wrong.append(Violation("apiVersion", f"write {API_VERSION}"))
    spec = stored(manifest.get("spec"), known["spec"])
    if spec is None:
        wrong.append(Violation("spec", "Required value"))
    else:
        found = list(violations(spec, known["spec"], "spec"))
        if not found and cel_rules.are_judged():
            found = list(cel_rules.violations(spec, known["spec"], "spec"))
        wrong += found
    if wrong:
        return tuple(wrong)
    resource = _as_created(metadata, spec, namespace)
    if isinstance(resource.spec, Problem):
        return (Violation("spec", resource.spec.message),)
    return resource


def _about_metadata(metadata: Any, schema: Schema) -> list[Violation]:
    """Return what Kubernetes has against the metadata, and then what the CRD has."""
    found = list(metadata_violations(metadata))
    name = schema["properties"]["name"]
    return found or list(violations(metadata["name"], name, "metadata.name"))


def _as_created(metadata: Manifest, spec: Manifest, namespace: str) -> VllmProvider:
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
