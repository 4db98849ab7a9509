"""Resolution of a spec, and the Service that it refers to, to the URL of a server.

The URL is used twice, by our probe and by the agents. So it is normalized to the form that OpenClaw
expects: it ends in /v1, and has a Service's full name, because OpenClaw gives `*.local` hosts the
timeouts of self-hosted models, and a short name means another Service in the operator's namespace
than in the agents'.
"""

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.observed import Service
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import ServiceRef, VllmProviderSpec
from openclaw_vllm.core.discovery.hosts import flaw_of

CLUSTER_SUFFIX = "svc.cluster.local"
URL = re.compile(r"[!-\[\]-~]+")  # printable ASCII without a backslash, as the CRD has it
AUTHORITY = re.compile(r"([a-z0-9._-]+|\[[0-9a-f.]*:[0-9a-f:.]*\])(:[0-9]*)?")  # in lower case
DEFAULT_PORTS = {"http": 80, "https": 443}
MAX_PORTS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The resolved URL of a server."""

    base_url: str  # normalized
    scheme: str
    host: str
    port: int
    service: ObjectKey | None  # the Service that the host names

    @property
    def server_url(self) -> str:
        """The URL without its final /v1, as vLLM's /version needs it."""
        return self.base_url.removesuffix("/v1")


def service_named_by(spec: VllmProviderSpec, namespace: str) -> ObjectKey | None:
    """Return the Service that the spec refers to, by `serviceRef` or by a host of the cluster."""
    if spec.service_ref is not None:
        return ObjectKey(namespace, spec.service_ref.name)
    parts = _parse(spec.base_url or "")
    return None if isinstance(parts, Problem) else _parse_service(parts.hostname or "", namespace)


def leads_to(base_url: str, spec: VllmProviderSpec, namespace: str) -> bool:
    """Return whether a published URL has the host of the spec, whether that exists or not."""
    published_url, spec_url = _parse(base_url), _parse(spec.base_url or "")
    if isinstance(published_url, Problem):
        return False
    if key := service_named_by(spec, namespace):
        return published_url.hostname == f"{key.name}.{key.namespace}.{CLUSTER_SUFFIX}"
    return not isinstance(spec_url, Problem) and published_url.hostname == spec_url.hostname


def resolve(spec: VllmProviderSpec, namespace: str, service: Service | None) -> Endpoint | Problem:
    """Resolve `serviceRef` or `baseUrl` to an endpoint.

    `service` is the object of `service_named_by(spec, namespace)`, if the cluster has it. A Service
    of the provider's namespace has to exist; one of another may be outside of what we watch.
    ExternalName is refused: it would carry requests, and keys, to any host (CVE-2021-25740).
    """
    key = service_named_by(spec, namespace)
    if key is not None and (problem := _service_problem(key, namespace, service)):
        return problem
    if spec.service_ref is not None and service is not None:
        return _from_service(spec.service_ref, namespace, service)
    return _from_url(spec.base_url or "", key)


def _service_problem(key: ObjectKey, namespace: str, service: Service | None) -> Problem | None:
    if service is None and key.namespace == namespace:
        message = f"Service {key.name} does not exist in namespace {namespace}; create it"
        return Problem(Reason.SERVICE_NOT_FOUND, message)
    if service is not None and service.type == "ExternalName":
        message = (
            f"Service {key} is of type ExternalName, which may lead anywhere; "
            "write the server's own URL into spec.baseUrl"
        )
        return Problem(Reason.EXTERNAL_NAME_REFUSED, message)
    return None


def _from_service(ref: ServiceRef, namespace: str, service: Service) -> Endpoint | Problem:
    port = _port_number(ref.port, service)
    if port is None:
        message = f"Service {ref.name} has no port {ref.port}; it has {_describe_ports(service)}"
        return Problem(Reason.PORT_NOT_FOUND, message)
    host = f"{ref.name}.{namespace}.{CLUSTER_SUFFIX}"
    if flaw := flaw_of(host):
        return Problem(Reason.INVALID_SPEC, f"the host of spec.serviceRef, {host}, has to {flaw}")
    url = f"{ref.scheme}://{host}:{port}{_with_v1(ref.path)}"
    return Endpoint(url, ref.scheme, host, port, ObjectKey(namespace, ref.name))


def _describe_ports(service: Service) -> str:
    first_ports = service.ports[:MAX_PORTS_SHOWN]
    ports = ", ".join(f"{number} ({name})" if name else str(number) for name, number in first_ports)
    more = len(service.ports) - len(first_ports)
    return f"{ports} and {more} more" if more else ports or "none"


def _port_number(port: int | str, service: Service) -> int | None:
    for name, number in service.ports:
        if port in (name, number):
            return number
    return None


def _from_url(base_url: str, key: ObjectKey | None) -> Endpoint | Problem:
    parts = _parse(base_url)
    if isinstance(parts, Problem):
        return parts
    host = f"{key.name}.{key.namespace}.{CLUSTER_SUFFIX}" if key else parts.hostname or ""
    url_host = f"[{host}]" if ":" in host else host
    port = f":{parts.port}" if parts.port is not None else ""
    return Endpoint(
        base_url=f"{parts.scheme}://{url_host}{port}{_with_v1(parts.path)}",
        scheme=parts.scheme,
        host=host,
        port=parts.port or DEFAULT_PORTS[parts.scheme],
        service=key,
    )


def _parse(base_url: str) -> SplitResult | Problem:
    """Parse a URL, with the checks of the CEL rules: objects may be older than those."""
    try:
        parts = urlsplit(base_url)
        is_valid = parts.scheme in DEFAULT_PORTS and parts.port != 0
        is_valid = is_valid and AUTHORITY.fullmatch(parts.netloc.lower()) is not None
        is_valid = is_valid and URL.fullmatch(base_url) is not None
    except ValueError:
        is_valid = False
    if not is_valid or parts.query or parts.fragment:
        message = (
            "spec.baseUrl has to be http(s)://host[:port][/path], without user, query or fragment"
        )
        return Problem(Reason.INVALID_SPEC, message)
    if flaw := flaw_of(parts.hostname or ""):
        return Problem(Reason.INVALID_SPEC, f"the host of spec.baseUrl has to {flaw}")
    if ".." in parts.path.split("/"):
        return Problem(Reason.INVALID_SPEC, "the path of spec.baseUrl has to be free of '..'")
    return parts


def _parse_service(host: str, namespace: str) -> ObjectKey | None:
    """Parse `<svc>`, `<svc>.<own>`, `<svc>.<ns>.svc` and `<svc>.<ns>.svc.cluster.local`."""
    match host.removesuffix(".").split("."):
        case [name] if name != "localhost" and ":" not in name:
            return ObjectKey(namespace, name)
        case [name, own] if own == namespace:
            return ObjectKey(own, name)
        case [name, other, "svc"] | [name, other, "svc", "cluster", "local"]:
            return ObjectKey(other, name)
    return None


def _with_v1(path: str) -> str:
    """Return the path with exactly one /v1 at its end, and no repeated slashes before it."""
    stem = path.rstrip("/")
    while stem.endswith("/v1"):
        stem = stem.removesuffix("/v1").rstrip("/")
    return f"{stem}/v1"
