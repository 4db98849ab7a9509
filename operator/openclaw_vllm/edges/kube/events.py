"""Manifest of an Event (events.k8s.io/v1)."""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from openclaw_vllm.api.configmap import FIELD_MANAGER, GROUP

MAX_NOTE = 1024  # characters, the API's bound


def event_about(
    regarding: Mapping[str, str], reason: str, note: str, *, warning: bool
) -> dict[str, Any]:
    """Return a new Event about the object of this reference, with the current time."""
    return {
        "metadata": {"name": f"{regarding['name']}.{secrets.token_hex(8)}"},
        "regarding": dict(regarding),
        "type": "Warning" if warning else "Normal",
        "reason": reason,
        "action": "Reconcile",
        "note": note[:MAX_NOTE],
        "eventTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "reportingController": f"{GROUP}/operator",
        "reportingInstance": FIELD_MANAGER,
    }
