"""Ownership of a VllmProvider's ConfigMap, and its expected metadata.

Ours is one whose controller is this VllmProvider, or an earlier one of the same name, or which lost
its owner but still has both our labels. Of two VllmProviders that publish under one name the older
one has precedence, whichever published first.
"""

from collections.abc import Iterable

from openclaw_vllm.api.configmap import (
    FIELD_MANAGER,
    MANAGED_BY,
    PRIMARY_PATTERNS,
    PROVIDER,
    ConfigMapState,
    labels,
)
from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.core.config.documents import Documents
from openclaw_vllm.core.publication.manifest import (
    Claim,
    Manifest,
    owned_manifest,
    ownership_problem,
)

NAME_FIELD = "spec.output.configMapName"


def claim_refusal(
    provider: VllmProvider, existing: ConfigMapState | None, claimants: Iterable[VllmProvider]
) -> Problem | None:
    """Return why the provider must not publish under its name; `claimants` publish there too."""
    rivals = tuple(claimants)
    older = next((other.key.name for other in rivals if other.age_rank < provider.age_rank), None)
    is_owned = existing is None or is_ours(provider, existing, rivals)
    claim = Claim(provider.KIND, provider.config_map.name, NAME_FIELD)
    return ownership_problem(claim, existing, older=older, is_owned=is_owned)


def is_ours(
    provider: VllmProvider, existing: ConfigMapState, claimants: Iterable[VllmProvider] = ()
) -> bool:
    """Return whether the ConfigMap belongs to the provider, or to a claimant."""
    owner = existing.owner
    if owner is None:
        is_managed = existing.labels.get(MANAGED_BY) == FIELD_MANAGER
        return is_managed and existing.labels.get(PROVIDER) == provider.key.name
    claimant_uids = {other.uid for other in claimants}
    return owner.kind == "VllmProvider" and (
        owner.name == provider.key.name or owner.uid in claimant_uids
    )


def has_expected_metadata(
    provider: VllmProvider, existing: ConfigMapState, spec: VllmProviderSpec
) -> bool:
    """Return whether owner, labels and the user's annotations are as they have to be."""
    return (
        existing.owner is not None
        and existing.owner.uid == provider.uid
        and _labels(provider, spec).items() <= existing.labels.items()
        and spec.output.annotations.items() <= existing.annotations.items()
    )


def _labels(provider: VllmProvider, spec: VllmProviderSpec) -> dict[str, str]:
    return {**spec.output.labels, **labels(PROVIDER, provider.key.name)}


def manifest_of(
    provider: VllmProvider, spec: VllmProviderSpec, documents: Documents, patterns: str
) -> Manifest:
    """Return the ConfigMap to apply; `patterns` is the hash of the primary patterns, empty where an
    earlier version recorded none."""
    patterns_annotation = {PRIMARY_PATTERNS: patterns} if patterns else {}
    annotations = {**spec.output.annotations, **documents.annotations, **patterns_annotation}
    key, expected_labels = provider.config_map, _labels(provider, spec)
    return owned_manifest(provider.reference, key, expected_labels, annotations, documents)
