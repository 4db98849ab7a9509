"""Version and task of a server, and capabilities of its models.

None of it is needed to publish. It is read with the first good answer, after a change and after a
failure, never at steady state.
"""

import asyncio
from collections.abc import Iterable

from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.api.status import Task
from openclaw_vllm.core.discovery.confirmation import is_inconclusive
from openclaw_vllm.core.discovery.ids import ModelList, validate_ids
from openclaw_vllm.core.discovery.models import select_models
from openclaw_vllm.core.discovery.models_response import ServedModel, parse_version
from openclaw_vllm.core.discovery.routes import (
    CHAT,
    EMBEDDINGS,
    OTHERS,
    OTHERS_OF_SERVER,
    Route,
    task_of,
    task_of_list,
)
from openclaw_vllm.core.discovery.server import ServerState
from openclaw_vllm.edges.vllm.probe_request import ProbeResponse
from openclaw_vllm.reconcile.examine import examine
from openclaw_vllm.reconcile.key_proof import prove_key
from openclaw_vllm.reconcile.locating import Upstream
from openclaw_vllm.reconcile.readers import Readers
from openclaw_vllm.reconcile.requests import ask, read_route


async def record_models(
    spec: VllmProviderSpec,
    upstream: Upstream,
    served: Iterable[ServedModel],
    server: ServerState,
    readers: Readers,
) -> ServerState:
    """Record a good answer, and read version, task and capabilities when they are due."""
    models, before = validate_ids(served, spec.discovery.kinds), server
    if upstream.survey is None and is_inconclusive(models, before):
        return before
    remove_after, wall = spec.discovery.remove_after, readers.clock.wall()
    server = before.with_models(upstream.connection, models, remove_after, wall)
    if server.discovery.problem is not None:
        return server
    server = server.with_survey(upstream.survey, frozenset(model.id for model in models.models))
    return await _record_details(spec, upstream, models, before, server, readers)


async def _record_details(
    spec: VllmProviderSpec,
    upstream: Upstream,
    models: ModelList,
    before: ServerState,
    server: ServerState,
    readers: Readers,
) -> ServerState:
    """Read what is due of version, task, proof of the key and capabilities; `before` is the state
    before this list."""
    base_url, remove_after = upstream.endpoint.base_url, spec.discovery.remove_after
    previous_ids, clock = before.discovery.served_ids_at(base_url), readers.clock
    needs_info = before.needs_server_info(models.models, base_url, clock.monotonic())
    if needs_info:
        version, task = await read_details(upstream, readers, with_task=not models.is_empty)
        task = task_of_list(task, models.models)
        now = clock.monotonic()
        server = server.with_server_info(version, task, now, previous_ids, remove_after)
    if needs_info or before.discovery.info.key_proof is None:
        server = server.with_key_proof(await prove_key(spec, upstream, readers))
    if needs_info or readers.fresh:
        server = await _examine(spec, upstream, models.models, server, readers)
    return server.without_refusals(previous_ids, spec.discovery)


async def _examine(
    spec: VllmProviderSpec,
    upstream: Upstream,
    listed: tuple[ServedModel, ...],
    server: ServerState,
    readers: Readers,
) -> ServerState:
    examined = server.discovery.models_to_examine(spec)
    if not examined:
        return server
    results = server.discovery.capabilities
    to_ask = results.select(select_models(listed, spec.discovery), examined)
    examination = await examine(upstream, to_ask, results.by_model, readers)
    return server.with_examination(examined, examination, spec.discovery.remove_after)


async def read_details(
    upstream: Upstream, readers: Readers, *, with_task: bool = True
) -> tuple[str, Task | None]:
    """Read the server's version and its task; None where it did not answer.

    The task shows in its routes: one of a server that chats is asked for, two of one that embeds,
    and at most eight. Without `with_task` they are not read: routes of a gateway come
    and go with its models, so that they say nothing while there is none.
    """
    try:
        async with asyncio.timeout(upstream.timeout):
            version, task = await asyncio.gather(
                ask(upstream, "GET", f"{upstream.endpoint.server_url}/version", readers),
                _read_task(upstream, readers, is_due=with_task),
            )
    except TimeoutError:
        return "", None
    return parse_version(version.body) if isinstance(version, ProbeResponse) else "", task


async def _read_task(upstream: Upstream, readers: Readers, *, is_due: bool) -> Task | None:
    if not is_due:
        return None
    chat = await read_route(upstream, CHAT, readers)
    embeddings: Route | None = Route.UNKNOWN
    other: Route | None = Route.UNKNOWN
    if chat is not Route.EXISTS:
        embeddings = await read_route(upstream, EMBEDDINGS, readers)
    if chat is embeddings is Route.ABSENT:
        other = await _read_other_route(upstream, readers)
    if chat is None or embeddings is None or other is None:
        return None
    return task_of(chat, embeddings, other)


async def _read_other_route(upstream: Upstream, readers: Readers) -> Route | None:
    """Return whether any route for something else exists: the first that does, or that has no
    answer, is the last that is asked for."""
    api, server = upstream.endpoint.base_url, upstream.endpoint.server_url
    places = [(api, path) for path in OTHERS] + [(server, path) for path in OTHERS_OF_SERVER]
    for root, path in places:
        route = await read_route(upstream, path, readers, root=root)
        if route is None or route is Route.EXISTS:
            return route
    return Route.UNKNOWN
