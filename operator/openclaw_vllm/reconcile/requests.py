"""Requests to an upstream, for whatever the answer is about."""

from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.discovery.routes import Route, classify_route
from openclaw_vllm.edges.vllm.probe_request import ProbeRequest, ProbeResponse
from openclaw_vllm.reconcile.locating import Upstream
from openclaw_vllm.reconcile.readers import Readers


async def ask(
    upstream: Upstream, method: str, url: str, readers: Readers, *, json: object = None
) -> ProbeResponse | Problem:
    """Send one request to the upstream."""
    request = ProbeRequest(
        method,
        url,
        upstream.addresses,
        upstream.trust,
        upstream.headers,
        json,
        upstream.port,
        upstream.connect_timeout,
    )
    return await readers.prober.ask(request)


async def read_route(upstream: Upstream, path: str, readers: Readers) -> Route | None:
    """Return whether the API has a route, below its root; None without an answer."""
    answer = await ask(upstream, "OPTIONS", f"{upstream.endpoint.base_url}{path}", readers)
    return None if isinstance(answer, Problem) else classify_route(answer.status, answer.allow)
