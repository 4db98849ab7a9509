"""Counters of one kind's reconciles and writes by result, and durations of its reconciles."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Histogram

from openclaw_vllm.edges.kube.replies import Conflict, NotFound, Rejected

SUCCESS, REFUSED = "success", "refused"
RESULTS = (SUCCESS, "error", REFUSED, "outdated", "interrupted")
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)


@dataclass
class Attempt:
    """A reconcile or write; counted by its `result`, or by the exception that ends it."""

    result: str = SUCCESS


class ReconcileCounters:
    """Counters of one kind; `prefix` is the kind in lower case."""

    def __init__(self, prefix: str, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._reconciles = self._by_result(f"{prefix}_reconcile", "Reconciles by result")
        self._duration = seconds(
            f"{prefix}_reconcile_duration_seconds", "Length of a reconcile", registry
        )
        self._config_maps = self._by_result(
            f"{prefix}_configmap_writes", "Applies of a ConfigMap by result"
        )
        self._statuses = self._by_result(f"{prefix}_status_writes", "Applies of a status by result")

    @contextmanager
    def reconciling(self) -> Iterator[Attempt]:
        """Count a reconcile, and observe its duration."""
        with self._duration.time(), _counted(self._reconciles) as attempt:
            yield attempt

    @contextmanager
    def writing_config_map(self) -> Iterator[Attempt]:
        """Count the apply of a ConfigMap."""
        with _counted(self._config_maps) as attempt:
            yield attempt

    @contextmanager
    def writing_status(self) -> Iterator[Attempt]:
        """Count the apply of a status."""
        with _counted(self._statuses) as attempt:
            yield attempt

    def _by_result(self, name: str, documentation: str) -> Counter:
        """Return a counter with a series for each result, so that the first event is an
        increase."""
        counter = Counter(name, documentation, ("result",), registry=self._registry)
        for result in RESULTS:
            counter.labels(result)
        return counter


@contextmanager
def _counted(counter: Counter) -> Iterator[Attempt]:
    attempt = Attempt()
    try:
        yield attempt
    except BaseException as error:
        attempt.result = _result_of(error)
        raise
    finally:
        counter.labels(attempt.result).inc()


def _result_of(error: BaseException) -> str:
    match error:
        case Conflict() | NotFound():
            return "outdated"
        case Rejected():
            return REFUSED
        case asyncio.CancelledError():
            return "interrupted"
    return "error"


def seconds(name: str, documentation: str, registry: CollectorRegistry) -> Histogram:
    """Return a histogram of durations in seconds, from a write's to a slow probe's."""
    return Histogram(name, documentation, buckets=SECONDS, registry=registry)
