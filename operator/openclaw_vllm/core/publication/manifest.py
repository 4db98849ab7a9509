"""Manifest of the published ConfigMap, and ownership of its name, for both kinds.

An apply would merge into another owner's object, so ownership is checked before.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.configmap import DIGEST, ConfigMapState
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.config.documents import Documents

Manifest = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim to the name of a ConfigMap."""

    kind: str
    config_map: str
    field: str  # of the spec, to choose another name


def ownership_problem(
    claim: Claim, existing: ConfigMapState | None, *, older: str | None, is_owned: bool
) -> Problem | None:
    """Return why nothing may be published under the name, None if it may.

    `older` is the claimant with precedence, `is_owned` whether the existing ConfigMap is one of the
    claimants'.
    """
    name = claim.config_map
    advice = f"create this {claim.kind} anew with another {claim.field}"
    if older is not None:
        message = f"ConfigMap {name} belongs to {claim.kind} {older}, which is older; {advice}"
        return Problem(Reason.NOT_OWNED, message)
    if existing is not None and not is_owned:
        message = f"ConfigMap {name} exists and is not ours; delete it, or {advice}"
        return Problem(Reason.NOT_OWNED, message)
    if existing is not None and existing.immutable:
        message = f"ConfigMap {name} is immutable; delete it, and it is written anew"
        return Problem(Reason.IMMUTABLE, message)
    return None


def owned_manifest(
    owner: Mapping[str, Any],
    key: ObjectKey,
    labels: Mapping[str, str],
    annotations: Mapping[str, str],
    documents: Documents,
) -> Manifest:
    """Return the ConfigMap to apply; the garbage collector deletes it with its owner, of which
    `owner` is the reference."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": key.name,
            "namespace": key.namespace,
            "labels": dict(labels),
            "annotations": dict(annotations),
            "ownerReferences": [{**owner, "controller": True}],
        },
        "data": dict(documents.data),
    }


def drift(existing: ConfigMapState, desired: Manifest, *, prune: bool = False) -> bool:
    """Return whether the ConfigMap differs from what is desired, in any field that is ours.

    `prune` counts labels and annotations that are not desired too; others may add some.
    """
    metadata = desired["metadata"]
    surplus = (
        existing.labels.keys() - metadata["labels"].keys()
        or existing.annotations.keys() - metadata["annotations"].keys()
    )
    return (
        existing.digest != metadata["annotations"][DIGEST]
        or existing.owner is None
        or existing.owner.uid != metadata["ownerReferences"][0]["uid"]
        or not metadata["labels"].items() <= existing.labels.items()
        or not metadata["annotations"].items() <= existing.annotations.items()
        or (prune and bool(surplus))
    )
