"""Secret as read from the API server, reduced to the fields that decisions need."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from openclaw_vllm.api.configmap import GROUP

ALLOWED_HOSTS = f"{GROUP}/allowed-hosts"


@dataclass(frozen=True, slots=True)
class Secret:
    """The decoded values of a Secret, and the hosts that it allows them to be sent to."""

    allowed_hosts: str  # the annotation: comma-separated globs
    data: Mapping[str, bytes] = field(repr=False)

    @classmethod
    def read(cls, manifest: Mapping[str, Any]) -> "Secret":
        """Read a Secret as the API server sends it."""
        annotations, data = (
            manifest["metadata"].get("annotations") or {},
            manifest.get("data") or {},
        )
        decoded = {name: base64.b64decode(value) for name, value in data.items()}
        return cls(annotations.get(ALLOWED_HOSTS, ""), decoded)
