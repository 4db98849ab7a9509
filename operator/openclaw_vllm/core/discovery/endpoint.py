"""Endpoint of a server: its URL, and the Service that requests go to."""

from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.core.discovery.api_root import server_root
from openclaw_vllm.core.discovery.service_names import ServiceNames
from openclaw_vllm.core.discovery.urls import parse_url

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
