"""Resolution of a server's endpoint, and of what a request to it needs; no request is sent."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.core.discovery.connection import Connection
from openclaw_vllm.core.discovery.endpoint import Endpoint, keep_domain, service_named_by
from openclaw_vllm.core.discovery.references import NOTHING_SENT, SentCredentials
from openclaw_vllm.core.discovery.resolution import follow, resolve
from openclaw_vllm.core.discovery.server import ServerState
from openclaw_vllm.core.discovery.survey import Survey
from openclaw_vllm.core.discovery.target_ports import at_target_port
from openclaw_vllm.edges.vllm.probe_request import CONNECT_TIMEOUT
from openclaw_vllm.edges.vllm.trust import Trust
from openclaw_vllm.reconcile.readers import Readers
from openclaw_vllm.reconcile.references import read_ca


@dataclass(frozen=True, slots=True)
class Upstream:
    """A server and everything that a request to it needs."""

    endpoint: Endpoint
    trust: Trust
    timeout: float
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    addresses: tuple[str, ...] = ()
    port: int = 0  # of one replica, to connect to where that is not the URL's
    connect_timeout: float = CONNECT_TIMEOUT
    survey: Survey | None = None  # of the replicas, as they answered last
    credentials: SentCredentials = NOTHING_SENT

    @property
    def connection(self) -> Connection:
        """How agents reach it."""
        return Connection(self.endpoint.base_url, self.trust.ca_pem)


async def locate(
    namespace: str,
    spec: VllmProviderSpec,
    readers: Readers,
    former_url: str = "",
    last_url: str = "",
) -> Upstream | Problem:
    """Resolve the endpoint and read the CA bundle; sends no request.

    `former_url` is what is published: it stays while only the cluster's domain is another now.
    `last_url` is where the server was last.
    """
    names = readers.service_names
    service_key = service_named_by(spec, namespace, names)
    service = readers.cache.services.get(service_key) if service_key else None
    endpoint = resolve(spec, namespace, service, names)
    if not isinstance(endpoint, Problem):
        endpoint = follow(endpoint, readers.cache.services, names)
    if isinstance(endpoint, Problem):
        return endpoint
    endpoint = at_target_port(endpoint, service, readers.replicas_of(service_key), last_url)
    ca_pem = await read_ca(namespace, spec, readers)
    if isinstance(ca_pem, Problem):
        return ca_pem
    tls = spec.tls
    trust = Trust(
        ca_pem=ca_pem,
        server_name=(tls.server_name if tls else None) or "",
        verify=not (tls and tls.insecure_skip_verify),
    )
    endpoint = keep_domain(endpoint, former_url) if former_url else endpoint
    return Upstream(endpoint, trust, spec.discovery.timeout_seconds)


async def resolve_endpoint(
    namespace: str, spec: VllmProviderSpec, server: ServerState, readers: Readers
) -> tuple[Upstream | Problem, ServerState]:
    """Record where the server is; another place is probed at once. Of replicas that are not asked
    themselves any more no survey stays."""
    if spec.discovery.replicas == "Service":
        server = replace(server, survey=None)
    former_url = server.discovery.endpoint.former_url
    last_url = server.discovery.connection.base_url if server.discovery.connection else ""
    last_url = last_url or server.discovery.retained_url
    upstream = await locate(namespace, spec, readers, former_url, last_url)
    if isinstance(upstream, Problem):
        return upstream, server.with_endpoint_problem(upstream)
    former_url = former_url if upstream.endpoint.has_former_domain else ""
    server = server.with_endpoint(
        upstream.connection, former_url, is_target_port=upstream.endpoint.has_target_port
    )
    return replace(upstream, survey=server.survey), server
