"""Readers of a reconcile: the cache, objects read by name, the prober, the clocks.

They are the reading half of `ReconcileContext`; the command line has them without a cluster.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.secret import Secret
from openclaw_vllm.core.discovery.destination import Destinations
from openclaw_vllm.core.discovery.replicas import Replicas, replicas_of
from openclaw_vllm.core.discovery.service_names import ServiceNames
from openclaw_vllm.edges.kube.cache import Cache
from openclaw_vllm.edges.kube.readings import Readings
from openclaw_vllm.edges.vllm.probe_request import ProberProtocol


@dataclass(frozen=True)
class Clock:
    """Monotonic seconds for intervals, seconds of the wall clock for phases and conditions."""

    monotonic: Callable[[], float]
    wall: Callable[[], float]


class UrlLocks:
    """One lock for each URL, for as long as a task holds it or waits for it: a server gets some
    requests one at a time."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def of(self, url: str) -> asyncio.Lock:
        """Return the lock of a URL."""
        return self._locks.setdefault(url, asyncio.Lock())


@dataclass(frozen=True)
class Readers:
    """Readers of a reconcile, and the administrator's policy on destinations and keys.

    `fresh` reads everything again, however recent the last reading is: a user requested it.
    """

    cache: Cache
    prober: ProberProtocol
    secrets: Readings[Secret]
    config_maps: Readings[Mapping[str, str]]
    policy: Destinations
    clock: Clock
    service_names: ServiceNames = field(default_factory=ServiceNames, kw_only=True)
    locks: UrlLocks = field(default_factory=UrlLocks, kw_only=True)
    fresh: bool = field(default=False, kw_only=True)

    def replicas_of(self, service: ObjectKey | None) -> Replicas | None:
        """Return the replicas of a Service, as far as EndpointSlices tell."""
        return replicas_of(self.cache.slices_of(service)) if service else None
