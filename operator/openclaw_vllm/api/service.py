"""Service as read from the API server, reduced to the fields that decisions need."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from openclaw_vllm.api.configmap import GROUP
from openclaw_vllm.api.endpoint_slice import is_tcp

EXTERNAL_NAME = "ExternalName"
MAX_PORTS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Service:
    """A Service, as far as endpoints and catalogs need it."""

    type: str
    ports: tuple[tuple[str, int], ...]  # name and number of those of TCP
    uid: str = ""  # empty, like `resource_version`, for one of a file
    created: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)  # those of our group
    external_name: str = ""  # where an ExternalName leads, in lower case without a last dot
    resource_version: str = field(default="", compare=False)  # also changes with other fields
    headless: bool = False
    target_ports: tuple[int | str, ...] = ()  # in the order of `ports`

    @property
    def described_ports(self) -> str:
        """Its ports, for a message."""
        first = self.ports[:MAX_PORTS_SHOWN]
        ports = ", ".join(f"{number} ({name})" if name else str(number) for name, number in first)
        more = len(self.ports) - len(first)
        return f"{ports} and {more} more" if more else ports or "none"

    def port_number(self, port: int | str) -> int | None:
        """Return the number of a port of this name or number, None without one."""
        for name, number in self.ports:
            if port in (name, number):
                return number
        if self.type == EXTERNAL_NAME and not self.ports and isinstance(port, int):
            return port  # a CNAME maps no ports, so many list none
        return None

    @classmethod
    def read(cls, manifest: Mapping[str, Any]) -> "Service":
        """Read a Service as the API server sends it."""
        spec, metadata = manifest.get("spec") or {}, manifest["metadata"]
        annotations = metadata.get("annotations") or {}
        ports = [port for port in spec.get("ports") or () if is_tcp(port)]
        return cls(
            type=spec.get("type", "ClusterIP"),
            ports=tuple((port.get("name", ""), port["port"]) for port in ports),
            uid=metadata.get("uid", ""),
            created=metadata.get("creationTimestamp", ""),
            labels=metadata.get("labels") or {},
            annotations={k: v for k, v in annotations.items() if k.startswith(f"{GROUP}/")},
            external_name=(spec.get("externalName") or "").lower().removesuffix("."),
            resource_version=metadata.get("resourceVersion", ""),
            headless=spec.get("clusterIP") == "None",
            target_ports=tuple(port.get("targetPort") or port["port"] for port in ports),
        )
