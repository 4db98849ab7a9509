"""Asking a server for its models: references, permission, address, question, and one second try.

A 401 may mean that the key was rotated, a failed handshake that the CA was: both are read anew and
the question is asked once more within the same deadline, so that a rotation never shows as a
failure.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.observed import Resource
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.core.answer import Served, parse
from openclaw_vllm.core.endpoint import Endpoint, resolve, service_named_by
from openclaw_vllm.core.openclaw import Connection
from openclaw_vllm.edges.prober import Answer, Question
from openclaw_vllm.edges.trust import Trust
from openclaw_vllm.reconcile.references import read_ca, read_headers
from openclaw_vllm.reconcile.world import World


@dataclass(frozen=True, slots=True)
class Target:
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
    resource: Resource, spec: VllmProviderSpec, world: World, *, fresh: bool
) -> Target | Problem:
    """Resolve the endpoint and read the CA bundle, anew if `fresh`; asks the server nothing."""
    namespace = resource.key.namespace
    named = service_named_by(spec, namespace)
    service = world.cache.services.get(named) if named else None
    endpoint = resolve(spec, namespace, service)
    if isinstance(endpoint, Problem):
        return endpoint
    ca_pem = await read_ca(resource, spec, world, fresh=fresh)
    if isinstance(ca_pem, Problem):
        return ca_pem
    tls = spec.tls
    trust = Trust(
        ca_pem=ca_pem,
        server_name=(tls.server_name if tls else None) or "",
        verify=not (tls and tls.insecure_skip_verify),
    )
    return Target(endpoint, trust, spec.discovery.timeout_seconds)


async def probe(
    resource: Resource, spec: VllmProviderSpec, target: Target, world: World, *, fresh: bool
) -> tuple[Target, tuple[Served, ...]] | Problem:
    """Ask for the models, within the spec's deadline; returns the target as it answered."""
    try:
        async with asyncio.timeout(target.timeout):
            return await _probe(resource, spec, target, world, fresh=fresh)
    except TimeoutError:
        message = f"no complete answer within {spec.discovery.timeout}"
        return Problem(Reason.TIMED_OUT, message)


async def _probe(
    resource: Resource, spec: VllmProviderSpec, target: Target, world: World, *, fresh: bool
) -> tuple[Target, tuple[Served, ...]] | Problem:
    ready = await _prepare(resource, spec, target, world, fresh=fresh)
    if isinstance(ready, Problem):
        return ready
    answer = await _models(ready, world)
    if isinstance(answer, Problem) and answer.reason in (Reason.UNAUTHORIZED, Reason.TLS_FAILED):
        again = await _renew(resource, spec, ready, world)
        if isinstance(again, Problem):
            return again
        if again != ready:
            ready, answer = again, await _models(again, world)
    return answer if isinstance(answer, Problem) else (ready, answer)


async def _prepare(
    resource: Resource, spec: VllmProviderSpec, target: Target, world: World, *, fresh: bool
) -> Target | Problem:
    """Read the secrets that go to the server, and judge where they and the request would go."""
    headers = await read_headers(resource, spec, target.endpoint, world, fresh=fresh)
    if isinstance(headers, Problem):
        return headers
    endpoint = target.endpoint
    addresses = await world.prober.lookup(endpoint.host, endpoint.port)
    if isinstance(addresses, Problem):
        return addresses
    if problem := world.policy.judge(endpoint.host, addresses):
        return problem
    return replace(target, headers=headers, addresses=addresses)


async def _renew(
    resource: Resource, spec: VllmProviderSpec, target: Target, world: World
) -> Target | Problem:
    located = await locate(resource, spec, world, fresh=True)
    if isinstance(located, Problem):
        return located
    return await _prepare(resource, spec, located, world, fresh=True)


async def _models(target: Target, world: World) -> tuple[Served, ...] | Problem:
    answer = await ask(target, "GET", f"{target.endpoint.base_url}/models", world)
    if isinstance(answer, Problem):
        return answer
    match answer.status:
        case 200:
            return parse(answer.body)
        case 401:
            return Problem(Reason.UNAUTHORIZED, "status 401: the server wants another key")
        case 301 | 302 | 303 | 307 | 308:
            message = f"status {answer.status}: a redirect is never followed; write the final URL"
            return Problem(Reason.REDIRECTED, message)
    message = f"status {answer.status} to GET /v1/models, where 200 is expected"
    return Problem(Reason.UNEXPECTED_STATUS, message)


async def ask(
    target: Target, method: str, url: str, world: World, *, json: object = None
) -> Answer | Problem:
    """Send one request to the target."""
    trust, headers = target.trust, target.headers
    return await world.prober.ask(Question(method, url, target.addresses, trust, headers, json))
