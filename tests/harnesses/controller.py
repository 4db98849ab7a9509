"""The controller of VllmProviders with its cache, and a queue that records what it is asked."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from openclaw_vllm.api.configmap import ConfigMapState
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.controllers.provider import ProviderController
from openclaw_vllm.controllers.workqueue import WorkQueue
from tests import builders
from tests.builders import Wire, served, spec_of
from tests.fakes.context import FakeContext, fake_context


class RecordingQueue(WorkQueue[ObjectKey]):
    """A work queue that nobody works on: it records what it is asked."""

    def __init__(self) -> None:
        super().__init__(self._never)
        self.added: list[str] = []
        self.interrupted: list[str] = []
        self.delays: list[float] = []
        self.removed: list[str] = []

    async def _never(self, key: ObjectKey) -> None:
        raise AssertionError(key)

    def add(self, key: ObjectKey, *, interrupt: bool = False) -> None:
        self.added.append(key.name)
        if interrupt:
            self.interrupted.append(key.name)

    def add_after(self, key: ObjectKey, delay: float) -> None:
        self.delays.append(delay)

    def remove(self, key: ObjectKey) -> None:
        self.removed.append(key.name)

    def take(self) -> list[str]:
        keys, self.added = self.added, []
        return keys


class ControllerHarness:
    """A ProviderController, its cache and its queue."""

    def __init__(self, fakes: FakeContext) -> None:
        self.fakes, self.context, self.queue = fakes, fakes.context, RecordingQueue()
        self.providers = ProviderController(self.context, self.queue)

    def with_known_provider(self, **changes: Any) -> "ControllerHarness":
        """Have a VllmProvider that was seen before."""
        self.providers.on_provider_event("ADDED", builders.manifest(**changes))
        self.queue.take()
        return self

    def restart(self, count: int, provider: Wire, config_map: Wire) -> None:
        """Show so many VllmProviders like this one, each as an earlier process left it."""
        for number in range(count):
            identity = {"name": f"vllm-{number}", "uid": f"uid-{number}"}
            provider["metadata"] |= identity
            config_map["metadata"]["ownerReferences"][0] |= identity
            config_map["metadata"]["labels"]["openclaw-vllm.dev/provider"] = identity["name"]
            key = ObjectKey(builders.NAMESPACE, f"vllm-{number}-openclaw")
            self.context.cache.published[key] = ConfigMapState.read(config_map)
            self.providers.on_provider_event(None, provider)


@asynccontextmanager
async def controller_harness() -> AsyncIterator[ControllerHarness]:
    async with fake_context() as here:
        yield ControllerHarness(here)


def objects_of_earlier_process(version: str = "100", **status: Any) -> tuple[Wire, Wire]:
    """A VllmProvider and its ConfigMap as an earlier process left them."""
    resource = builders.resource()
    documents = builders.documents(spec_of(resource), *served("a"))
    config_map = builders.published_wire(resource, documents, resourceVersion=version)
    result = {"name": "vllm-openclaw", "digest": documents.digest}
    message = {"observedGeneration": 1, "configMap": result} | status
    return builders.manifest(status=message), config_map
