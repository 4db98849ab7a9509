"""Resolution of a spec, and the Service that it refers to, to the URL of a server.

The URL is used twice, by our probe and by the agents. So it is normalized to the form that OpenClaw
expects: it ends at the root of the API, and has a Service's full name, because OpenClaw gives
`*.local` hosts the timeouts of self-hosted models, and a short name means another Service in the
operator's namespace than in the agents'.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import ServiceRef, VllmProviderSpec
from openclaw_vllm.api.service import EXTERNAL_NAME, Service
from openclaw_vllm.core.discovery.api_root import api_root, server_root
from openclaw_vllm.core.discovery.hosts import flaw_of
from openclaw_vllm.core.discovery.service_names import ServiceNames
from openclaw_vllm.core.discovery.urls import DEFAULT_PORTS, parse_url

LONGEST_CHAIN = 8  # Services that lead to one another; DNS servers follow about as many
# Problems of the endpoint that may show only while probing.
ENDPOINT_REASONS = frozenset(
    {
        Reason.SERVICE_NOT_FOUND,
        Reason.PORT_NOT_FOUND,
        Reason.EXTERNAL_NAME_REFUSED,
        Reason.SECRET_NOT_FOUND,
        Reason.SECRET_KEY_NOT_FOUND,
        Reason.CA_BUNDLE_NOT_FOUND,
        Reason.DESTINATION_DENIED,
        Reason.KEY_NOT_ALLOWED,
        Reason.INVALID_SPEC,
    }
)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The resolved URL of a server."""

    base_url: str  # normalized
    scheme: str
    host: str
    port: int
    service: ObjectKey | None  # the Service that requests go to
    has_former_domain: bool = False  # published under a domain that the cluster had before
    service_port: int = 0  # of a headless Service, where `port` is its pods' and another
    external_name: str = ""  # where the host leads, if it is a Service of type ExternalName

    @property
    def has_target_port(self) -> bool:
        """Whether the URL of a headless Service has its pods' port, which is another."""
        return bool(self.service_port)

    @property
    def sliced_service(self) -> ObjectKey | None:
        """The Service whose EndpointSlices tell its replicas: one that the spec itself names, since
        those of the target of an ExternalName wake nobody."""
        return None if self.external_name else self.service

    @property
    def destination(self) -> str:
        """The host that requests go to, which their Host header need not name; without the last dot
        of an absolute name, as rules have it."""
        return (self.external_name or self.host).removesuffix(".")

    @property
    def dns_name(self) -> str:
        """The name to look up: that of a CNAME is absolute, whatever the search list says."""
        return f"{self.external_name}." if self.external_name else self.host

    @property
    def models_path(self) -> str:
        """The path of the list of models."""
        return f"{urlsplit(self.base_url).path}/models"

    @property
    def server_url(self) -> str:
        """The URL of what a server has beside its API, such as vLLM's /version."""
        parts = urlsplit(self.base_url)
        return f"{parts.scheme}://{parts.netloc}{server_root(parts.path)}"


def service_named_by(
    spec: VllmProviderSpec, namespace: str, names: ServiceNames
) -> ObjectKey | None:
    """Return the Service that the spec refers to, by `serviceRef` or by a host of the cluster."""
    if spec.service_ref is not None:
        return ObjectKey(namespace, spec.service_ref.name)
    parts = parse_url(spec.base_url or "")
    return None if isinstance(parts, Problem) else names.parse(parts.hostname or "", namespace)


def leads_to(base_url: str, spec: VllmProviderSpec, namespace: str, names: ServiceNames) -> bool:
    """Return whether a published URL has the host of the spec, whether that exists or not."""
    published_url, spec_url = parse_url(base_url), parse_url(spec.base_url or "")
    if isinstance(published_url, Problem):
        return False
    if key := service_named_by(spec, namespace, names):
        return names.is_name_of(key, published_url.hostname or "")
    return not isinstance(spec_url, Problem) and published_url.hostname == spec_url.hostname


def keep_domain(endpoint: Endpoint, published_url: str) -> Endpoint:
    """Return the endpoint at its published URL, if that differs in the domain of the Service only.

    `published_url` has to be known as ours: whoever could forge it would receive keys.
    """
    parts = parse_url(published_url)
    names_service = endpoint.service is not None or endpoint.external_name
    if not names_service or isinstance(parts, Problem):
        return endpoint
    host, (name, svc, _) = parts.hostname or "", endpoint.host.partition(".svc.")
    same = published_url == endpoint.base_url.replace(endpoint.host, host, 1)
    if not same or host == endpoint.host or not host.startswith(name + svc):
        return endpoint
    return replace(endpoint, base_url=published_url, host=host, has_former_domain=True)


