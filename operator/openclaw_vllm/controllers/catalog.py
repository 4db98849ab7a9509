"""Controller of VllmCatalogs: watch events in, keys into its two work queues.

Nearly any change of a provider, Service or namespace may concern a catalog. So every change wakes
every catalog, a moment later and once for all that happens in that moment; one that has nothing to
change writes nothing. Services are asked by a queue of their own, so that a server that hangs holds
up nothing else.
"""

import asyncio
from collections.abc import Iterable
from typing import Any

from openclaw_vllm.api.keys import ObjectKey, SourceKey
from openclaw_vllm.api.namespace import Namespace
from openclaw_vllm.api.observed import VllmCatalog
from openclaw_vllm.controllers.events import DELETED, Manifest
from openclaw_vllm.controllers.workqueue import WorkQueue
from openclaw_vllm.core.catalog.sources import source_of
from openclaw_vllm.core.discovery.schedule import next_probe_delay
from openclaw_vllm.reconcile.catalog import reconcile as reconcile_catalog
from openclaw_vllm.reconcile.context import ReconcileContext
from openclaw_vllm.reconcile.source import reconcile as reconcile_source

WAKE_DELAY = 0.2  # seconds: what happens in them wakes a catalog once
CATALOG_SLOTS = 4


class CatalogController:
    """Handles events for catalogs, and runs their two queues.

    `awaited` holds the uids of the VllmProviders and VllmCatalogs that existed at the start, until
    a watch shows them or a relist misses them, however long that takes: a catalog that is
    reconciled before would remove models, or take over what an older catalog publishes.
    """

    def __init__(
        self, context: ReconcileContext, *, slots: int, transient: tuple[type[Exception], ...]
    ) -> None:
        self.awaited: set[str] = set()
        self._context = context
        self._waking: dict[ObjectKey, asyncio.TimerHandle] = {}
        self._unprobed: set[SourceKey] = set()  # Services that wait for their first probe
        self.catalogs = WorkQueue(self._reconcile, slots=CATALOG_SLOTS, transient=transient)
        self.sources = WorkQueue(self._reconcile_source, slots=slots, transient=transient)

    @property
    def queues(self) -> dict[str, WorkQueue[Any]]:
        """Its two queues by the names that metrics give them."""
        return {"catalogs": self.catalogs, "sources": self.sources}

    def expect(self, uids: Iterable[str]) -> None:
        """Wait with every catalog until these objects were seen."""
        self.awaited |= set(uids)

    def mark_delivered(self, uid: str) -> None:
        """Record that a watch has delivered an object."""
        self.awaited.discard(uid)

    def retain(self, uids: Iterable[str]) -> None:
        """Wait no longer for any but these: the others are deleted."""
        self.awaited &= set(uids)

    def on_catalog_event(self, type_: str | None, manifest: Manifest) -> None:
        """Handle a VllmCatalog; another spec of one concerns its rivals as well."""
        catalog = VllmCatalog.read(manifest)
        self.mark_delivered(catalog.uid)
        if type_ == DELETED:
            self.on_catalog_deleted(catalog.key, catalog.uid)
            return
        change = self._context.cache.catalogs.upsert(catalog.key, catalog)
        if change is None:
            return
        before = change.before
        if not before or (before.request, before.deleting) != (catalog.request, catalog.deleting):
            self._probe_again(catalog.key)
            self.wake_all()

    def on_catalog_deleted(self, key: ObjectKey, uid: str) -> None:
        """Drop a VllmCatalog, unless another one has taken its name."""
        catalog = self._context.cache.catalogs.get(key)
        if catalog is not None and catalog.uid == uid:
            self._context.forget_catalog(catalog)
        if key not in self._context.cache.catalogs:
            self.catalogs.remove(key)
        self.wake_all()

    def on_namespace_event(self, type_: str | None, manifest: Manifest) -> None:
        """Handle a namespace."""
        namespace = Namespace.read(manifest)
        if type_ == DELETED:
            self.on_namespace_deleted(namespace.name, namespace.uid)
            return
        change = self._context.cache.namespaces.upsert(namespace.name, namespace)
        if change and change.differs:
            self.wake_all()

    def on_namespace_deleted(self, name: str, uid: str) -> None:
        """Drop a namespace, unless another one has taken its name."""
        if self._context.cache.namespaces.delete(name, uid):
            self.wake_all()

    def on_service_changed(self, key: ObjectKey) -> None:
        """Record that a Service is another one now, or deleted."""
        self.on_replicas_changed(key)
        self.wake_all()

    def asks(self, service: ObjectKey) -> bool:
        """Return whether a catalog asks the Service."""
        return any(source.service == service for source in self._sources())

    def on_replicas_changed(self, service: ObjectKey) -> None:
        """Take in that other replicas of a Service are ready now."""
        for source in self._sources():
            if source.service == service:
                self.sources.add(source)

    def wake_all(self) -> None:
        """Reconcile every catalog in a moment."""
        for key in self._context.cache.catalogs:
            self.wake(key)

    def wake(self, key: ObjectKey) -> None:
        """Reconcile a catalog in a moment, once for all that happens until then."""
        if key not in self._waking:
            loop = asyncio.get_running_loop()
            self._waking[key] = loop.call_later(WAKE_DELAY, self._enqueue, key)

    def _enqueue(self, key: ObjectKey) -> None:
        del self._waking[key]
        self.catalogs.add(key)

    def _probe_again(self, catalog: ObjectKey) -> None:
        for source in self._sources():
            if source.catalog == catalog.name:
                self.sources.add(source, interrupt=True)

    def _sources(self) -> set[SourceKey]:
        return {*self._context.states.sources, *self._unprobed}

    async def _reconcile(self, key: ObjectKey) -> float | None:
        if self.awaited:
            return WAKE_DELAY
        return await reconcile_catalog(key, self._context, self._enqueue_source)

    def _enqueue_source(self, source: SourceKey) -> None:
        """Probe a Service soon; after a restart one that was well is probed at its phase, or not
        before something changes."""
        cache = self._context.cache
        shared = source_of(source, cache.catalogs, cache.namespaces, cache.services)
        if shared is None or shared.problem is not None or source in self._unprobed:
            return
        self._unprobed.add(source)
        catalog = cache.catalogs[ObjectKey("", source.catalog)]
        state = self._context.catalog_state(catalog)
        name = ("Service", source.service)
        if not state.is_fresh(catalog, shared.spec.provider_id, name):
            self.sources.add(source)
        elif shared.spec.discovery.mode == "Periodic":
            interval = shared.spec.discovery.interval_seconds
            delay = next_probe_delay(shared.provider.uid, interval, self._context.clock.wall())
            self.sources.add_after(source, delay % interval)

    async def _reconcile_source(self, source: SourceKey) -> float | None:
        self._unprobed.discard(source)
        return await reconcile_source(source, self._context, self.wake)
