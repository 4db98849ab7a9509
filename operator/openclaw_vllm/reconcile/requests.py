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


async def read_route(
    upstream: Upstream, path: str, readers: Readers, *, root: str | None = None
) -> Route | None:
    """Return whether there is a route, below the root of the API unless another is given; None
    without an answer."""
    url = f"{root or upstream.endpoint.base_url}{path}"
    answer = await ask(upstream, "OPTIONS", url, readers)
    return None if isinstance(answer, Problem) else classify_route(answer.status, answer.allow)