def resolve(
    spec: VllmProviderSpec, namespace: str, service: Service | None, names: ServiceNames
) -> Endpoint | Problem:
    """Resolve `serviceRef` or `baseUrl` to an endpoint.

    `service` is the object of `service_named_by`, if the cluster has it. A Service
    of the provider's namespace has to exist; one of another may be outside of what we watch.
    """
    key = service_named_by(spec, namespace, names)
    if key is not None and (problem := _service_problem(key, namespace, service, names)):
        return problem
    as_written = spec.api_root == "AsWritten"
    if spec.service_ref is not None and service is not None:
        ref = spec.service_ref
        endpoint = _from_service(ref, namespace, service, names, as_written=as_written)
    else:
        endpoint = _from_url(spec.base_url or "", key, names, as_written=as_written)
    if isinstance(endpoint, Problem) or service is None or service.type != EXTERNAL_NAME:
        return endpoint
    target = service.external_name
    return replace(endpoint, external_name=target, service=names.parse_absolute(target))


def follow(
    endpoint: Endpoint, services: Mapping[ObjectKey, Service], names: ServiceNames
) -> Endpoint | Problem:
    """Return the endpoint at the end of a chain of Services of type ExternalName, each of which
    may lead anywhere: every name has to be allowed, and a key follows the last one."""
    for _ in range(LONGEST_CHAIN):
        key = endpoint.service if endpoint.external_name else None
        service = services.get(key) if key else None
        if key is None or service is None or service.type != EXTERNAL_NAME:
            return endpoint
        if not names.allows(service.external_name):
            return _external_problem(key, "GLOB")
        target = service.external_name
        endpoint = replace(endpoint, external_name=target, service=names.parse_absolute(target))
    message = f"Services of type ExternalName lead from {endpoint.host} to one another without end"
    return Problem(Reason.EXTERNAL_NAME_REFUSED, f"{message}; name the last one instead")


def _service_problem(
    key: ObjectKey, namespace: str, service: Service | None, names: ServiceNames
) -> Problem | None:
    is_own = key.namespace == namespace
    if service is None and is_own:
        message = f"Service {key.name} does not exist in namespace {namespace}; create it"
        return Problem(Reason.SERVICE_NOT_FOUND, message)
    if service is None or service.type != EXTERNAL_NAME or names.allows(service.external_name):
        return None
    return _external_problem(key, (is_own and service.external_name) or "GLOB")


def _external_problem(key: ObjectKey, target: str) -> Problem:
    """Refuse a Service; `target` is GLOB for one of others, who may keep theirs private."""
    message = (
        f"Service {key} is of type ExternalName, which may lead anywhere; write the server's own "
        f"URL into spec.baseUrl, or run the operator with --allow-external-names {target} "
        "(chart's value allowExternalNames)"
    )
    return Problem(Reason.EXTERNAL_NAME_REFUSED, message)


def _from_service(
    ref: ServiceRef, namespace: str, service: Service, names: ServiceNames, *, as_written: bool
) -> Endpoint | Problem:
    port = service.port_number(ref.port)
    if port is None:
        message = f"Service {ref.name} has no port {ref.port}; it has {service.described_ports}"
        return Problem(Reason.PORT_NOT_FOUND, message)
    key = ObjectKey(namespace, ref.name)
    host = names.full_name(key)
    if flaw := flaw_of(host):
        return Problem(Reason.INVALID_SPEC, f"the host of spec.serviceRef, {host}, has to {flaw}")
    url = f"{ref.scheme}://{host}:{port}{api_root(ref.path, as_written=as_written)}"
    return Endpoint(url, ref.scheme, host, port, key)


def _from_url(
    base_url: str, key: ObjectKey | None, names: ServiceNames, *, as_written: bool
) -> Endpoint | Problem:
    parts = parse_url(base_url)
    if isinstance(parts, Problem):
        return parts
    host = names.full_name(key) if key else parts.hostname or ""
    url_host = f"[{host}]" if ":" in host else host
    port = f":{parts.port}" if parts.port is not None else ""
    root = api_root(parts.path, as_written=as_written)
    return Endpoint(
        base_url=f"{parts.scheme}://{url_host}{port}{root}",
        scheme=parts.scheme,
        host=host,
        port=parts.port or DEFAULT_PORTS[parts.scheme],
        service=key,
    )
