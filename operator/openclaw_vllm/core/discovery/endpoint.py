"""Where a server is: from the spec, and the Service it names, to one URL or the reason why not.

The URL is used twice, by our probe and by the agents. So it is written once in the form that
OpenClaw wants: it ends in /v1, and a Service of the cluster goes by its full name, because OpenClaw
gives `*.local` hosts the timeouts of self-hosted models, and because a short name means another
Service in the operator's namespace than in the agents'.
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
    """A server's address: the normalised URL, its host and port, and the Service that the host
    names."""

    base_url: str
    scheme: str
    host: str
    port: int
    service: ObjectKey | None

    @property
    def server_url(self) -> str:
        """The URL without its final /v1: the parent of vLLM's /version."""
        return self.base_url.removesuffix("/v1")


def service_named_by(spec: VllmProviderSpec, namespace: str) -> ObjectKey | None:
    """Return the Service that the spec points at, by reference or by a host name of the cluster."""
    if spec.service_ref is not None:
        return ObjectKey(namespace, spec.service_ref.name)
    parts = _split(spec.base_url or "")
    return None if isinstance(parts, Problem) else _service_of(parts.hostname or "", namespace)


def leads_to(base_url: str, spec: VllmProviderSpec, namespace: str) -> bool:
    """Tell whether a URL that was read back is of the host that the spec asks, be it there or
    not."""
    published, asked = _split(base_url), _split(spec.base_url or "")
    if isinstance(published, Problem):
        return False
    if named := service_named_by(spec, namespace):
        return published.hostname == f"{named.name}.{named.namespace}.{CLUSTER_SUFFIX}"
    return not isinstance(asked, Problem) and published.hostname == asked.hostname


def resolve(spec: VllmProviderSpec, namespace: str, service: Service | None) -> Endpoint | Problem:
    """Turn `serviceRef` or `baseUrl` into an endpoint.

    `service` is what the cluster shows of `service_named_by(spec, namespace)`. A Service of the
    resource's own namespace has to exist; one of another namespace may be outside of what we watch.
    ExternalName is refused: it would carry requests, and keys, to any host (CVE-2021-25740).
    """
    named = service_named_by(spec, namespace)
    if named is not None and (problem := _refusal(named, namespace, service)):
        return problem
    if spec.service_ref is not None and service is not None:
        return _from_service(spec.service_ref, namespace, service)
    return _from_url(spec.base_url or "", named)


def _refusal(named: ObjectKey, namespace: str, service: Service | None) -> Problem | None:
    if service is None and named.namespace == namespace:
        message = f"Service {named.name} does not exist in namespace {namespace}; create it"
        return Problem(Reason.SERVICE_NOT_FOUND, message)
    if service is not None and service.type == "ExternalName":
        message = (
            f"Service {named} is of type ExternalName, which may lead anywhere; "
            "write the server's own URL into spec.baseUrl"
        )
        return Problem(Reason.EXTERNAL_NAME_REFUSED, message)
    return None


def _from_service(ref: ServiceRef, namespace: str, service: Service) -> Endpoint | Problem:
    port = _port_number(ref.port, service)
    if port is None:
        message = f"Service {ref.name} has no port {ref.port}; it has {_offer_of(service)}"
        return Problem(Reason.PORT_NOT_FOUND, message)
    host = f"{ref.name}.{namespace}.{CLUSTER_SUFFIX}"
    if flaw := flaw_of(host):
        return Problem(Reason.INVALID_SPEC, f"the host of spec.serviceRef, {host}, has to {flaw}")
    url = f"{ref.scheme}://{host}:{port}{_with_v1(ref.path)}"
    return Endpoint(url, ref.scheme, host, port, ObjectKey(namespace, ref.name))


def _offer_of(service: Service) -> str:
    shown = service.ports[:MAX_PORTS_SHOWN]
    offered = ", ".join(f"{number} ({name})" if name else str(number) for name, number in shown)
    more = len(service.ports) - len(shown)
    return f"{offered} and {more} more" if more else offered or "none"


def _port_number(wanted: int | str, service: Service) -> int | None:
    for name, number in service.ports:
        if wanted in (name, number):
            return number
    return None


def _from_url(base_url: str, named: ObjectKey | None) -> Endpoint | Problem:
    parts = _split(base_url)
    if isinstance(parts, Problem):
        return parts
    host = f"{named.name}.{named.namespace}.{CLUSTER_SUFFIX}" if named else parts.hostname or ""
    shown = f"[{host}]" if ":" in host else host
    port = f":{parts.port}" if parts.port is not None else ""
    return Endpoint(
        base_url=f"{parts.scheme}://{shown}{port}{_with_v1(parts.path)}",
        scheme=parts.scheme,
        host=host,
        port=parts.port or DEFAULT_PORTS[parts.scheme],
        service=named,
    )


def _split(base_url: str) -> SplitResult | Problem:
    """Parse again what CEL has checked: admission is validation, not protection."""
    try:
        parts = urlsplit(base_url)
        sound = parts.scheme in DEFAULT_PORTS and parts.port != 0
        sound = sound and AUTHORITY.fullmatch(parts.netloc.lower()) is not None
        sound = sound and URL.fullmatch(base_url) is not None
    except ValueError:
        sound = False
    if not sound or parts.query or parts.fragment:
        message = (
            "spec.baseUrl has to be http(s)://host[:port][/path], without user, query or fragment"
        )
        return Problem(Reason.INVALID_SPEC, message)
    if flaw := flaw_of(parts.hostname or ""):
        return Problem(Reason.INVALID_SPEC, f"the host of spec.baseUrl has to {flaw}")
    if ".." in parts.path.split("/"):
        return Problem(Reason.INVALID_SPEC, "the path of spec.baseUrl has to be free of '..'")
    return parts


def _service_of(host: str, namespace: str) -> ObjectKey | None:
    """Read `<svc>`, `<svc>.<own>`, `<svc>.<ns>.svc` and `<svc>.<ns>.svc.cluster.local`."""
    match host.removesuffix(".").split("."):
        case [name] if name != "localhost" and ":" not in name:
            return ObjectKey(namespace, name)
        case [name, own] if own == namespace:
            return ObjectKey(own, name)
        case [name, other, "svc"] | [name, other, "svc", "cluster", "local"]:
            return ObjectKey(other, name)
    return None


def _with_v1(path: str) -> str:
    """Return the path ending in exactly one /v1, without doubled or trailing slashes at its end."""
    stem = path.rstrip("/")
    while stem.endswith("/v1"):
        stem = stem.removesuffix("/v1").rstrip("/")
    return f"{stem}/v1"
