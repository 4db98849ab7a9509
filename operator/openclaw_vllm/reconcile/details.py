"""What else a server says of itself: version, task, what its models can do.

None of it is needed to publish. It is read with the first good answer, after a change and after a
failure, never at steady state.
"""

import asyncio
from collections.abc import Iterable

from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.api.status import Task
from openclaw_vllm.core.discovery.capabilities import (
    Capabilities,
    Reply,
    about_images,
    about_tools,
    judge,
    to_ask,
)
from openclaw_vllm.core.discovery.models import selected, validate_ids
from openclaw_vllm.core.discovery.models_response import ServedModel, parse_version
from openclaw_vllm.core.discovery.routes import Route, judge_route, task_of
from openclaw_vllm.core.discovery.server import ServerState
from openclaw_vllm.edges.vllm.probe_request import ProbeResponse
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
        known, remove_after = before.discovery.known_at(base_url), spec.discovery.remove_after
        server = server.with_server_info(version, task, clock.monotonic(), known, remove_after)
    again = needs_info or readers.fresh
    if again and (examined := server.discovery.models_to_examine(spec)):
        to_examine = selected(models.models, spec.discovery)
        results, complete = await read_capabilities(upstream, to_examine, readers)
        server = server.with_capabilities(examined, results, complete=complete)
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


async def read_capabilities(
    upstream: Upstream, models: Iterable[ServedModel], inputs: Readers
) -> tuple[dict[str, Capabilities], bool]:
    """Ask each base model for one token with a tool and one with an image, within the deadline.

    Returns what was found out, and whether every request was answered: a server that is asleep or
    busy is to be asked again, one that answered something else is not.
    """
    ids = to_ask(models)
    replies = await asyncio.gather(*(_replies(upstream, id_, inputs) for id_ in ids))
    found = {id_: judge(*pair) for id_, pair in zip(ids, replies, strict=True)}
    return found, all(None not in pair for pair in replies)


async def _replies(
    upstream: Upstream, id_: str, inputs: Readers
) -> tuple[Reply | None, Reply | None]:
    return await asyncio.gather(
        _chat(upstream, about_tools(id_), inputs), _chat(upstream, about_images(id_), inputs)
    )


async def _chat(upstream: Upstream, request: object, inputs: Readers) -> Reply | None:
    url = f"{upstream.endpoint.base_url}/chat/completions"
    try:
        async with asyncio.timeout(upstream.timeout):
            answer = await ask(upstream, "POST", url, inputs, json=request)
    except TimeoutError:
        return None
    return None if isinstance(answer, Problem) else (answer.status, answer.body)
