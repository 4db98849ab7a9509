"""Controller of EndpointSlices: which Services have other replicas than before.

Slices change with each pod that comes, goes or moves; only what differs in the replicas of a
Service that somebody asks wakes anybody, and a burst of changes wakes them twice at most.
"""

from collections.abc import Callable, Iterable

from openclaw_vllm.api.endpoint_slice import EndpointSlice
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.controllers.coalescing import Coalescer
from openclaw_vllm.controllers.events import DELETED, Manifest, key_of
from openclaw_vllm.core.discovery.replicas import Replicas, replicas_of
from openclaw_vllm.edges.kube.cache import Cache


class SliceController:
    """Handles events of EndpointSlices.

    `asks` tells whether anybody asks a Service, and `wake` is called with one whose replicas are
    others now.
    """

    def __init__(
        self, cache: Cache, asks: Callable[[ObjectKey], bool], wake: Callable[[ObjectKey], None]
    ) -> None:
        self._cache = cache
        self._asks = asks
        self._replicas_changed = Coalescer(wake)

    def on_slice_event(self, type_: str | None, manifest: Manifest) -> None:
        """Handle an EndpointSlice, which may have been moved to another Service."""
        key, new = key_of(manifest), EndpointSlice.read(manifest)
        if type_ == DELETED:
            self.on_slice_deleted(key, new.uid)
            return
        former = self._cache.slices.get(key)
        if former == new:
            return
        before = self._replicas({new.service, former.service if former else new.service})
        self._cache.slices.upsert(key, new)
        self._compare_replicas(before)

    def on_slice_deleted(self, key: ObjectKey, uid: str) -> None:
        """Drop an EndpointSlice, unless another one has taken its name."""
        if former := self._cache.slices.get(key):
            before = self._replicas({former.service})
            self._cache.slices.delete(key, uid)
            self._compare_replicas(before)

    def on_slices_refused(self, namespace: str) -> None:
        """Go on without the EndpointSlices of a namespace, or of all: those known grow old."""
        refused = [one for one in self._cache.slices.items() if namespace in ("", one[0].namespace)]
        before = self._replicas({endpoint_slice.service for _, endpoint_slice in refused})
        for key, endpoint_slice in refused:
            self._cache.slices.delete(key, endpoint_slice.uid)
        self._compare_replicas(before)

    def _replicas(self, services: Iterable[ObjectKey]) -> dict[ObjectKey, Replicas | None]:
        """Return the replicas of those of these Services that somebody asks."""
        return {
            service: replicas_of(self._cache.slices_of(service))
            for service in services
            if self._asks(service)
        }

    def _compare_replicas(self, before: dict[ObjectKey, Replicas | None]) -> None:
        for service, after in self._replicas(before).items():
            if after != before[service]:
                self._replicas_changed(service)
