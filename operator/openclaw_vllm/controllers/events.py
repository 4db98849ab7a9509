"""What every handler of watch events reads of one."""

from typing import Any

from openclaw_vllm.api.keys import ObjectKey

DELETED = "DELETED"  # the type of an event
Manifest = dict[str, Any]


def key_of(manifest: Manifest) -> ObjectKey:
    """Return a namespaced object's key."""
    return ObjectKey(manifest["metadata"]["namespace"], manifest["metadata"]["name"])
