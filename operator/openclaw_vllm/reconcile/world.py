"""What reconciles work with: where they read, and where they write."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from openclaw_vllm.api.configmap import PublishedMap
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.observed import Resource
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.core.memory import Memory, recall
from openclaw_vllm.edges.cluster import Cluster
from openclaw_vllm.edges.metrics import Metrics, Sighting
from openclaw_vllm.reconcile.sources import Sources

DEFAULT_INTERVAL = 60.0  # seconds


@dataclass(frozen=True)
class World(Sources):
    """The edges of one operator process, and what it knows beyond the cache.

    `inherited` is what was published when the process started, by the uid of its VllmProvider:
    kept until that is recalled, because it may be damaged before.
    """

    cluster: Cluster
    metrics: Metrics
    memories: dict[ObjectKey, Memory] = field(default_factory=dict)
    inherited: dict[str, PublishedMap] = field(default_factory=dict)

    def inherit(self, key: ObjectKey, published: PublishedMap) -> None:
        """Take in a ConfigMap that was there before the first event."""
        self.cache.published[key] = published
        if published.owner is not None:
            self.inherited[published.owner.uid] = published

    def memory_of(self, resource: Resource, spec: VllmProviderSpec) -> Memory:
        """Return what is remembered of a VllmProvider; at first, what its ConfigMap tells."""
        memory = self.memories.get(resource.key)
        if memory is None or memory.uid != resource.uid:
            before = self.inherited.pop(resource.uid, None)
            published = self.cache.published.get(resource.config_map)
            memory = self.memories[resource.key] = recall(resource, spec, published, before)
        return memory

    def interval_of(self, key: ObjectKey) -> float:
        """Return how often the VllmProvider's server is asked, in seconds."""
        resource = self.cache.providers.get(key)
        if resource is None or isinstance(resource.spec, Problem):
            return DEFAULT_INTERVAL
        return resource.spec.discovery.interval_seconds

    def forget(self, resource: Resource) -> None:
        """Drop all about a VllmProvider that is gone, but not about one that took its name."""
        known = self.cache.providers.get(resource.key)
        if known is None or known.uid != resource.uid:
            return
        orphaned = self.cache.drop_provider(resource.key)
        self.memories.pop(resource.key, None)
        self.inherited.pop(resource.uid, None)
        self.secrets.forget(ref.key for ref in orphaned if ref.kind == "Secret")
        self.config_maps.forget(ref.key for ref in orphaned if ref.kind == "ConfigMap")

    def sightings(self) -> Iterator[Sighting]:
        """Yield every VllmProvider as the metrics show it."""
        for key, resource in self.cache.providers.items():
            memory = self.memories.get(key)
            yield Sighting(key, resource.status, memory.answered_at if memory else 0.0)
