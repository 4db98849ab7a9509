"""Controller of agents' pods: pods and ConfigMaps in, keys of pods to refresh into the queue."""

import asyncio
from collections.abc import Callable

from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.pods import REFRESH, AgentPod
from openclaw_vllm.controllers.events import DELETED, Manifest, key_of
from openclaw_vllm.controllers.workqueue import WorkQueue
from openclaw_vllm.reconcile.context import ReconcileContext
from openclaw_vllm.reconcile.refresh import refresh

SLOTS = 4


class PodController:
    """Handles events of pods with the label; `publishers_changed` is called with a ConfigMap whose
    pods are other ones now, or are told of another digest."""

    def __init__(
        self,
        context: ReconcileContext,
        publishers_changed: Callable[[ObjectKey], None],
        transient: tuple[type[Exception], ...],
    ) -> None:
        self._pods = context.cache.pods
        self._publishers_changed = publishers_changed
        pace = asyncio.Lock()
        self.queue = WorkQueue[ObjectKey](
            lambda key: refresh(key, context, pace), slots=SLOTS, transient=transient
        )

    def on_pod_event(self, type_: str | None, manifest: Manifest) -> None:
        """Handle a pod; one that has lost its label counts as gone."""
        key, pod = key_of(manifest), AgentPod.read(manifest)
        if type_ == DELETED or REFRESH not in (manifest["metadata"].get("labels") or {}):
            self.on_pod_deleted(key, pod.uid)
        elif (change := self._pods.by_key.upsert(key, pod)) and change.differs:
            self.queue.add(key)
            self._publishers_changed(pod.config_map)

    def on_pod_deleted(self, key: ObjectKey, uid: str) -> None:
        """Drop a pod, unless another one has taken its name."""
        if pod := self._pods.by_key.delete(key, uid):
            self.queue.remove(key)
            self._publishers_changed(pod.config_map)

    def on_pods_refused(self, namespace: str) -> None:
        """Go on without the pods of a namespace, or of all: those known grow old."""
        for key, pod in tuple(self._pods.by_key.items()):
            if namespace in ("", key.namespace):
                self.on_pod_deleted(key, pod.uid)

    def on_published(self, config_map: ObjectKey) -> None:
        """Refresh the pods of a ConfigMap that was written."""
        for key, _ in self._pods.running(config_map):
            self.queue.add(key)
