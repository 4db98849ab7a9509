"""Prometheus metrics: what the status does not say, because it would change with every probe.

What is known of each VllmProvider is collected at the scrape from the cache, so that ten thousand
of them cost no memory of their own and a series goes with its object. No model id is ever a label.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.status import VllmProviderStatus

OBJECT = ("namespace", "name")


@dataclass(frozen=True, slots=True)
class Sighting:
    """A VllmProvider at the time of a scrape; `answered_at` is in seconds of the wall clock, 0
    never."""

    key: ObjectKey
    status: VllmProviderStatus
    answered_at: float


class Metrics:
    """The process' metrics, in a registry of their own."""

    def __init__(self, version: str) -> None:
        self.registry = registry = CollectorRegistry()
        self._probes = Counter(
            "vllmprovider_probe", "Probes by outcome", ("outcome",), registry=registry
        )
        self._writes = Counter(
            "vllmprovider_writes", "Applied objects by kind", ("kind",), registry=registry
        )
        self._reconciles = Counter(
            "vllmprovider_reconcile", "Reconciles by result", ("result",), registry=registry
        )
        self._duration = Histogram(
            "vllmprovider_reconcile_duration_seconds", "Length of a reconcile", registry=registry
        )
        info = Gauge(
            "vllmprovider_build_info", "The running version", ("version",), registry=registry
        )
        info.labels(version).set(1)

    def probed(self, outcome: object) -> None:
        """Count a probe by its outcome: a Problem's reason, else Succeeded."""
        reason = outcome.reason.value if isinstance(outcome, Problem) else "Succeeded"
        self._probes.labels(reason).inc()

    def written(self, kind: str) -> None:
        """Count an applied object: ConfigMap, Status or Event."""
        self._writes.labels(kind).inc()

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Count a reconcile and its length; it ends with success or an error."""
        result, start = "error", time.monotonic()
        try:
            yield
            result = "success"
        finally:
            self._reconciles.labels(result).inc()
            self._duration.observe(time.monotonic() - start)

    def collect_from(
        self, sightings: Callable[[], Iterable[Sighting]], depth: Callable[[], int]
    ) -> None:
        """Show at each scrape what these functions return then."""
        self.registry.register(_AtScrape(sightings))
        Gauge("workqueue_depth", "Keys that wait for a slot", registry=self.registry).set_function(
            depth
        )

    def text(self) -> bytes:
        """Return the exposition format."""
        return generate_latest(self.registry)


class _AtScrape(Collector):
    def __init__(self, sightings: Callable[[], Iterable[Sighting]]) -> None:
        self._sightings = sightings

    def collect(self) -> Iterator[Metric]:
        models = GaugeMetricFamily("vllmprovider_models", "Published models", labels=OBJECT)
        answered = GaugeMetricFamily(
            "vllmprovider_last_success_timestamp_seconds",
            "When the server last gave a good answer",
            labels=OBJECT,
        )
        conditions = GaugeMetricFamily(
            "vllmprovider_status_condition",
            "1 for the status that a condition has",
            labels=(*OBJECT, "type", "status"),
        )
        for sighting in self._sightings():
            models.add_metric(sighting.key, sighting.status.model_count or 0)
            if sighting.answered_at:
                answered.add_metric(sighting.key, sighting.answered_at)
            for condition in sighting.status.conditions:
                conditions.add_metric((*sighting.key, condition.type, condition.status), 1)
        yield from (models, answered, conditions)
