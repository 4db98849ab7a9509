"""Series of each VllmProvider and VllmCatalog, collected at each scrape from the cache.

So ten thousand objects cost no memory of their own, and a series goes with its object.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from openclaw_vllm.api.catalog_status import VllmCatalogStatus
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.status import VllmProviderStatus

OBJECT = ("namespace", "name")


@dataclass(frozen=True, slots=True)
class ProviderSample:
    """A VllmProvider at the time of a scrape."""

    key: ObjectKey
    status: VllmProviderStatus
    suspended: bool = False
    answered_at: float = 0.0  # wall clock, in seconds; 0 for never
    interval: float | None = None  # seconds; None when its server is not probed
    config_bytes: int | None = None  # None when nothing is published
    endpoints: Mapping[str, int] = field(default_factory=dict)  # replicas by their state


@dataclass(frozen=True, slots=True)
class CatalogSample:
    """A VllmCatalog at the time of a scrape."""

    name: str
    status: VllmCatalogStatus
    config_bytes: int | None = None  # None when nothing is published


class ProviderCollector(Collector):
    """Collects the series of every VllmProvider; `probes` counts its probes by outcome."""

    def __init__(
        self,
        provider_samples: Callable[[], Iterable[ProviderSample]],
        probes: Mapping[ObjectKey, Mapping[str, int]],
    ) -> None:
        self._provider_samples = provider_samples
        self._probes = probes

    def collect(self) -> Iterator[Metric]:
        """Yield the current metrics."""
        families = _Families()
        for sample in self._provider_samples():
            families.add(sample)
            for outcome, count in self._probes.get(sample.key, {}).items():
                families.probes.add_metric((*sample.key, outcome), count)
        yield from families.all()


class _Families:
    def __init__(self) -> None:
        self.probes = CounterMetricFamily(
            "vllmprovider_probe", "Probes by outcome", labels=(*OBJECT, "outcome")
        )
        self.models = _gauge("models", "Published models")
        self.suspended = _gauge("suspended", "1 while spec.suspend is true")
        self.answered = _gauge(
            "last_success_timestamp_seconds", "When the server last gave a good answer"
        )
        self.interval = _gauge("probe_interval_seconds", "How often the server is asked")
        self.size = _gauge("config_bytes", "Size of the published ConfigMap's values")
        self.endpoints = _gauge("endpoints", "Replicas of its Service by state", "state")
        self.conditions = _gauge(
            "status_condition", "1 for the status that a condition has", "type", "status"
        )

    def add(self, sample: ProviderSample) -> None:
        key, status = sample.key, sample.status
        self.models.add_metric(key, status.model_count or 0)
        self.suspended.add_metric(key, sample.suspended)
        if sample.answered_at:
            self.answered.add_metric(key, sample.answered_at)
        if sample.interval is not None:
            self.interval.add_metric(key, sample.interval)
        if sample.config_bytes is not None:
            self.size.add_metric(key, sample.config_bytes)
        for state, count in sample.endpoints.items():
            self.endpoints.add_metric((*key, state), count)
        for condition in status.conditions:
            self.conditions.add_metric((*key, condition.type, condition.status), 1)

    def all(self) -> tuple[Metric, ...]:
        return (
            self.probes,
            self.models,
            self.suspended,
            self.answered,
            self.interval,
            self.size,
            self.endpoints,
            self.conditions,
        )


class CatalogCollector(Collector):
    """Collects the series of every VllmCatalog."""

    def __init__(self, catalog_samples: Callable[[], Iterable[CatalogSample]]) -> None:
        self._catalog_samples = catalog_samples

    def collect(self) -> Iterator[Metric]:
        """Yield the current metrics."""
        models = _catalog_gauge("models", "Published models")
        targets = _catalog_gauge("targets", "Namespaces by whether they hold it", "result")
        size = _catalog_gauge("config_bytes", "Size of the values of one of its ConfigMaps")
        conditions = _catalog_gauge(
            "status_condition", "1 for the status that a condition has", "type", "status"
        )
        for sample in self._catalog_samples():
            name, status = sample.name, sample.status
            models.add_metric((name,), status.model_count or 0)
            if status.targets is not None:
                targets.add_metric((name, "published"), status.targets.published)
                targets.add_metric((name, "failed"), status.targets.failed)
            if sample.config_bytes is not None:
                size.add_metric((name,), sample.config_bytes)
            for condition in status.conditions:
                conditions.add_metric((name, condition.type, condition.status), 1)
        yield from (models, targets, size, conditions)


def _gauge(name: str, documentation: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"vllmprovider_{name}", documentation, labels=(*OBJECT, *labels))


def _catalog_gauge(name: str, documentation: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"vllmcatalog_{name}", documentation, labels=("name", *labels))
