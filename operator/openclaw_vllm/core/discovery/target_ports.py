"""Ports of a headless Service: nothing stands before its pods, so nobody listens on its own port.

Its name leads to the pods' addresses, so a request has to go to their port: the Service's
`targetPort` where that is a number, else what its EndpointSlices say of the name. The same holds
for a request to one pod of any Service.
"""

from dataclasses import replace
from urllib.parse import urlsplit

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.endpoint_slice import Ports
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.service import Service
from openclaw_vllm.core.discovery.endpoint import Endpoint
from openclaw_vllm.core.discovery.replicas import Replicas


def at_target_port(
    endpoint: Endpoint, service: Service | None, replicas: Replicas | None, last_url: str = ""
) -> Endpoint:
    """Return the endpoint of a headless Service at the port of its pods; any other as it is.

    `last_url` is where the server was last: while no slice tells, as at zero replicas, it stays
    there.
    """
    if service is None or not service.headless:
        return endpoint
    service_port = _service_port(service, endpoint.port)
    if service_port is None:
        return endpoint
    target = _number(*service_port, replicas, _port_of(last_url, endpoint))
    if target in (None, endpoint.port):
        return endpoint
    parts = urlsplit(endpoint.base_url)
    url = f"{parts.scheme}://{endpoint.host}:{target}{parts.path}"
    return replace(endpoint, base_url=url, port=target, service_port=endpoint.port)


def pod_port(endpoint: Endpoint, service: Service | None, ports: Ports) -> int | Problem:
    """Return the port at which a pod of a Service is asked itself, 0 for that of the URL.

    `ports` are those of its slice. A Service that is not watched has no names of ports: then only a
    single port tells.
    """
    if service is None:
        return ports[0][1] if len(ports) == 1 else 0
    service_port = _service_port(service, endpoint.service_port or endpoint.port)
    if service_port is None:
        return 0 if service.headless or not service.ports else _no_port(endpoint, service)
    name, target = service_port
    numbers = [number for port, number in ports if port == name]
    if ports and not numbers:
        names = ", ".join(repr(port) for port, _ in ports)
        message = (
            f"the EndpointSlices of Service {endpoint.service} have no port {name!r}, as the "
            f"Service's is named, but {names}; name both alike"
        )
        return Problem(Reason.PORT_NOT_FOUND, message)
    by_service = target if isinstance(target, int) else endpoint.port
    return min(numbers, default=by_service)


def _no_port(endpoint: Endpoint, service: Service) -> Problem:
    """Refuse a port at which no agent could reach the Service, though its pods may answer."""
    name, has = endpoint.service, service.described_ports
    message = f"Service {name} has no port {endpoint.port}; write one that it has: {has}"
    return Problem(Reason.PORT_NOT_FOUND, message)


def _service_port(service: Service, number: int) -> tuple[str, int | str] | None:
    """Return name and target of the Service's port with this number; None if it has none."""
    ports = zip(service.ports, service.target_ports, strict=False)
    return next(((name, target) for (name, port), target in ports if port == number), None)


def _number(
    name: str, target: int | str, replicas: Replicas | None, last: int | None
) -> int | None:
    """Return a port's number; of pods that differ, what was used last, or the smallest."""
    if isinstance(target, int):
        return target
    numbers = [number for port, number in (replicas.ports if replicas else ()) if port == name]
    return last if last in numbers or not numbers else min(numbers)


def _port_of(url: str, endpoint: Endpoint) -> int | None:
    parts = urlsplit(url)
    return parts.port if parts.hostname == endpoint.host else None
