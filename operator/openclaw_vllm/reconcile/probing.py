"""Probe of a server's models: references, permission, address, question, and one second try.

A 401 may mean that the key was rotated, a failed handshake that the CA was: both are read anew and
the question is asked once more within the same deadline, so that a rotation never shows as a
failure. A 403 means the same once a key was sent: half of the gateways refuse a wrong key with it,
and some with 400.
"""

import asyncio
from dataclasses import replace

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.core.discovery.models_response import ServedModel
from openclaw_vllm.core.discovery.references import sent_credentials
from openclaw_vllm.reconcile.locating import Upstream, locate
from openclaw_vllm.reconcile.readers import Readers
from openclaw_vllm.reconcile.references import read_client_certificate, read_headers
from openclaw_vllm.reconcile.replicas import read_replicas


async def probe(
    namespace: str, spec: VllmProviderSpec, upstream: Upstream, readers: Readers
) -> tuple[Upstream, tuple[ServedModel, ...]] | Problem:
    """Ask for the models, within the spec's deadline; returns the upstream as it answered."""
    try:
        async with asyncio.timeout(upstream.timeout):
            return await _probe(namespace, spec, upstream, readers)
    except TimeoutError:
        message = f"no complete answer within {spec.discovery.timeout}"
        return Problem(Reason.TIMED_OUT, message)


async def _probe(
    namespace: str, spec: VllmProviderSpec, upstream: Upstream, readers: Readers
) -> tuple[Upstream, tuple[ServedModel, ...]] | Problem:
    prepared = await _prepare(namespace, spec, upstream, readers)
    if isinstance(prepared, Problem):
        return prepared
    answer = await read_replicas(spec.discovery, prepared, readers)
    if isinstance(answer, Problem) and _may_be_outdated(prepared, answer):
        renewed = await _renew(namespace, spec, prepared, readers)
        if isinstance(renewed, Problem):
            return renewed
        if renewed != prepared:
            answer = await read_replicas(spec.discovery, renewed, readers)
    return answer


def _may_be_outdated(upstream: Upstream, problem: Problem) -> bool:
    """Return whether the server may have refused what was rotated; an asyncio server just ends the
    connection where it refuses a client certificate."""
    is_end = upstream.trust.client is not None and problem.reason is Reason.CONNECTION_FAILED
    sent = upstream.credentials.secrets or upstream.trust.client
    is_refused = bool(sent) and problem.doubts_credentials
    return is_end or is_refused or problem.reason is Reason.TLS_FAILED


async def _prepare(
    namespace: str, spec: VllmProviderSpec, upstream: Upstream, readers: Readers
) -> Upstream | Problem:
    """Read the secrets that go to the server, and check where they and the request would go."""
    headers = await read_headers(namespace, spec, upstream.endpoint, readers)
    if isinstance(headers, Problem):
        return headers
    client = await read_client_certificate(namespace, spec, upstream.endpoint, readers)
    if isinstance(client, Problem):
        return client
    endpoint, trust = upstream.endpoint, replace(upstream.trust, client=client)
    addresses = await readers.prober.lookup(endpoint.dns_name, endpoint.port)
    if isinstance(addresses, Problem):
        return addresses
    if problem := readers.policy.check(endpoint.destination, addresses):
        return problem
    sent = sent_credentials(spec)
    return replace(upstream, trust=trust, headers=headers, addresses=addresses, credentials=sent)


async def _renew(
    namespace: str, spec: VllmProviderSpec, upstream: Upstream, readers: Readers
) -> Upstream | Problem:
    readers = replace(readers, fresh=True)
    current = await locate(namespace, spec, readers, upstream.endpoint.base_url)
    if isinstance(current, Problem):
        return current
    current = replace(current, survey=upstream.survey)
    return await _prepare(namespace, spec, current, readers)
