"""EndpointSlices (`discovery.k8s.io/v1`), reduced to what tells where a Service leads.

A cluster has many that nobody asks about: strings that repeat are held once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from sys import intern
from typing import Any, NamedTuple

from openclaw_vllm.api.keys import ObjectKey

GROUP = "discovery.k8s.io"
SERVICE_NAME = "kubernetes.io/service-name"


Ports = tuple[tuple[str, int], ...]  # name and number of each target port


class SliceEndpoint(NamedTuple):
    """One replica: its address, and whether it is ready, still serves, is being ended."""

    address: str
    ready: bool
    serving: bool
    terminating: bool
    pod: str = ""  # its uid: a pod may take over the address of another


@dataclass(frozen=True, slots=True)
class EndpointSlice:
    """Some of the endpoints of a Service, of one address family."""

    service: ObjectKey  # its name is empty where the slice belongs to none
    family: str  # IPv4, IPv6 or FQDN
    endpoints: tuple[SliceEndpoint, ...]
    ports: Ports
    uid: str = ""
    resource_version: str = field(default="", compare=False)

    @classmethod
    def read(cls, manifest: Mapping[str, Any]) -> "EndpointSlice":
        """Read a slice as the API server sends it; a port without a number, or of
        another protocol than TCP, is left out."""
        metadata = manifest["metadata"]
        labels = metadata.get("labels") or {}
        ports = manifest.get("ports") or ()
        return cls(
            service=ObjectKey(intern(metadata["namespace"]), labels.get(SERVICE_NAME, "")),
            family=intern(manifest.get("addressType", "")),
            endpoints=tuple(_endpoint(endpoint) for endpoint in manifest.get("endpoints") or ()),
            ports=tuple(_port(port) for port in ports if port.get("port") and is_tcp(port)),
            uid=metadata.get("uid", ""),
            resource_version=metadata.get("resourceVersion", ""),
        )


def is_tcp(port: Mapping[str, Any]) -> bool:
    """Return whether HTTP may be spoken at a port: one of UDP may have the same number."""
    return (port.get("protocol") or "TCP") == "TCP"


def _port(wire: Mapping[str, Any]) -> tuple[str, int]:
    return intern(wire.get("name") or ""), wire["port"]


def _endpoint(wire: Mapping[str, Any]) -> SliceEndpoint:
    """Read an endpoint; one without a word of its readiness counts as ready, as in the API's
    description (Kubernetes 1.37)."""
    conditions = wire.get("conditions") or {}
    ready = conditions.get("ready") is not False
    serving = conditions.get("serving")
    return SliceEndpoint(
        wire["addresses"][0],
        ready,
        ready if serving is None else serving,
        bool(conditions.get("terminating")),
        (wire.get("targetRef") or {}).get("uid", ""),
    )
