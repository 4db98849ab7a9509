"""Manifest of an Event (events.k8s.io/v1)."""

import secrets
from datetime import UTC, datetime
from typing import Any

from openclaw_vllm.api.configmap import FIELD_MANAGER, GROUP, VERSION
from openclaw_vllm.api.observed import CustomObject

MAX_NOTE = 1024  # characters, the API's bound


def event_about(
    obj: CustomObject[Any, Any], reason: str, note: str, *, warning: bool
) -> dict[str, Any]:
    """Return a new Event about the object, with the current time."""
    namespace = obj.key.namespace
    regarding = {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": obj.KIND,
        "name": obj.key.name,
        "uid": obj.uid,
    }
    return {
        "metadata": {"name": f"{obj.key.name}.{secrets.token_hex(8)}"},
        "regarding": regarding | ({"namespace": namespace} if namespace else {}),
        "type": "Warning" if warning else "Normal",
        "reason": reason,
        "action": "Reconcile",
        "note": note[:MAX_NOTE],
        "eventTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "reportingController": f"{GROUP}/operator",
        "reportingInstance": FIELD_MANAGER,
    }
