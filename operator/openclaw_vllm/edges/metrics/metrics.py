"""Prometheus metrics: what the status does not say, because it would change with every probe.

Names and labels are explained in docs/metrics.md and use controller-runtime's vocabulary, so that
people know them from other operators. What happens is counted here; what is known of each
object is collected at the scrape (sightings.py). No model id is ever a label.
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
from openclaw_vllm.edges.kube.leader import LEASE
from openclaw_vllm.edges.kube.watches import Watches
from openclaw_vllm.edges.metrics.collectors import (
    CatalogCollector,
    CatalogSample,
    ProbeCounter,
    ProviderCollector,
    ProviderSample,
)
from openclaw_vllm.edges.metrics.counters import ReconcileCounters, seconds


class Queue(Protocol):
    """What is told of a work queue."""

    slots: int

    def __len__(self) -> int:
        """Return how many keys wait."""

    @property
    def active(self) -> int:
        """How many keys are being reconciled."""


class Metrics:
    """The process' metrics, in a registry of their own."""

    def __init__(self, version: str) -> None:
        self.registry = registry = CollectorRegistry()
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a series more per counter
        ProcessCollector(registry=registry)
        self.provider = ReconcileCounters("vllmprovider", registry)
        self.catalog = ReconcileCounters("vllmcatalog", registry)
        self._probes = ProbeCounter()
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

    def probed(self, key: ObjectKey | None, outcome: object, length: float) -> None:
        """Count a probe by its outcome: a Problem's reason, else Succeeded.

        `key` is the VllmProvider's, None for a Service that a VllmCatalog selects.
        """
        reason = outcome.reason.value if isinstance(outcome, Problem) else "Succeeded"
        if key is None:
            self._source_probes.labels(reason).inc()
        else:
            self._probes.count(key, reason)
        self._probe_duration.observe(length)

    def forget(self, key: ObjectKey) -> None:
        """Drop what was counted of a VllmProvider that is gone."""
        self._probes.forget(key)

    def show_objects(
        self,
        provider_samples: Callable[[], Iterable[ProviderSample]],
        catalogs: Callable[[], Iterable[CatalogSample]] = tuple,
    ) -> None:
        """Show at each scrape what these return then."""
        self.registry.register(ProviderCollector(provider_samples, self._probes))
        self.registry.register(CatalogCollector(catalogs))

    def show_queues(self, queues: Mapping[str, Queue]) -> None:
        """Show at each scrape how much waits in each queue, and how much works."""
        figures: tuple[tuple[str, str, Callable[[Queue], float]], ...] = (
            ("queue_depth", "Keys that wait for a slot", len),
            ("active_workers", "Keys that are being reconciled", lambda queue: queue.active),
            ("max_concurrent_reconciles", "Slots of a work queue", lambda queue: queue.slots),
        )
        for name, what, figure in figures:
            gauge = Gauge(f"vllmprovider_{name}", what, ("queue",), registry=self.registry)
            for label, queue in queues.items():
                gauge.labels(label).set_function(partial(figure, queue))

    def show_watches(self, watches: Watches) -> None:
        """Show at each scrape when each kind's watches were last heard of."""
        self.registry.register(_WatchTimes(watches))

    def show_leadership(self, leads: Callable[[], bool]) -> None:
        """Show at each scrape whether this replica is the one that works."""
        name, what = "leader_election_master_status", "1 on the replica that holds the Lease"
        gauge = Gauge(name, what, ("name",), registry=self.registry)
        gauge.labels(LEASE).set_function(leads)

    def text(self) -> bytes:
        """Return the exposition format."""
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
