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
from openclaw_vllm.api.observed import Namespace, VllmCatalog
from openclaw_vllm.controllers.workqueue import WorkQueue
from openclaw_vllm.core.catalog.sources import source_of
from openclaw_vllm.core.discovery.schedule import next_probe_delay
from openclaw_vllm.reconcile.catalog import reconcile as reconcile_catalog
from openclaw_vllm.reconcile.context import ReconcileContext
from openclaw_vllm.reconcile.source import reconcile as reconcile_source

DELETED = "DELETED"
MOMENT = 0.2  # seconds
CATALOG_SLOTS = 4
LONGEST_BACKOFF = 60.0

Manifest = dict[str, Any]


class CatalogController:
    """Handles events for catalogs, and runs their two queues.

    `awaited` holds the uids of the VllmProviders and VllmCatalogs that existed at the start, until
    a watch shows them or a relist misses them, however long that takes: a catalog that is
    reconciled before would remove models, or take over what an older catalog publishes. `listed` is
    set when objects are listed, first or again.
    """

    def __init__(
        self, context: ReconcileContext, *, slots: int, passing: tuple[type[Exception], ...]
    ) -> None:
        self.awaited: set[str] = set()
        self.listed = asyncio.Event()
        self._context = context
        self._waking: dict[ObjectKey, asyncio.TimerHandle] = {}
        self._unasked: set[SourceKey] = set()  # Services that wait for their first question
        self.catalogs = WorkQueue(
            self._reconcile,
            slots=CATALOG_SLOTS,
            passing=passing,
            longest_backoff=lambda _: LONGEST_BACKOFF,
        )
        self.sources = WorkQueue(
            self._ask_now,
            slots=slots,
            passing=passing,
            longest_backoff=lambda _: LONGEST_BACKOFF,
        )

    @property
    def queues(self) -> dict[str, WorkQueue[Any]]:
        """Its two queues by the names that metrics give them."""
        return {"catalogs": self.catalogs, "sources": self.sources}

    def expect(self, uids: Iterable[str]) -> None:
        """Wait with every catalog until these objects were seen."""
        self.awaited |= set(uids)

    def saw(self, uid: str) -> None:
        """Take in that a watch has shown an object."""
        self.awaited.discard(uid)

    def retain(self, uids: Iterable[str]) -> None:
        """Wait no longer for any but these: the others are gone."""
        self.awaited &= set(uids)

    def on_catalog_event(self, type_: str | None, manifest: Manifest) -> None:
        """Handle a VllmCatalog; another spec of one concerns its rivals as well."""
        catalog = VllmCatalog.read(manifest)
        self.record_listing(type_)
        self.saw(catalog.uid)
        if type_ == DELETED:
            self.on_catalog_deleted(catalog)
            return
        change = self._context.cache.catalogs.upsert(catalog.key, catalog)
        if change and _request(change.after) != _request(change.before):
            self._ask_again(catalog.key)
            self.changed()

    def on_catalog_deleted(self, catalog: VllmCatalog) -> None:
        """Drop a VllmCatalog, unless another one has taken its name."""
        self._context.forget_catalog(catalog)
        if catalog.key not in self._context.cache.catalogs:
            self.catalogs.forget(catalog.key)
        self.changed()

    def on_namespace_event(self, type_: str | None, manifest: Manifest) -> None:
        """Handle a namespace."""
        namespace = Namespace.read(manifest)
        self.record_listing(type_)
        if type_ == DELETED:
            self.on_namespace_deleted(namespace)
            return
        change = self._context.cache.namespaces.upsert(namespace.name, namespace)
        if change and change.differs:
            self.changed()

    def on_namespace_deleted(self, namespace: Namespace) -> None:
        """Drop a namespace, unless another one has taken its name."""
        if self._context.cache.namespaces.delete(namespace.name, namespace.uid):
            self.changed()

    def record_listing(self, type_: str | None) -> None:
        """Record that an object was listed: what is gone since is not among them."""
        if type_ is None:
            self.listed.set()

    def service_changed(self, key: ObjectKey) -> None:
        """Take in that a Service is another one now, or gone."""
        for name in self._sources():
            if name.service == key:
                self.sources.add(name)
        self.changed()

    def changed(self) -> None:
        """Reconcile every catalog in a moment."""
        for key in self._context.cache.catalogs:
            self.refresh(key)

    def refresh(self, key: ObjectKey) -> None:
        """Reconcile a catalog in a moment, once for all that happens until then."""
        if key not in self._waking:
            loop = asyncio.get_running_loop()
            self._waking[key] = loop.call_later(MOMENT, self._wake, key)

    def _wake(self, key: ObjectKey) -> None:
        del self._waking[key]
        self.catalogs.add(key)

    def _ask_again(self, catalog: ObjectKey) -> None:
        for name in self._sources():
            if name.catalog == catalog.name:
                self.sources.add(name, interrupt=True)

    def _sources(self) -> set[SourceKey]:
        return {*self._context.states.sources, *self._unasked}

    async def _reconcile(self, key: ObjectKey) -> float | None:
        if self.awaited:
            return MOMENT
        return await reconcile_catalog(key, self._context, self._ask)

    def _ask(self, name: SourceKey) -> None:
        """Ask a Service soon; after a restart one that was well is asked at its phase."""
        cache = self._context.cache
        shared = source_of(name, cache.catalogs, cache.namespaces, cache.services)
        if shared is None or shared.problem is not None or name in self._unasked:
            return
        self._unasked.add(name)
        catalog = cache.catalogs[ObjectKey("", name.catalog)]
        published = self._context.published_by(catalog)
        state = self._context.states.catalog(catalog, published)
        source = ("Service", name.service)
        if not state.is_fresh(catalog, shared.spec.provider_id, source):
            self.sources.add(name)
            return
        interval = shared.spec.discovery.interval_seconds
        delay = next_probe_delay(shared.resource.uid, interval, self._context.clock.wall())
        self.sources.add_after(name, delay % interval)

    async def _ask_now(self, name: SourceKey) -> float | None:
        self._unasked.discard(name)
        return await reconcile_source(name, self._context, self.refresh)


def _request(catalog: VllmCatalog | None) -> tuple[object, ...]:
    """Return what a person asked for; our own writes change none of it."""
    if catalog is None:
        return ()
    return (catalog.uid, catalog.generation, catalog.requested_at, catalog.deleting)
