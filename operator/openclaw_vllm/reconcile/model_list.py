"""Reading a server's list of models: `GET /v1/models` mostly, and its further pages.

A list is whole or it counts as none, so that the first page of several is never published as all
that there is. Pages are bounded in number and in models, and in time by the probe's deadline.
"""

import asyncio
from http import HTTPStatus
from urllib.parse import quote

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.discovery.body_errors import BodyError
from openclaw_vllm.core.discovery.models_response import CUT_LIST, Page, ServedModel, parse_page
from openclaw_vllm.core.discovery.paging import AFTER, AFTER_ID
from openclaw_vllm.core.discovery.refusals import error_refusal, kserve_refusal, refusal
from openclaw_vllm.core.discovery.routes import CHAT, Route
from openclaw_vllm.reconcile.locating import Upstream
from openclaw_vllm.reconcile.readers import Readers
from openclaw_vllm.reconcile.requests import ask, read_route

MAX_PARSED_INLINE = 65_536  # bytes, some 200 models: parsed in 3 ms; a crafted MiB takes up to 100
MAX_PAGES = 20
MAX_MODELS = 10_000  # of all pages; spec.discovery.maxModels is at most 2000


async def read_list(upstream: Upstream, readers: Readers) -> tuple[ServedModel, ...] | Problem:
    """Return every model that the server lists, page by page.

    Where a page comes again, the server knows the other parameter for the last id.
    """
    url = f"{upstream.endpoint.base_url}/models"
    page = await _read_page(upstream, url, readers)
    if isinstance(page, Problem):
        return page
    if page.names_only and await _is_kserve(upstream, readers):
        return kserve_refusal(upstream.endpoint.models_path)
    if not page.next_after:
        return page.models if page.is_last_of(len(page.models)) else CUT_LIST
    models = await _read_further(upstream, f"{url}?{AFTER}=", page, readers)
    if models is None:
        models = await _read_further(upstream, f"{url}?{AFTER_ID}=", page, readers)
        is_refused = isinstance(models, Problem) and models.reason == Reason.UNEXPECTED_STATUS
        return CUT_LIST if models is None or is_refused else models
    return models


async def _read_further(
    upstream: Upstream, url: str, first: Page, readers: Readers
) -> tuple[ServedModel, ...] | Problem | None:
    """Return the list that begins with a page; None where no other page comes at these URLs."""
    models, after = first.models, first.next_after
    for _ in range(MAX_PAGES):
        page = await _read_page(upstream, f"{url}{quote(after, safe='')}", readers)
        is_first = models is first.models
        if isinstance(page, Problem):
            return page
        if _is_known(page, models):
            return None if is_first and page.next_after else CUT_LIST
        models, after = models + page.models, page.next_after
        if not after:
            return models if page.is_last_of(len(models)) else CUT_LIST
        if len(models) > MAX_MODELS:
            break
    return CUT_LIST


def _is_known(page: Page, models: tuple[ServedModel, ...]) -> bool:
    """Return whether a page holds nothing that the earlier ones did not."""
    return {model.id for model in models}.issuperset(model.id for model in page.models)


async def _is_kserve(upstream: Upstream, readers: Readers) -> bool:
    """Tell KServe, whose OpenAI routes are elsewhere, from vLLM's router; silence is no proof."""
    return await read_route(upstream, CHAT, readers) is Route.ABSENT


async def _read_page(upstream: Upstream, url: str, readers: Readers) -> Page | Problem:
    path, answer = upstream.endpoint.models_path, await ask(upstream, "GET", url, readers)
    if isinstance(answer, Problem):
        return answer
    if answer.status != HTTPStatus.OK:
        return refusal(answer.status, path, upstream.endpoint.host, upstream.credentials)
    if len(answer.body) <= MAX_PARSED_INLINE:
        page = parse_page(answer.body, path)
    else:
        page = await asyncio.to_thread(parse_page, answer.body, path)
    if isinstance(page, BodyError):
        return error_refusal(page, path, upstream.endpoint.host, upstream.credentials)
    return page
