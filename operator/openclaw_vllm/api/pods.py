"""Agents' pods that ask to be refreshed: a label in, an annotation out.

The kubelet looks at a mounted ConfigMap every 58 to 90 s (measured with its defaults), and within a
second when the pod's annotations change.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from openclaw_vllm.api.configmap import DIGEST, GROUP
from openclaw_vllm.api.keys import ObjectKey

REFRESH = f"{GROUP}/refresh"  # the label: the ConfigMap's name
ENDED_PHASES = ("Succeeded", "Failed")  # phases


@dataclass(frozen=True, slots=True)
class AgentPod:
    """A pod with the label, as far as a refresh needs it."""

    uid: str
    resource_version: str = field(compare=False)
    config_map: ObjectKey
    digest: str  # of the ConfigMap that the kubelet was last made to look for; empty before
    mounts: bool  # whether a volume shows the ConfigMap
    runs: bool  # neither ended nor being deleted

    @classmethod
    def read(cls, manifest: Mapping[str, Any]) -> "AgentPod":
        """Read a pod as the API server sends it."""
        metadata = manifest["metadata"]
        name = (metadata.get("labels") or {}).get(REFRESH, "")
        spec, status = manifest.get("spec") or {}, manifest.get("status") or {}
        return cls(
            uid=metadata["uid"],
            resource_version=metadata["resourceVersion"],
            config_map=ObjectKey(metadata["namespace"], name),
            digest=(metadata.get("annotations") or {}).get(DIGEST, ""),
            mounts=name in _mounted_config_maps(spec.get("volumes") or ()),
            runs="deletionTimestamp" not in metadata and status.get("phase") not in ENDED_PHASES,
        )


def _mounted_config_maps(volumes: Any) -> Iterator[str]:
    for volume in volumes:
        sources = [volume, *((volume.get("projected") or {}).get("sources") or ())]
        for source in sources:
            if config_map := source.get("configMap"):
                yield config_map.get("name", "")
