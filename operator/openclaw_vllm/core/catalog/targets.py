"""Targets of a catalog: its namespaces, and the ownership of the ConfigMaps there.

Ours are identified by label and by the catalog's uid in an annotation. Of two catalogs with the
same name in a namespace the older has precedence; a ConfigMap of any other owner is never touched.
"""

from collections.abc import Collection, Iterable

from openclaw_vllm.api.configmap import (
    CATALOG,
    CATALOG_UID,
    FIELD_MANAGER,
    MANAGED_BY,
    PRIMARY_PATTERNS,
    ConfigMapState,
    labels,
)
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.namespace import Namespace
from openclaw_vllm.api.observed import VllmCatalog
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.catalog.selectors import names, selects
from openclaw_vllm.core.config.documents import Documents
from openclaw_vllm.core.publication.manifest import (
    Claim,
    Manifest,
    owned_manifest,
    ownership_problem,
)

NAME_FIELD = "spec.target.configMapName"


def target_namespaces(
    catalog: VllmCatalog, namespaces: Iterable[Namespace], own: str | None
) -> list[str]:
    """Return the namespaces to publish to, sorted.

    Those of Kubernetes itself and the operator's `own` are left out unless they are named.
    """
    if isinstance(catalog.spec, Problem) or catalog.deleting:
        return []
    selector = catalog.spec.target.namespace_selector
    return sorted(
        namespace.name
        for namespace in namespaces
        if selects(selector, namespace.labels)
        and not namespace.terminating
        and (not _is_reserved(namespace.name, own) or names(selector, namespace.name))
    )


def keeps_published(catalog: VllmCatalog, existing: ConfigMapState | None) -> bool:
    """Return whether a catalog whose spec cannot be read has published this, and so keeps it."""
    unreadable = isinstance(catalog.spec, Problem) and not catalog.deleting
    return unreadable and is_published_by(catalog, existing)


def is_published_by(catalog: VllmCatalog, existing: ConfigMapState | None) -> bool:
    """Return whether the catalog has published this."""
    return existing is not None and existing.annotations.get(CATALOG_UID) == catalog.uid


def rivals(catalog: VllmCatalog, catalogs: Iterable[VllmCatalog]) -> list[VllmCatalog]:
    """Return the other catalogs that publish under the same name, the oldest first."""
    others = (other for other in catalogs if other.uid != catalog.uid)
    same = (other for other in others if other.config_map_name == catalog.config_map_name)
    return sorted(same, key=lambda other: other.age_rank)


def claim_refusal(
    catalog: VllmCatalog, existing: ConfigMapState | None, claimants: Iterable[VllmCatalog]
) -> Problem | None:
    """Return why the catalog must not publish in a namespace; `claimants` publish there too."""
    older = [other.key.name for other in claimants if other.age_rank < catalog.age_rank]
    is_owned = existing is None or _may_take_over(catalog, existing)
    claim = Claim(catalog.KIND, catalog.config_map_name, NAME_FIELD)
    return ownership_problem(claim, existing, older=next(iter(older), None), is_owned=is_owned)


def is_stale_target(
    catalog: VllmCatalog, key: ObjectKey, existing: ConfigMapState, target_keys: set[ObjectKey]
) -> bool:
    """Return whether the ConfigMap is the catalog's, but in no target namespace."""
    return (
        key not in target_keys
        and existing.labels.get(MANAGED_BY) == FIELD_MANAGER
        and existing.labels.get(CATALOG) == catalog.key.name
        and is_published_by(catalog, existing)
    )


def is_orphan(existing: ConfigMapState, uids: Iterable[str]) -> bool:
    """Return whether the ConfigMap belongs to a catalog with none of these uids."""
    uid = existing.annotations.get(CATALOG_UID)
    return uid is not None and _belongs_to_catalog(existing) and uid not in uids


def manifest_of(
    catalog: VllmCatalog, namespace: str, documents: Documents, patterns: str
) -> Manifest:
    """Return the ConfigMap to apply; `patterns` is the hash of the primary patterns.

    Its owner reference is for when the finalizer was removed by hand.
    """
    spec, all_labels = catalog.spec, labels(CATALOG, catalog.key.name)
    patterns_annotation = {PRIMARY_PATTERNS: patterns}
    annotations = {CATALOG_UID: catalog.uid, **documents.annotations, **patterns_annotation}
    if not isinstance(spec, Problem):
        all_labels = {**spec.target.labels, **all_labels}
        annotations = {**spec.target.annotations, **annotations}
    key = ObjectKey(namespace, catalog.config_map_name)
    return owned_manifest(catalog.reference, key, all_labels, annotations, documents)


def newest_published(
    catalog: VllmCatalog,
    published: Iterable[tuple[ObjectKey, ConfigMapState]],
    targets: Collection[str],
) -> ConfigMapState | None:
    """Return the newest unmodified ConfigMap of the catalog: it holds what was published last.

    Not that of the status: a process that was killed during a change had written to some
    namespaces, and must not revert that. One of another name, or in a namespace that is no target,
    was never ours, whatever its metadata says.
    """
    candidates = (
        existing
        for key, existing in published
        if key.name == catalog.config_map_name
        and key.namespace in targets
        and existing.is_unmodified
        and is_published_by(catalog, existing)
        and existing.labels.items() >= labels(CATALOG, catalog.key.name).items()
        and existing.owner is not None
        and existing.owner.uid == catalog.uid
    )
    return max(candidates, key=_version_rank, default=None)


def _version_rank(existing: ConfigMapState) -> tuple[int, str]:
    """Sort by resource version, the oldest first: etcd's revisions are numbers."""
    return (len(existing.resource_version), existing.resource_version)


def _is_reserved(namespace: str, own: str | None) -> bool:
    return namespace.startswith("kube-") or namespace == own


def _may_take_over(catalog: VllmCatalog, existing: ConfigMapState) -> bool:
    """Return whether it is a catalog's: no older one claims it, and ours may have lost a label."""
    return _belongs_to_catalog(existing) or existing.annotations.get(CATALOG_UID) == catalog.uid


def _belongs_to_catalog(existing: ConfigMapState) -> bool:
    return existing.labels.get(MANAGED_BY) == FIELD_MANAGER and CATALOG in existing.labels
