"""EndpointSlices as the API server sends them."""

from collections.abc import Iterable
from typing import Any

from tests.builders import NAMESPACE, Wire

READY = {"ready": True, "serving": True, "terminating": False}
UNSAID = {"ready": None, "serving": None, "terminating": None}  # as a slice by hand may be
PUBLISHED = {"ready": True, "serving": False, "terminating": False}  # publishNotReadyAddresses
ENDING_PUBLISHED = {"ready": True, "serving": False, "terminating": True}
STARTING = {"ready": False, "serving": False, "terminating": False}
ENDING = {"ready": False, "serving": True, "terminating": True}


def endpoints(conditions: Wire, *addresses: str, pod: str = "") -> list[Wire]:
    """Return endpoints in one state; `pod` is the uid of the pod behind them."""
    target = {"targetRef": {"kind": "Pod", "uid": pod}} if pod else {}
    return [{"addresses": [address], "conditions": conditions, **target} for address in addresses]


def endpoint_slice(
    *addresses: str,
    name: str = "vllm-1",
    service: str = "vllm",
    namespace: str = NAMESPACE,
    family: str = "IPv4",
    ports: Iterable[tuple[str, int]] = (("http", 8000),),
    others: Iterable[Wire] = (),
    **metadata: Any,
) -> Wire:
    """Return a slice with these ready addresses, and others."""
    identity = {"uid": f"uid of {name}", "resourceVersion": "1"}
    labels = {"kubernetes.io/service-name": service}
    return {
        "metadata": {"name": name, "namespace": namespace, "labels": labels} | identity | metadata,
        "addressType": family,
        "endpoints": [*endpoints(READY, *addresses), *others],
        "ports": [{"name": name, "port": number, "protocol": "TCP"} for name, number in ports],
    }
