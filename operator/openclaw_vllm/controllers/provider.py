"""Which watch event means which key: shown objects go to the cache, keys to the queue.

Nothing here looks at what changed beyond that, probes or writes. Our own writes wake nobody, since
the cache has their results already; a restart wakes nobody who is up to date.
"""

import asyncio
from typing import Any

from openclaw_vllm.api.configmap import FIELD_MANAGER, MANAGED_BY, PROVIDER, ConfigMapState
from openclaw_vllm.api.keys import ObjectKey, Reference
from openclaw_vllm.api.observed import Service, VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.controllers.catalog import CatalogController
from openclaw_vllm.controllers.workqueue import WorkQueue
from openclaw_vllm.core.discovery.memory import next_probe_delay
from openclaw_vllm.core.discovery.references import references_of
from openclaw_vllm.core.publication.ownership import has_expected_metadata
from openclaw_vllm.edges.kube.cache import is_older
from openclaw_vllm.reconcile.context import ReconcileContext
from openclaw_vllm.reconcile.references import requeue_delay

DELETED = "DELETED"
Manifest = dict[str, Any]


class ProviderController:
    """Takes in events; `listed` is set when objects are listed, first or again: what is gone since
    they were read is not among them, and no event tells."""

    def __init__(
        self,
        world: ReconcileContext,
        queue: WorkQueue[ObjectKey],
        catalogs: CatalogController | None = None,
    ) -> None:
        self._world = world
        self._queue = queue
        self._catalogs = catalogs
        self.listed = asyncio.Event()

    def provider(self, type_: str | None, manifest: Manifest) -> None:
        """Take in a VllmProvider; one that is being deleted counts as gone."""
        resource = VllmProvider.read(manifest)
        self._note_listing(type_)
        known = self._world.cache.providers.get(resource.key)
        if self._catalogs is not None:
            self._catalogs.saw(resource.uid)
        self._tell()
        if type_ == DELETED or resource.deleting:
            self.on_provider_deleted(resource)
        elif known is None:
            self._world.cache.put_provider(resource, references_of(resource))
            self._first_sight(resource)
        elif not is_older(resource.resource_version, known.resource_version):
            self._seen_again(resource, known)

    def on_provider_deleted(self, resource: VllmProvider) -> None:
        """Drop a VllmProvider, unless another one has taken its name."""
        known = self._world.cache.providers.get(resource.key)
        if known is not None and known.uid == resource.uid:
            self._queue.forget(resource.key)
            self._world.forget(resource)
            self._wake(Reference("Published", resource.config_map))
            self._tell()

    def service(self, type_: str | None, manifest: Manifest) -> None:
        """Take in a Service; the end of one may be told after the one that took its name."""
        key, shown = key_of(manifest), Service.read(manifest)
        self._note_listing(type_)
        known = self._world.cache.services.get(key)
        if type_ == DELETED:
            self.on_service_deleted(key, shown)
        elif known is None or not is_older(shown.resource_version, known.resource_version):
            self._world.cache.services[key] = shown
            if shown != known:
                self._service_changed(key, shown, known)

    def on_service_deleted(self, key: ObjectKey, gone: Service) -> None:
        """Drop a Service, unless another one has taken its name."""
        known = self._world.cache.services.get(key)
        if known is not None and known.uid == gone.uid:
            del self._world.cache.services[key]
            self._service_changed(key, None, known)

    def config_map(self, type_: str | None, manifest: Manifest) -> None:
        """Take in a ConfigMap with our label: one that is published, or a user's that opted in."""
        key, shown = key_of(manifest), ConfigMapState.read(manifest)
        self._note_listing(type_)
        known = self._world.cache.published.get(key)
        if known is not None and is_older(shown.resource_version, known.resource_version):
            return
        if shown.labels.get(MANAGED_BY) != FIELD_MANAGER and (shown != known or type_ == DELETED):
            self._world.config_maps.forget([key])
            self._wake(Reference("ConfigMap", key))
        if shown != known or PROVIDER in shown.labels:
            self._tell()  # of a VllmProvider's our own writes concern catalogues too
        if type_ == DELETED:
            self.on_config_map_deleted(key, known)
        elif shown != known:
            self._world.cache.published[key] = shown
            self._wake(Reference("Published", key))

    def on_config_map_deleted(self, key: ObjectKey, known: ConfigMapState | None) -> None:
        """Drop a ConfigMap that was known as this."""
        if known is not None and self._world.cache.published.get(key) is known:
            del self._world.cache.published[key]
            self._wake(Reference("Published", key))
            self._tell()

    def _note_listing(self, type_: str | None) -> None:
        if type_ is None:
            self.listed.set()

    def _first_sight(self, resource: VllmProvider) -> None:
        """Reconcile now, or, after a restart, at the phase of the interval if all is as it was
        left."""
        if isinstance(resource.spec, Problem) or not self._is_up_to_date(resource):
            self._queue.add(resource.key)
            return
        interval = requeue_delay(resource.spec, resource.spec.discovery.interval_seconds)
        delay = next_probe_delay(resource.uid, interval, self._world.clock.wall())
        self._queue.add_after(resource.key, min(delay, delay % interval))

    def _is_up_to_date(self, resource: VllmProvider) -> bool:
        status = resource.status
        if status.observed_generation != resource.generation or status.config_map is None:
            return False
        published = self._world.cache.published.get(resource.config_map)
        intact = published is not None and published.digest == status.config_map.digest
        if not intact or published is None or isinstance(resource.spec, Problem):
            return False
        return published.is_unmodified and has_expected_metadata(resource, published, resource.spec)

    def _seen_again(self, resource: VllmProvider, known: VllmProvider) -> None:
        asked = (resource.uid, resource.generation, resource.requested_at)
        if asked != (known.uid, known.generation, known.requested_at):
            self._world.cache.put_provider(resource, references_of(resource))
            self._queue.add(resource.key, interrupt=True)
        else:
            self._world.cache.replace_status_of(resource)

    def _service_changed(
        self, key: ObjectKey, shown: Service | None, known: Service | None
    ) -> None:
        """Wake whoever names a Service that leads elsewhere now, and the catalogues in any case."""
        if _leads_to(shown) != _leads_to(known):
            self._wake(Reference("Service", key))
        if self._catalogs is not None:
            self._catalogs.service_changed(key)

    def _tell(self) -> None:
        if self._catalogs is not None:
            self._catalogs.changed()

    def _wake(self, reference: Reference) -> None:
        for key in self._world.cache.referrers(reference):
            self._queue.add(key)


def _leads_to(service: Service | None) -> object:
    return service and (service.type, service.ports)


def key_of(manifest: Manifest) -> ObjectKey:
    """Return a namespaced object's key."""
    return ObjectKey(manifest["metadata"]["namespace"], manifest["metadata"]["name"])
