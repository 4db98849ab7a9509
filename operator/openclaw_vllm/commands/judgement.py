"""A manifest to a resource that the operator can act on, or all that is wrong with it."""

from typing import Any

from openclaw_vllm.api.configmap import GROUP, VERSION
from openclaw_vllm.api.observed import Resource
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.commands import rules
from openclaw_vllm.commands.metadata import kept, metadata_complaints
from openclaw_vllm.commands.schema import Complaint, Schema, complaints, resource_schema, stored

KIND = "VllmProvider"
API_VERSION = f"{GROUP}/{VERSION}"
Manifest = dict[str, Any]


def judge(manifest: Manifest, namespace: str) -> Resource | tuple[Complaint, ...]:
    """Return the VllmProvider as the API server would keep it, else every complaint about it.

    `namespace` is where it goes when it does not say so itself.
    """
    whole = resource_schema()
    known = whole["properties"]
    metadata = kept(manifest.get("metadata"))
    wrong = [Complaint(name, f'unknown field "{name}"') for name in manifest if name not in known]
    wrong += _about_metadata(metadata, known["metadata"])
    if manifest.get("apiVersion") != API_VERSION:
        wrong.append(Complaint("apiVersion", f"write {API_VERSION}"))
    spec = stored(manifest.get("spec"), known["spec"])
    if spec is None:
        wrong.append(Complaint("spec", "Required value"))
    else:
        found = list(complaints(spec, known["spec"], "spec"))
        if not found and rules.are_judged():
            found = list(rules.complaints(spec, known["spec"], "spec"))
        wrong += found
    if wrong:
        return tuple(wrong)
    resource = _as_created(metadata, spec, namespace)
    if isinstance(resource.spec, Problem):
        return (Complaint("spec", resource.spec.message),)
    return resource


def _about_metadata(metadata: Any, schema: Schema) -> list[Complaint]:
    """Return what Kubernetes has against the metadata, and then what the CRD has."""
    found = list(metadata_complaints(metadata))
    name = schema["properties"]["name"]
    return found or list(complaints(metadata["name"], name, "metadata.name"))


def _as_created(metadata: Manifest, spec: Manifest, namespace: str) -> Resource:
    """Return the object as it would be right after its creation."""
    created = {
        "uid": "",
        "generation": 1,
        "resourceVersion": "",
        "creationTimestamp": "",
        "name": metadata["name"],
        "namespace": metadata.get("namespace") or namespace,
    }
    return Resource.read({"metadata": created, "spec": spec})
