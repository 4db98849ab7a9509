"""What the watches have shown: the only thing a resync reads, so that it costs no API request.

Watch events put objects in, reconciles read them, and reverse references say which VllmProviders an
object concerns. Our own writes put their results in as well: the next reconcile must not act on a
view that is older than its own last write.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from openclaw_vllm.api.configmap import ConfigMapState
from openclaw_vllm.api.keys import ObjectKey, Reference
from openclaw_vllm.api.observed import Namespace, Service, VllmCatalog, VllmProvider


@dataclass
class Cache:
    """Objects by key. Only `put_provider` and `drop_provider` keep the reverse references."""

    providers: dict[ObjectKey, VllmProvider] = field(default_factory=dict)
    services: dict[ObjectKey, Service] = field(default_factory=dict)
    published: dict[ObjectKey, ConfigMapState] = field(default_factory=dict)
    catalogs: dict[ObjectKey, VllmCatalog] = field(default_factory=dict)
    namespaces: dict[str, Namespace] = field(default_factory=dict)
    _references: dict[ObjectKey, frozenset[Reference]] = field(default_factory=dict)
    _referrers: defaultdict[Reference, set[ObjectKey]] = field(
        default_factory=lambda: defaultdict(set)
    )

    def put_provider(self, resource: VllmProvider, references: Iterable[Reference]) -> None:
        """Take in a VllmProvider and what it names."""
        self._unlink(resource.key)
        self.providers[resource.key] = resource
        self._references[resource.key] = frozenset(references)
        for reference in self._references[resource.key]:
            self._referrers[reference].add(resource.key)

    def drop_provider(self, key: ObjectKey) -> frozenset[Reference]:
        """Forget a VllmProvider; return what nobody names any more."""
        self.providers.pop(key, None)
        return self._unlink(key)

    def referrers(self, reference: Reference) -> tuple[ObjectKey, ...]:
        """Return the VllmProviders that name the object, in a fixed order."""
        return tuple(sorted(self._referrers.get(reference, ())))

    def claimants(self, config_map: ObjectKey) -> list[VllmProvider]:
        """Return the VllmProviders that publish under this name, the oldest first."""
        keys = self.referrers(Reference("Published", config_map))
        return sorted((self.providers[key] for key in keys), key=lambda found: found.age_rank)

    def replace_status_of(self, resource: VllmProvider) -> None:
        """Take in what a status write returned, unless the watch has shown something newer."""
        known = self.providers.get(resource.key)
        if known is not None and not is_older(resource.resource_version, known.resource_version):
            self.providers[resource.key] = resource

    def put_catalog(self, catalog: VllmCatalog) -> None:
        """Take in a VllmCatalog, unless something newer of it is known."""
        known = self.catalogs.get(catalog.key)
        if known is None or not is_older(catalog.resource_version, known.resource_version):
            self.catalogs[catalog.key] = catalog

    def _unlink(self, key: ObjectKey) -> frozenset[Reference]:
        orphaned = set()
        for reference in self._references.pop(key, frozenset()):
            self._referrers[reference].discard(key)
            if not self._referrers[reference]:
                del self._referrers[reference]
                orphaned.add(reference)
        return frozenset(orphaned)


def is_older(version: str, than: str) -> bool:
    """Compare resource versions of one kind, which etcd's revisions make numbers."""
    return version.isdigit() and than.isdigit() and int(version) < int(than)
