"""The controllers of one operator process."""

from dataclasses import dataclass
from typing import Any

from openclaw_vllm.controllers.catalog import CatalogController
from openclaw_vllm.controllers.events import Manifest, key_of
from openclaw_vllm.controllers.pods import PodController
from openclaw_vllm.controllers.provider import ProviderController
from openclaw_vllm.controllers.workqueue import WorkQueue
from openclaw_vllm.edges.kube.paths import SLICES
from openclaw_vllm.edges.kube.watch_events import OnEvent


@dataclass(frozen=True, slots=True)
class Controllers:
    """One per kind that is reconciled; None where that kind is not served."""

    providers: ProviderController
    catalogs: CatalogController | None = None
    pods: PodController | None = None

    @property
    def queues(self) -> dict[str, WorkQueue[Any]]:
        """The work queue of each kind of key, by the name that metrics show."""
        queues: dict[str, WorkQueue[Any]] = {"providers": self.providers.queue}
        if self.catalogs is not None:
            queues |= self.catalogs.queues
        if self.pods is not None:
            queues["pods"] = self.pods.queue
        return queues

    @property
    def event_handlers(self) -> dict[str, OnEvent]:
        """What handles the events of each kind that is watched, by its plural."""
        providers, catalogs, pods = self.providers, self.catalogs, self.pods
        handlers: dict[str, OnEvent] = {
            "vllmproviders": providers.on_provider_event,
            "services": providers.on_service_event,
            "configmaps": self._on_config_map_event,
            SLICES: providers.slices.on_slice_event,
        }
        if pods is not None:
            handlers["pods"] = pods.on_pod_event
        if catalogs is not None:
            handlers["vllmcatalogs"] = catalogs.on_catalog_event
            handlers["namespaces"] = catalogs.on_namespace_event
        return handlers

    def _on_config_map_event(self, type_: str | None, manifest: Manifest) -> None:
        self.providers.on_config_map_event(type_, manifest)
        if self.pods is not None:
            self.pods.on_published(key_of(manifest))
