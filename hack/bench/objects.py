"""The objects that a benchmark makes, and what it reads of them."""

from dataclasses import dataclass
from typing import Any

from hack.bench.addresses import Addresses

KIND = {"apiVersion": "openclaw-vllm.dev/v1alpha1", "kind": "VllmProvider"}
CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
PROVIDERS = "/apis/openclaw-vllm.dev/v1alpha1/namespaces/default/vllmproviders"
MODELS = 2  # that each server lists
LATE = 100_001  # the number of the first VllmProvider that comes beside a fleet; none of ten hangs

Json = dict[str, Any]


@dataclass(frozen=True)
class Pace:
    """How often servers are asked, and how long is waited for them, as a VllmProvider says."""

    interval: float = 60.0  # seconds
    timeout: float = 10.0

    @property
    def discovery(self) -> Json:
        return {"interval": f"{self.interval:.0f}s", "timeout": f"{self.timeout:.0f}s"}


def name_of(number: int) -> str:
    return f"p{number}"


def provider(number: int, servers: Addresses, pace: Pace) -> Json:
    """Return the VllmProvider of a server."""
    spec = {"baseUrl": servers.base_url(number), "discovery": pace.discovery}
    return {**KIND, "metadata": {"name": name_of(number)}, "spec": spec}


def copy_namespace(number: int) -> str:
    """Return where the floor writes a catalog's copy."""
    return f"copies-{number}"


def provider_path(name: str) -> str:
    return f"{PROVIDERS}/{name}"


def config_map_path(name: str) -> str:
    return f"{CONFIG_MAPS}/{name}-openclaw"


def is_ready(obj: Json, models: int) -> bool:
    """Tell whether so many models are published, and the status says Ready."""
    status = obj.get("status", {})
    ready = any((c["type"], c["status"]) == ("Ready", "True") for c in status.get("conditions", []))
    return ready and status.get("modelCount") == models
