"""Controller of VllmProviders: watch events in, keys into the work queue.

Nothing here looks at what changed beyond that, probes or writes. Our own writes wake nobody, since
the cache has their results already; a restart wakes nobody who is up to date.
"""

from openclaw_vllm.api.configmap import FIELD_MANAGER, MANAGED_BY, PROVIDER, ConfigMapState
from openclaw_vllm.api.keys import ObjectKey, Reference
from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.service import Service
from openclaw_vllm.controllers.catalog import CatalogController
from openclaw_vllm.controllers.endpoint_slices import SliceController
from openclaw_vllm.controllers.events import DELETED, Manifest, key_of
from openclaw_vllm.controllers.workqueue import WorkQueue
from openclaw_vllm.core.discovery.references import references_of
from openclaw_vllm.core.discovery.schedule import next_probe_delay
from openclaw_vllm.core.publication.ownership import has_expected_metadata
from openclaw_vllm.reconcile.context import ReconcileContext
from openclaw_vllm.reconcile.references import requeue_delay


class ProviderController:
    """Handles events of VllmProviders, and of what they name and publish."""

    def __init__(
        self,
        context: ReconcileContext,
        queue: WorkQueue[ObjectKey],
        catalogs: CatalogController | None = None,
    ) -> None:
        self._context = context
        self._cache = context.cache
        self.queue = queue
        self._catalogs = catalogs
        self.slices = SliceController(context.cache, self._asks, self._wake_for_replicas)

    def on_provider_event(self, type_: str | None, manifest: Manifest) -> None:
        """Handle a VllmProvider; one that is being deleted counts as deleted."""
        provider = VllmProvider.read(manifest)
        if self._catalogs is not None:
            self._catalogs.mark_delivered(provider.uid)
        self._wake_catalogs()
        if type_ == DELETED or provider.deleting:
            self.on_provider_deleted(provider.key, provider.uid)
            return
        change = self._cache.providers.upsert(provider.key, provider)
        if change is None or (change.before and change.before.request == provider.request):
            return
        self._cache.put_provider(provider, references_of(provider, self._context.service_names))
        if change.before is None:
            self._enqueue_first(provider)
        else:
            self.queue.add(provider.key, interrupt=True)

    def on_provider_deleted(self, key: ObjectKey, uid: str) -> None:
        """Drop a VllmProvider, unless another one has taken its name."""
        provider = self._cache.providers.get(key)
        if provider is not None and provider.uid == uid:
            self.queue.remove(key)
            self._context.forget(provider)
            self._wake(Reference("Published", provider.config_map))
            self._wake_catalogs()

    def on_service_event(self, type_: str | None, manifest: Manifest) -> None:
        """Handle a Service."""
        key, service = key_of(manifest), Service.read(manifest)
        if type_ == DELETED:
            self.on_service_deleted(key, service.uid)
            return
        change = self._cache.services.upsert(key, service)
        if change and change.differs:
            self._service_changed(key, change.before, service)

    def on_service_deleted(self, key: ObjectKey, uid: str) -> None:
        """Drop a Service, unless another one has taken its name."""
        if service := self._cache.services.delete(key, uid):
            self._service_changed(key, service, None)

    def on_config_map_event(self, type_: str | None, manifest: Manifest) -> None:
        """Handle a ConfigMap with our label: one that is published, or a user's that opted in."""
        key, config_map = key_of(manifest), ConfigMapState.read(manifest)
        if type_ == DELETED:
            if not self._cache.published.has_newer(key, config_map):
                self._user_config_map_changed(key, config_map)
                self.on_config_map_deleted(key, config_map.uid)
            return
        change = self._cache.published.upsert(key, config_map)
        if change is None:
            return
        if change.is_new_version:
            self._user_config_map_changed(key, config_map)
            self._wake(Reference("Published", key))
        if change.is_new_version or PROVIDER in config_map.labels:
            self._wake_catalogs()  # of a VllmProvider's our own writes concern catalogs too

    def on_config_map_deleted(self, key: ObjectKey, uid: str) -> None:
        """Drop a ConfigMap, unless another one has taken its name."""
        if self._cache.published.delete(key, uid):
            self._wake(Reference("Published", key))
            self._wake_catalogs()

    def wake_publishers(self, config_map: ObjectKey) -> None:
        """Reconcile the VllmProviders that publish under this name."""
        self._wake(Reference("Published", config_map))

    def _enqueue_first(self, provider: VllmProvider) -> None:
        """Reconcile now, or, after a restart, at the phase of the interval if all is as it was
        left."""
        if isinstance(provider.spec, Problem) or not self._is_up_to_date(provider):
            self.queue.add(provider.key)
            return
        interval = requeue_delay(provider.spec, provider.spec.discovery.interval_seconds)
        delay = next_probe_delay(provider.uid, interval, self._context.clock.wall())
        self.queue.add_after(provider.key, min(delay, delay % interval))

    def _is_up_to_date(self, provider: VllmProvider) -> bool:
        spec, published = provider.spec, self._cache.published.get(provider.config_map)
        if published is None or isinstance(spec, Problem):
            return False
        return provider.confirms(published) and has_expected_metadata(provider, published, spec)

    def _user_config_map_changed(self, key: ObjectKey, config_map: ConfigMapState) -> None:
        """Read a user's ConfigMap again; ours is not read by name."""
        if config_map.labels.get(MANAGED_BY) != FIELD_MANAGER:
            self._context.config_maps.forget([key])
            self._wake(Reference("ConfigMap", key))

    def _service_changed(
        self, key: ObjectKey, before: Service | None, after: Service | None
    ) -> None:
        """Wake those who name a Service, if its address has changed, and catalogs in any case."""
        if _address_of(before) != _address_of(after):
            self._wake(Reference("Service", key))
        if self._catalogs is not None:
            self._catalogs.on_service_changed(key)

    def _asks(self, service: ObjectKey) -> bool:
        """Return whether a VllmProvider or a catalog asks a Service."""
        is_referenced = bool(self._cache.referrers(Reference("Service", service)))
        return is_referenced or (self._catalogs is not None and self._catalogs.asks(service))

    def _wake_for_replicas(self, service: ObjectKey) -> None:
        self._wake(Reference("Service", service))
        if self._catalogs is not None:
            self._catalogs.on_replicas_changed(service)

    def _wake_catalogs(self) -> None:
        if self._catalogs is not None:
            self._catalogs.wake_all()

    def _wake(self, reference: Reference) -> None:
        for key in self._cache.referrers(reference):
            self.queue.add(key)


def _address_of(service: Service | None) -> tuple[object, ...] | None:
    """Return the fields of a Service from which its endpoint is resolved."""
    if service is None:
        return None
    names = (service.type, service.external_name, service.headless)
    return (*names, service.ports, service.target_ports)
