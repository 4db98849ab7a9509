"""Cache of what the watches have delivered: a resync reads nothing else, and costs no API request.

Watch events put objects in, reconciles read them, and reverse references say which VllmProviders an
object concerns. Our own writes put their results in as well: the next reconcile must not act on a
view that is older than its own last write.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from operator import attrgetter

from openclaw_vllm.api.configmap import ConfigMapState
from openclaw_vllm.api.endpoint_slice import EndpointSlice
from openclaw_vllm.api.keys import ObjectKey, Reference
from openclaw_vllm.api.namespace import Namespace
from openclaw_vllm.api.observed import VllmCatalog, VllmProvider
from openclaw_vllm.api.service import Service
from openclaw_vllm.edges.kube.indexed_store import IndexedStore
from openclaw_vllm.edges.kube.pod_store import PodStore
from openclaw_vllm.edges.kube.store import Change, Store


@dataclass
class Cache:
    """Objects by key. Only `put_provider` and `drop_provider` keep the reverse references."""

    providers: Store[ObjectKey, VllmProvider] = field(default_factory=Store)
    services: Store[ObjectKey, Service] = field(default_factory=Store)
    published: Store[ObjectKey, ConfigMapState] = field(default_factory=Store)
    slices: IndexedStore[ObjectKey, EndpointSlice] = field(
        default_factory=lambda: IndexedStore(attrgetter("service"))
    )
    catalogs: Store[ObjectKey, VllmCatalog] = field(default_factory=Store)
    namespaces: Store[str, Namespace] = field(default_factory=Store)
    pods: PodStore = field(default_factory=PodStore)
    _references: dict[ObjectKey, frozenset[Reference]] = field(default_factory=dict)
    _referrers: defaultdict[Reference, set[ObjectKey]] = field(
        default_factory=lambda: defaultdict(set)
    )

    def put_provider(
        self, provider: VllmProvider, references: Iterable[Reference]
    ) -> Change[VllmProvider] | None:
        """Take in a VllmProvider and what it names; None when something newer is known."""
        change = self.providers.upsert(provider.key, provider)
        if change is not None:
            self._unlink(provider.key)
            self._references[provider.key] = frozenset(references)
            for reference in self._references[provider.key]:
                self._referrers[reference].add(provider.key)
        return change

    def drop_provider(self, key: ObjectKey) -> frozenset[Reference]:
        """Remove a VllmProvider; return the references that nothing names any more."""
        self.providers.pop(key, None)
        return self._unlink(key)

    def referrers(self, reference: Reference) -> tuple[ObjectKey, ...]:
        """Return the VllmProviders that name the object, in a fixed order."""
        return tuple(sorted(self._referrers.get(reference, ())))

    def claimants(self, config_map: ObjectKey) -> list[VllmProvider]:
        """Return the VllmProviders that publish under this name, the oldest first."""
        keys = self.referrers(Reference("Published", config_map))
        return sorted((self.providers[key] for key in keys), key=lambda provider: provider.age_rank)

    def replace_status_of(self, provider: VllmProvider) -> None:
        """Store what a status write returned, unless the watch has delivered something newer."""
        if provider.key in self.providers:
            self.providers.upsert(provider.key, provider)

    def put_catalog(self, catalog: VllmCatalog) -> None:
        """Take in a VllmCatalog, unless something newer of it is known."""
        self.catalogs.upsert(catalog.key, catalog)

    def slices_of(self, service: ObjectKey) -> tuple[EndpointSlice, ...]:
        """Return the EndpointSlices of a Service."""
        return tuple(self.slices[key] for key in self.slices.naming(service))

    def _unlink(self, key: ObjectKey) -> frozenset[Reference]:
        unreferenced = set()
        for reference in self._references.pop(key, frozenset()):
            self._referrers[reference].discard(key)
            if not self._referrers[reference]:
                del self._referrers[reference]
                unreferenced.add(reference)
        return frozenset(unreferenced)
