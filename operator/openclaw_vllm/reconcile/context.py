"""Context of reconciles: their readers, the cluster that they write to, metrics and state."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from openclaw_vllm.api.configmap import ConfigMapState
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.observed import VllmCatalog, VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.catalog.state import CatalogState
from openclaw_vllm.core.catalog.targets import newest_published, target_namespaces
from openclaw_vllm.core.publication.ownership import is_ours
from openclaw_vllm.edges.kube.cluster import Cluster
from openclaw_vllm.edges.metrics.collectors import CatalogSample, ProviderSample
from openclaw_vllm.edges.metrics.metrics import Metrics
from openclaw_vllm.reconcile.base_configs import BaseConfigs
from openclaw_vllm.reconcile.readers import Readers
from openclaw_vllm.reconcile.states import StateStore

DEFAULT_INTERVAL = 60.0  # seconds


@dataclass(frozen=True)
class ReconcileContext(Readers):
    """The edges of one operator process, and the state of every object."""

    cluster: Cluster
    metrics: Metrics
    states: StateStore = field(default_factory=StateStore)
    base_configs: BaseConfigs = field(default_factory=BaseConfigs)
    own_namespace: str | None = None
    shard_selector: str = ""  # of the VllmProviders that are served; empty for all

    def record_at_start(self, key: ObjectKey, published: ConfigMapState) -> None:
        """Record a ConfigMap that was there before the first event."""
        self.cache.published[key] = published
        self.states.record_at_start(key, published)

    def published_by(self, catalog: VllmCatalog) -> ConfigMapState | None:
        """Return a ConfigMap with what the VllmCatalog published last, as long as one is known."""
        targets = set(self.targets_of(catalog))
        at_start = self.states.found_at_start.get(catalog.uid, {})
        cached = newest_published(catalog, self.cache.published.items(), targets)
        return cached or newest_published(catalog, at_start.items(), targets)

    def catalog_state(self, catalog: VllmCatalog) -> CatalogState:
        """Return the state of a VllmCatalog, restored at first sight."""
        published = self.published_by(catalog)
        return self.states.catalog(catalog, published, self.service_names)

    def targets_of(self, catalog: VllmCatalog) -> list[str]:
        """Return the namespaces that the VllmCatalog publishes to, sorted."""
        return target_namespaces(catalog, self.cache.namespaces.values(), self.own_namespace)

    def interval_of(self, key: ObjectKey) -> float:
        """Return the seconds between probes of the VllmProvider's server."""
        provider = self.cache.providers.get(key)
        if provider is None or isinstance(provider.spec, Problem):
            return DEFAULT_INTERVAL
        return provider.spec.discovery.interval_seconds

    def forget(self, provider: VllmProvider) -> None:
        """Drop everything about a deleted VllmProvider, but not about another one of its name."""
        cached = self.cache.providers.get(provider.key)
        if cached is None or cached.uid != provider.uid:
            return
        unreferenced = self.cache.drop_provider(provider.key)
        self.states.drop_provider(provider)
        self.metrics.forget(provider.key)
        self.secrets.forget(ref.key for ref in unreferenced if ref.kind == "Secret")
        self.config_maps.forget(ref.key for ref in unreferenced if ref.kind == "ConfigMap")

    def forget_catalog(self, catalog: VllmCatalog) -> None:
        """Drop everything about a deleted VllmCatalog, but not about another one of its name."""
        if self.cache.catalogs.delete(catalog.key, catalog.uid) is not None:
            self.states.drop_catalog(catalog)

    def count_probe(self, provider: VllmProvider, response: object, seconds: float) -> None:
        """Count a probe of a VllmProvider's server, or of a Service that a catalog selects."""
        cached = self.cache.providers.get(provider.key)
        is_provider = cached is not None and cached.uid == provider.uid
        self.metrics.count_probe(provider.key if is_provider else None, response, seconds)

    def provider_samples(self) -> Iterator[ProviderSample]:
        """Yield every VllmProvider as the metrics show it."""
        for key, provider in self.cache.providers.items():
            state, spec = self.states.providers.get(key), provider.spec
            server = state.server if state else None
            is_probed = (
                not isinstance(spec, Problem)
                and not (spec.suspend or spec.models)
                and not (server and server.is_asleep)
                and (spec.discovery.mode == "Periodic" or bool(server and server.lacks_slices))
            )
            published = self.cache.published.get(provider.config_map)
            owned = published is not None and is_ours(provider, published)
            yield ProviderSample(
                key,
                provider.status,
                suspended=not isinstance(spec, Problem) and spec.suspend,
                answered_at=server.discovery.answered_at if server else 0.0,
                interval=self.interval_of(key) if is_probed else None,
                config_bytes=published.size if published and owned else None,
                endpoints=server.replicas.counts if server and server.replicas else {},
            )

    def catalog_samples(self) -> Iterator[CatalogSample]:
        """Yield every VllmCatalog as the metrics show it."""
        for key, catalog in self.cache.catalogs.items():
            published = self.published_by(catalog)
            yield CatalogSample(key.name, catalog.status, published.size if published else None)


def timestamp(context: ReconcileContext) -> str:
    """Return the time of the wall clock as conditions show it."""
    return datetime.fromtimestamp(context.clock.wall(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
