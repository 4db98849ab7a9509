"""Where a server is, and what a request to it needs; nothing is asked here."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.core.discovery.endpoint import Endpoint, resolve, service_named_by
from openclaw_vllm.core.discovery.server import ServerState
from openclaw_vllm.core.discovery.state import Connection
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

    @property
    def connection(self) -> Connection:
        """What agents are told of it."""
        return Connection(self.endpoint.base_url, self.trust.ca_pem)


async def locate(
    resource: VllmProvider, spec: VllmProviderSpec, inputs: Readers
) -> Upstream | Problem:
    """Resolve the endpoint and read the CA bundle; asks the server nothing."""
    namespace = resource.key.namespace
    named = service_named_by(spec, namespace)
    service = inputs.cache.services.get(named) if named else None
    endpoint = resolve(spec, namespace, service)
    if isinstance(endpoint, Problem):
        return endpoint
    ca_pem = await read_ca(resource, spec, inputs)
    if isinstance(ca_pem, Problem):
        return ca_pem
    tls = spec.tls
    trust = Trust(
        ca_pem=ca_pem,
        server_name=(tls.server_name if tls else None) or "",
        verify=not (tls and tls.insecure_skip_verify),
    )
    return Upstream(endpoint, trust, spec.discovery.timeout_seconds)


async def resolve_endpoint(
    provider: VllmProvider, spec: VllmProviderSpec, server: ServerState, readers: Readers
) -> tuple[Upstream | Problem, ServerState]:
    """Record where the server is; another place is probed at once."""
    upstream = await locate(provider, spec, readers)
    if isinstance(upstream, Problem):
        return upstream, server.with_endpoint_problem(upstream)
    return upstream, server.with_endpoint(upstream.connection)
