"""Prometheus metrics: what the status omits because it would change with every probe.

Names and labels are explained in docs/metrics.md and follow controller-runtime's, which users know
from other operators. Events are counted here; the series of objects are collected at the scrape
(collectors.py). No model id is ever a label.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Protocol

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.edges.kube.watches import Watches
from openclaw_vllm.edges.metrics.collectors import (
    CatalogCollector,
    CatalogSample,
    ProviderCollector,
    ProviderSample,
)
from openclaw_vllm.edges.metrics.counters import ReconcileCounters, seconds


class Queue(Protocol):
    """The parts of a work queue that metrics show."""

    slots: int

    def __len__(self) -> int:
        """Return the number of waiting keys."""

    @property
    def active(self) -> int:
        """The number of keys that are being reconciled."""


class Metrics:
    """The metrics of the process, in a registry of their own."""

    def __init__(self, version: str) -> None:
        self.registry = registry = CollectorRegistry()
        # Each counter would have a second series.
        disable_created_metrics()  # type: ignore[no-untyped-call] # prometheus_client has no type
        ProcessCollector(registry=registry)
        self.provider = ReconcileCounters("vllmprovider", registry)
        self.catalog = ReconcileCounters("vllmcatalog", registry)
        self._probes: dict[ObjectKey, dict[str, int]] = {}  # by outcome
        self._source_probes = Counter(
            "vllmcatalog_source_probe", "Probes of Services", ("outcome",), registry=registry
        )
        self._probe_duration = seconds(
            "vllmprovider_probe_duration_seconds", "Length of a probe", registry
        )
        info = Gauge(
            "vllmprovider_build_info", "1 for the running version", ("version",), registry=registry
        )
        info.labels(version).set(1)

    def count_probe(self, key: ObjectKey | None, outcome: object, duration: float) -> None:
        """Count a probe by its outcome: a Problem's reason, else Succeeded.

        `key` is the VllmProvider's, None for a Service that a VllmCatalog selects.
        """
        reason = outcome.reason.value if isinstance(outcome, Problem) else "Succeeded"
        if key is None:
            self._source_probes.labels(reason).inc()
        else:
            outcomes = self._probes.setdefault(key, {})
            outcomes[reason] = outcomes.get(reason, 0) + 1
        self._probe_duration.observe(duration)

    def forget(self, key: ObjectKey) -> None:
        """Drop the counters of a VllmProvider that is gone."""
        self._probes.pop(key, None)

    def show_objects(
        self,
        provider_samples: Callable[[], Iterable[ProviderSample]],
        catalog_samples: Callable[[], Iterable[CatalogSample]] = tuple,
    ) -> None:
        """Show at each scrape the samples that these return then."""
        self.registry.register(ProviderCollector(provider_samples, self._probes))
        self.registry.register(CatalogCollector(catalog_samples))

    def show_queues(self, queues: Mapping[str, Queue]) -> None:
        """Show at each scrape the waiting and the active keys of each queue."""
        gauges: tuple[tuple[str, str, Callable[[Queue], float]], ...] = (
            ("queue_depth", "Keys that wait for a slot", len),
            ("active_workers", "Keys that are being reconciled", lambda queue: queue.active),
            ("max_concurrent_reconciles", "Slots of a work queue", lambda queue: queue.slots),
        )
        for name, documentation, value_of in gauges:
            gauge = Gauge(f"vllmprovider_{name}", documentation, ("queue",), registry=self.registry)
            for label, queue in queues.items():
                gauge.labels(label).set_function(partial(value_of, queue))

    def show_watches(self, watches: Watches) -> None:
        """Show at each scrape the last activity of each kind's watches."""
        self.registry.register(_WatchTimes(watches))

    def show_leadership(self, lease: str, leads: Callable[[], bool]) -> None:
        """Show at each scrape whether this replica is the leader."""
        name, text = "leader_election_master_status", "1 on the replica that holds the Lease"
        gauge = Gauge(name, text, ("name",), registry=self.registry)
        gauge.labels(lease).set_function(leads)

    def text(self) -> bytes:
        """Return the metrics in the exposition format."""
        return generate_latest(self.registry)


class _WatchTimes(Collector):
    def __init__(self, watches: Watches) -> None:
        self._watches = watches

    def collect(self) -> Iterator[Metric]:
        family = GaugeMetricFamily(
            "vllmprovider_watch_last_event_timestamp_seconds",
            "When the API server last said something on the watch of a kind",
            labels=("resource",),
        )
        now = time.time()
        for resource, silence in self._watches.silences().items():
            family.add_metric((resource,), now - silence)
        yield family
