"""Agents' pods by key and by the ConfigMap that they mount, and why some are not refreshed."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import attrgetter

from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.pods import AgentPod
from openclaw_vllm.edges.kube.indexed_store import IndexedStore


@dataclass
class PodStore:
    """The pods with our label."""

    by_key: IndexedStore[ObjectKey, AgentPod] = field(
        default_factory=lambda: IndexedStore(attrgetter("config_map"))
    )
    refusals: dict[ObjectKey, str] = field(default_factory=dict)  # by ConfigMap: why one was not
    unmounted: set[ObjectKey] = field(default_factory=set)  # ConfigMaps that a pod only names

    def running(self, config_map: ObjectKey) -> Iterator[tuple[ObjectKey, AgentPod]]:
        """Yield the pods of a ConfigMap that have not ended."""
        for key in sorted(self.by_key.naming(config_map)):
            if (pod := self.by_key[key]).runs:
                yield key, pod
