"""What else a server says of itself: version, task, what its models can do.

None of it is needed to publish. It is read with the first good answer, after a change and after a
failure, never at steady state.
"""

import asyncio
from collections.abc import Iterable

from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.api.status import Task
from openclaw_vllm.core.discovery.models import selected, validate_ids
from openclaw_vllm.core.discovery.models_response import ServedModel, parse_version
from openclaw_vllm.core.discovery.routes import Route, judge_route, task_of
from openclaw_vllm.core.discovery.server import ServerState
from openclaw_vllm.edges.vllm.probe_request import ProbeResponse
from openclaw_vllm.reconcile.examine import examine
from openclaw_vllm.reconcile.key_proof import prove_key
from openclaw_vllm.reconcile.locating import Upstream
from openclaw_vllm.reconcile.probing import ask
from openclaw_vllm.reconcile.readers import Readers


async def record_models(
    spec: VllmProviderSpec,
    upstream: Upstream,
    served: Iterable[ServedModel],
    server: ServerState,
    readers: Readers,
) -> ServerState:
    """Record a good answer, and ask for what it does not say when this is the moment."""
    models, clock, before = validate_ids(served), readers.clock, server
    server = before.with_models(
        upstream.connection, models, spec.discovery.remove_after, clock.wall()
    )
    if server.discovery.problem is not None:
        return server
    base_url = upstream.endpoint.base_url
    needs_info = before.needs_server_info(models.models, base_url, clock.monotonic())
    if needs_info:
        version, task = await read_details(upstream, readers, with_task=not models.is_empty)
        ids, remove_after = before.discovery.known_at(base_url), spec.discovery.remove_after
        server = server.with_server_info(version, task, clock.monotonic(), ids, remove_after)
    if needs_info or before.discovery.info.key_proved is None:
        server = server.with_key_proof(proved=await prove_key(spec, upstream, readers))
    again = needs_info or readers.fresh
    if again and (examined := server.discovery.models_to_examine(spec)):
        to_ask = selected(models.models, spec.discovery)
        known = server.discovery.capabilities.by_model
        examination = await examine(upstream, to_ask, known, readers)
        server = server.with_examination(examined, examination)
    return server


async def read_details(
    upstream: Upstream, inputs: Readers, *, with_task: bool = True
) -> tuple[str, Task | None]:
    """Read the server's version, and whether it generates or embeds; None where it did not answer.

    The task shows in its routes. Without `with_task` they are not read: routes of a gateway come
    and go with its models, so that they say nothing while there is none.
    """
    try:
        async with asyncio.timeout(upstream.timeout):
            version, task = await asyncio.gather(
                ask(upstream, "GET", f"{upstream.endpoint.server_url}/version", inputs),
                _read_task(upstream, inputs, wanted=with_task),
            )
    except TimeoutError:
        return "", None
    return parse_version(version.body) if isinstance(version, ProbeResponse) else "", task


async def _read_task(upstream: Upstream, inputs: Readers, *, wanted: bool) -> Task | None:
    if not wanted:
        return None
    base = upstream.endpoint.base_url
    chat = await _read_route(upstream, f"{base}/chat/completions", inputs)
    if chat is Route.EXISTS:
        return task_of(chat, Route.UNKNOWN)
    embeddings = await _read_route(upstream, f"{base}/embeddings", inputs)
    return None if chat is None or embeddings is None else task_of(chat, embeddings)


async def _read_route(upstream: Upstream, url: str, inputs: Readers) -> Route | None:
    answer = await ask(upstream, "OPTIONS", url, inputs)
    return None if isinstance(answer, Problem) else judge_route(answer.status, answer.allow)
