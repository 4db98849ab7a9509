"""Where a catalogue publishes: the namespaces, and whose ConfigMap stands there.

Ours is known by label and by the catalogue's uid in an annotation. Of two catalogues that want one
name in a namespace the older has it; a ConfigMap of anybody else is never touched.
"""

from collections.abc import Collection, Iterable

from openclaw_vllm.api.configmap import (
    CATALOG,
    CATALOG_UID,
    DIGEST,
    FIELD_MANAGER,
    MANAGED_BY,
    PRIMARY_PATTERNS,
    ConfigMapState,
    labels,
)
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.observed import Namespace, VllmCatalog
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
        found.name
        for found in namespaces
        if selects(selector, found.labels)
        and not found.terminating
        and (not _is_reserved(found.name, own) or names(selector, found.name))
    )


def keeps_published(catalog: VllmCatalog, existing: ConfigMapState | None) -> bool:
    """Tell whether a catalogue whose spec cannot be read has published this: it keeps what it has,
    wherever that is."""
    unreadable = isinstance(catalog.spec, Problem) and not catalog.deleting
    return unreadable and is_published_by(catalog, existing)


def is_published_by(catalog: VllmCatalog, existing: ConfigMapState | None) -> bool:
    """Tell whether the catalogue itself has published this."""
    return existing is not None and existing.annotations.get(CATALOG_UID) == catalog.uid


def rivals(catalog: VllmCatalog, catalogs: Iterable[VllmCatalog]) -> list[VllmCatalog]:
    """Return the other catalogues that publish under the same name, the oldest first."""
    others = (other for other in catalogs if other.uid != catalog.uid)
    same = (other for other in others if other.config_map_name == catalog.config_map_name)
    return sorted(same, key=lambda other: other.age_rank)


def refusal(
    catalog: VllmCatalog, existing: ConfigMapState | None, claimants: Iterable[VllmCatalog]
) -> Problem | None:
    """Say why the catalogue must not publish in a namespace; `claimants` want it there too."""
    older = [other.key.name for other in claimants if other.age_rank < catalog.age_rank]
    ours = existing is None or _may_be_taken(catalog, existing)
    claim = Claim(catalog.KIND, catalog.config_map_name, NAME_FIELD)
    return ownership_problem(claim, existing, older=next(iter(older), None), ours=ours)


def is_stale_target(
    catalog: VllmCatalog, key: ObjectKey, found: ConfigMapState, wanted: set[ObjectKey]
) -> bool:
    """Tell whether the ConfigMap is the catalogue's and has no business where it is."""
    return (
        key not in wanted
        and found.labels.get(MANAGED_BY) == FIELD_MANAGER
        and found.labels.get(CATALOG) == catalog.key.name
        and is_published_by(catalog, found)
    )


def is_orphan(found: ConfigMapState, uids: Iterable[str]) -> bool:
    """Tell whether the ConfigMap belongs to a catalogue that is none of those with these uids."""
    uid = found.annotations.get(CATALOG_UID)
    return uid is not None and _is_catalogues(found) and uid not in uids


def is_current(existing: ConfigMapState, manifest: Manifest) -> bool:
    """Tell whether the ConfigMap is what `manifest` asks for, in every field that is ours."""
    wanted = manifest["metadata"]
    owner = wanted["ownerReferences"][0]["uid"]
    return (
        existing.digest == wanted["annotations"][DIGEST]
        and existing.owner is not None
        and existing.owner.uid == owner
        and wanted["labels"].items() <= existing.labels.items()
        and wanted["annotations"].items() <= existing.annotations.items()
    )


def manifest_of(
    catalog: VllmCatalog, namespace: str, documents: Documents, patterns: str
) -> Manifest:
    """Return the ConfigMap to apply; `patterns` identifies what the primary model was chosen by.

    Its owner reference counts when somebody has taken the finalizer away.
    """
    notes = {CATALOG_UID: catalog.uid, DIGEST: documents.digest, PRIMARY_PATTERNS: patterns}
    key = ObjectKey(namespace, catalog.config_map_name)
    return owned_manifest(catalog, key, labels(CATALOG, catalog.key.name), notes, documents)


def exemplar(
    catalog: VllmCatalog,
    published: Iterable[tuple[ObjectKey, ConfigMapState]],
    targets: Collection[str],
) -> ConfigMapState | None:
    """Return the newest undamaged ConfigMap of the catalogue: it holds what was published last.

    Not the one that the status tells of: whoever was killed in the midst of a change had written
    to some namespaces, and must not take that back. One of another name, or in a namespace that is
    no target, was never ours, whatever it says.
    """
    ours = (
        found
        for key, found in published
        if key.name == catalog.config_map_name
        and key.namespace in targets
        and found.is_unmodified
        and is_published_by(catalog, found)
        and found.labels.items() >= labels(CATALOG, catalog.key.name).items()
        and found.owner is not None
        and found.owner.uid == catalog.uid
    )
    return max(ours, key=_age_rank, default=None)


def _age_rank(found: ConfigMapState) -> tuple[int, str]:
    """Sort by resource version, the oldest first: etcd's revisions are numbers."""
    return (len(found.resource_version), found.resource_version)


def _is_reserved(namespace: str, own: str | None) -> bool:
    return namespace.startswith("kube-") or namespace == own


def _may_be_taken(catalog: VllmCatalog, existing: ConfigMapState) -> bool:
    """Tell whether it is a catalogue's: no older one wants it, and ours may have lost a label."""
    return _is_catalogues(existing) or existing.annotations.get(CATALOG_UID) == catalog.uid


def _is_catalogues(found: ConfigMapState) -> bool:
    return found.labels.get(MANAGED_BY) == FIELD_MANAGER and CATALOG in found.labels
