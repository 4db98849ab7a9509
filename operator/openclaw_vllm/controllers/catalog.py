"""Which change concerns which VllmCatalog: nearly any of a provider, Service or namespace may.

So every change wakes every catalogue, a moment later and once for all that happens in that moment;
a catalogue that finds nothing different writes nothing. Services are asked by a queue of their own,
so that a server that hangs holds up nothing else.
"""

import asyncio
from collections.abc import Iterable
from typing import Any

from openclaw_vllm.api.keys import ObjectKey, SourceKey
from openclaw_vllm.api.observed import Namespace, VllmCatalog
from openclaw_vllm.controllers.workqueue import WorkQueue
from openclaw_vllm.core.catalog.sources import source_of
from openclaw_vllm.core.discovery.memory import next_probe_delay
from openclaw_vllm.edges.kube.cache import is_older
from openclaw_vllm.reconcile.catalog import reconcile as reconcile_catalog
from openclaw_vllm.reconcile.context import ReconcileContext
from openclaw_vllm.reconcile.source import reconcile as reconcile_source

DELETED = "DELETED"
MOMENT = 0.2  # seconds
CATALOG_SLOTS = 4
LONGEST_BACKOFF = 60.0

Manifest = dict[str, Any]


class CatalogController:
    """Takes in events for catalogues, and runs their two queues.

    `awaited` holds the uids of the VllmProviders and VllmCatalogs that existed at the start, until
    a watch shows them or an audit finds them gone, however long that takes: a catalogue that is
    reconciled before would withdraw models, or take over what an older catalogue publishes.
    """

    def __init__(
        self, world: ReconcileContext, *, slots: int, passing: tuple[type[Exception], ...]
    ) -> None:
        self.awaited: set[str] = set()
        self._world = world
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
        """Wait with every catalogue until these objects were seen."""
        self.awaited |= set(uids)

    def saw(self, uid: str) -> None:
        """Take in that a watch has shown an object."""
        self.awaited.discard(uid)

    def retain(self, uids: Iterable[str]) -> None:
        """Wait no longer for any but these: the others are gone."""
        self.awaited &= set(uids)

    def catalog(self, type_: str | None, manifest: Manifest) -> None:
        """Take in a VllmCatalog; another spec of one concerns its rivals as well."""
        shown = VllmCatalog.read(manifest)
        self.saw(shown.uid)
        known = self._world.cache.catalogs.get(shown.key)
        if type_ == DELETED:
            self.on_catalog_deleted(shown)
        elif known is None or not is_older(shown.resource_version, known.resource_version):
            self._world.cache.put_catalog(shown)
            if known is None or _asked(shown) != _asked(known):
                self._ask_again(shown.key)
                self.changed()

    def on_catalog_deleted(self, shown: VllmCatalog) -> None:
        """Drop a VllmCatalog, unless another one has taken its name."""
        self._world.forget_catalog(shown)
        if shown.key not in self._world.cache.catalogs:
            self.catalogs.forget(shown.key)
        self.changed()

    def namespace(self, type_: str | None, manifest: Manifest) -> None:
        """Take in a namespace; the end of one may be told after the one that took its name."""
        shown, namespaces = Namespace.read(manifest), self._world.cache.namespaces
        known = namespaces.get(shown.name)
        if type_ == DELETED:
            self.on_namespace_deleted(shown)
        elif known is None or not is_older(shown.resource_version, known.resource_version):
            namespaces[shown.name] = shown
            if shown != known:
                self.changed()

    def on_namespace_deleted(self, gone: Namespace) -> None:
        """Drop a namespace, unless another one has taken its name."""
        known = self._world.cache.namespaces.get(gone.name)
        if known is not None and known.uid == gone.uid:
            del self._world.cache.namespaces[gone.name]
            self.changed()

    def service_changed(self, key: ObjectKey) -> None:
        """Take in that a Service is another one now, or gone."""
        for name in self._sources():
            if name.service == key:
                self.sources.add(name)
        self.changed()

    def changed(self) -> None:
        """Reconcile every catalogue in a moment."""
        for key in self._world.cache.catalogs:
            self.refresh(key)

    def refresh(self, key: ObjectKey) -> None:
        """Reconcile a catalogue in a moment, once for all that happens until then."""
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
        return {*self._world.source_memories, *self._unasked}

    async def _reconcile(self, key: ObjectKey) -> float | None:
        if self.awaited:
            return MOMENT
        return await reconcile_catalog(key, self._world, self._ask)

    def _ask(self, name: SourceKey) -> None:
        """Ask a Service soon; after a restart one that was well is asked at its phase."""
        cache = self._world.cache
        shared = source_of(name, cache.catalogs, cache.namespaces, cache.services)
        if shared is None or shared.problem is not None or name in self._unasked:
            return
        self._unasked.add(name)
        catalog = cache.catalogs[ObjectKey("", name.catalog)]
        memory = self._world.catalog_memory_of(catalog)
        source = ("Service", name.service)
        if not memory.is_fresh(catalog, shared.spec.provider_id, source):
            self.sources.add(name)
            return
        interval = shared.spec.discovery.interval_seconds
        delay = next_probe_delay(shared.resource.uid, interval, self._world.clock.wall())
        self.sources.add_after(name, delay % interval)

    async def _ask_now(self, name: SourceKey) -> float | None:
        self._unasked.discard(name)
        return await reconcile_source(name, self._world, self.refresh)


def _asked(catalog: VllmCatalog) -> tuple[object, ...]:
    """Return what a person asked for; our own writes change none of it."""
    return (catalog.uid, catalog.generation, catalog.requested_at, catalog.deleting)
