"""What reconciles work with: where they read, and where they write."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from openclaw_vllm.api.configmap import ConfigMapState
from openclaw_vllm.api.keys import ObjectKey, SourceKey
from openclaw_vllm.api.observed import VllmCatalog, VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.core.catalog.memory import CatalogMemory, restore_catalog_memory
from openclaw_vllm.core.catalog.targets import exemplar, target_namespaces
from openclaw_vllm.core.discovery.memory import Memory
from openclaw_vllm.core.publication.ownership import is_ours
from openclaw_vllm.core.publication.restore import restore_memory
from openclaw_vllm.edges.kube.cluster import Cluster, Conflict, NotFound, Rejected
from openclaw_vllm.edges.metrics.collectors import CatalogSample, ProviderSample
from openclaw_vllm.edges.metrics.metrics import Metrics
from openclaw_vllm.reconcile.readers import Readers

DEFAULT_INTERVAL = 60.0  # seconds
WATCH_LAG = 0.5  # until a watch shows what somebody else wrote
REFUSAL_PAUSE = 60.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ReconcileContext(Readers):
    """The edges of one operator process, and what it knows beyond the cache.

    `inherited` is what was published when the process started, by the uid of its owner: kept until
    that is recalled, because it may be damaged before.
    """

    cluster: Cluster
    metrics: Metrics
    memories: dict[ObjectKey, Memory] = field(default_factory=dict)
    found_at_start: dict[str, dict[ObjectKey, ConfigMapState]] = field(default_factory=dict)
    own_namespace: str | None = None
    catalog_memories: dict[ObjectKey, CatalogMemory] = field(default_factory=dict)
    source_memories: dict[SourceKey, Memory] = field(default_factory=dict)

    def inherit(self, key: ObjectKey, published: ConfigMapState) -> None:
        """Take in a ConfigMap that was there before the first event."""
        self.cache.published[key] = published
        if published.owner is not None:
            self.found_at_start.setdefault(published.owner.uid, {})[key] = published

    def memory_of(self, resource: VllmProvider, spec: VllmProviderSpec) -> Memory:
        """Return what is remembered of a VllmProvider; at first, what its ConfigMap tells."""
        memory = self.memories.get(resource.key)
        if memory is None or memory.uid != resource.uid:
            before = self.found_at_start.pop(resource.uid, {}).get(resource.config_map)
            published = self.cache.published.get(resource.config_map)
            memory = self.memories[resource.key] = restore_memory(resource, spec, published, before)
        return memory

    def catalog_memory_of(self, catalog: VllmCatalog) -> CatalogMemory:
        """Return what is remembered of a VllmCatalog; at first, what was published."""
        memory = self.catalog_memories.get(catalog.key)
        if memory is None or memory.uid != catalog.uid:
            memory = restore_catalog_memory(catalog, self.published_by(catalog))
            self.found_at_start.pop(catalog.uid, None)
            self.catalog_memories[catalog.key] = memory
        return memory

    def published_by(self, catalog: VllmCatalog) -> ConfigMapState | None:
        """Return a ConfigMap with what the VllmCatalog published last, as long as one is known."""
        targets = set(self.targets_of(catalog))
        found_at_start = self.found_at_start.get(catalog.uid, {})
        known = exemplar(catalog, self.cache.published.items(), targets)
        return known or exemplar(catalog, found_at_start.items(), targets)

    def targets_of(self, catalog: VllmCatalog) -> list[str]:
        """Return the namespaces that the VllmCatalog publishes to, sorted."""
        return target_namespaces(catalog, self.cache.namespaces.values(), self.own_namespace)

    def interval_of(self, key: ObjectKey) -> float:
        """Return how often the VllmProvider's server is asked, in seconds."""
        resource = self.cache.providers.get(key)
        if resource is None or isinstance(resource.spec, Problem):
            return DEFAULT_INTERVAL
        return resource.spec.discovery.interval_seconds

    def forget(self, resource: VllmProvider) -> None:
        """Drop all about a VllmProvider that is gone, but not about one that took its name."""
        known = self.cache.providers.get(resource.key)
        if known is None or known.uid != resource.uid:
            return
        orphaned = self.cache.drop_provider(resource.key)
        self.memories.pop(resource.key, None)
        self.metrics.forget(resource.key)
        self.found_at_start.pop(resource.uid, None)
        self.secrets.forget(ref.key for ref in orphaned if ref.kind == "Secret")
        self.config_maps.forget(ref.key for ref in orphaned if ref.kind == "ConfigMap")

    def forget_catalog(self, catalog: VllmCatalog) -> None:
        """Drop all about a VllmCatalog that is gone, but not about one that took its name."""
        known = self.cache.catalogs.get(catalog.key)
        if known is None or known.uid != catalog.uid:
            return
        del self.cache.catalogs[catalog.key]
        self.catalog_memories.pop(catalog.key, None)
        self.found_at_start.pop(catalog.uid, None)
        for name in [name for name in self.source_memories if name.catalog == catalog.key.name]:
            del self.source_memories[name]

    def count_probe(self, resource: VllmProvider, answer: object, seconds: float) -> None:
        """Count a probe of a VllmProvider's server, or of a Service that a catalogue selects."""
        known = self.cache.providers.get(resource.key)
        ours = known is not None and known.uid == resource.uid
        self.metrics.probed(resource.key if ours else None, answer, seconds)

    def provider_samples(self) -> Iterator[ProviderSample]:
        """Yield every VllmProvider as the metrics show it."""
        for key, resource in self.cache.providers.items():
            memory, spec = self.memories.get(key), resource.spec
            asked = not isinstance(spec, Problem) and not spec.suspend and not spec.models
            published = self.cache.published.get(resource.config_map)
            ours = published is not None and is_ours(resource, published)
            yield ProviderSample(
                key,
                resource.status,
                suspended=not isinstance(spec, Problem) and spec.suspend,
                answered_at=memory.answered_at if memory else 0.0,
                interval=self.interval_of(key) if asked else None,
                config_bytes=published.size if published and ours else None,
            )

    def catalog_samples(self) -> Iterator[CatalogSample]:
        """Yield every VllmCatalog as the metrics show it."""
        for key, catalog in self.cache.catalogs.items():
            published = self.published_by(catalog)
            yield CatalogSample(key.name, catalog.status, published.size if published else None)


def requeue_after_rejection(
    error: Conflict | NotFound | Rejected, key: ObjectKey, forget: Callable[[], None]
) -> float | None:
    """Return when to come back after a write that the API server did not take, in seconds;
    `forget` is called when the object is gone."""
    if isinstance(error, Conflict):
        return WATCH_LAG  # somebody else wrote: the watch shows it in a moment
    if isinstance(error, NotFound):
        forget()
        return None
    logger.error("%s", error, extra={"key": key})
    return REFUSAL_PAUSE


def timestamp(world: ReconcileContext) -> str:
    """Return the time of the wall clock as conditions show it."""
    return datetime.fromtimestamp(world.clock.wall(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
