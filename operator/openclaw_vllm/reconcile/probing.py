"""Asking a server for its models: references, permission, address, question, and one second try.

A 401 may mean that the key was rotated, a failed handshake that the CA was: both are read anew and
the question is asked once more within the same deadline, so that a rotation never shows as a
failure.
"""

import asyncio
from dataclasses import replace

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.core.discovery.models_response import ServedModel, parse
from openclaw_vllm.edges.vllm.probe_request import ProbeRequest, ProbeResponse
from openclaw_vllm.reconcile.locating import Upstream, locate
from openclaw_vllm.reconcile.readers import Readers
from openclaw_vllm.reconcile.references import read_headers

QUICK = 65_536  # bytes, some 200 models: parsed in 3 ms; a crafted MiB takes up to 100


async def probe(
    resource: VllmProvider, spec: VllmProviderSpec, upstream: Upstream, inputs: Readers
) -> tuple[Upstream, tuple[ServedModel, ...]] | Problem:
    """Ask for the models, within the spec's deadline; returns the upstream as it answered."""
    try:
        async with asyncio.timeout(upstream.timeout):
            return await _probe(resource, spec, upstream, inputs)
    except TimeoutError:
        message = f"no complete answer within {spec.discovery.timeout}"
        return Problem(Reason.TIMED_OUT, message)


async def _probe(
    resource: VllmProvider, spec: VllmProviderSpec, upstream: Upstream, inputs: Readers
) -> tuple[Upstream, tuple[ServedModel, ...]] | Problem:
    ready = await _prepare(resource, spec, upstream, inputs)
    if isinstance(ready, Problem):
        return ready
    answer = await _models(ready, inputs)
    if isinstance(answer, Problem) and answer.reason in (Reason.UNAUTHORIZED, Reason.TLS_FAILED):
        again = await _renew(resource, spec, ready, inputs)
        if isinstance(again, Problem):
            return again
        if again != ready:
            ready, answer = again, await _models(again, inputs)
    return answer if isinstance(answer, Problem) else (ready, answer)


async def _prepare(
    resource: VllmProvider, spec: VllmProviderSpec, upstream: Upstream, inputs: Readers
) -> Upstream | Problem:
    """Read the secrets that go to the server, and judge where they and the request would go."""
    headers = await read_headers(resource, spec, upstream.endpoint, inputs)
    if isinstance(headers, Problem):
        return headers
    endpoint = upstream.endpoint
    addresses = await inputs.prober.lookup(endpoint.host, endpoint.port)
    if isinstance(addresses, Problem):
        return addresses
    if problem := inputs.policy.judge(endpoint.host, addresses):
        return problem
    return replace(upstream, headers=headers, addresses=addresses)


async def _renew(
    resource: VllmProvider, spec: VllmProviderSpec, upstream: Upstream, inputs: Readers
) -> Upstream | Problem:
    inputs = replace(inputs, fresh=True)
    located = await locate(resource, spec, inputs)
    if isinstance(located, Problem):
        return located
    return await _prepare(resource, spec, located, inputs)


async def _models(upstream: Upstream, inputs: Readers) -> tuple[ServedModel, ...] | Problem:
    answer = await ask(upstream, "GET", f"{upstream.endpoint.base_url}/models", inputs)
    if isinstance(answer, Problem):
        return answer
    match answer.status:
        case 200:
            if len(answer.body) <= QUICK:
                return parse(answer.body)
            return await asyncio.to_thread(parse, answer.body)
        case 401:
            return Problem(Reason.UNAUTHORIZED, "status 401: the server wants another key")
        case 301 | 302 | 303 | 307 | 308:
            message = f"status {answer.status}: a redirect is never followed; write the final URL"
            return Problem(Reason.REDIRECTED, message)
    message = f"status {answer.status} to GET /v1/models, where 200 is expected"
    return Problem(Reason.UNEXPECTED_STATUS, message)


async def ask(
    upstream: Upstream, method: str, url: str, inputs: Readers, *, json: object = None
) -> ProbeResponse | Problem:
    """Send one request to the upstream."""
    trust, headers = upstream.trust, upstream.headers
    return await inputs.prober.ask(
        ProbeRequest(method, url, upstream.addresses, trust, headers, json)
    )
