"""Examination of a server's models: one request at a time, and within a bound.

A server whose process ended during a request is not examined a second time: the request may have
ended it. Only a user's request starts again.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from http import HTTPStatus

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.discovery.capabilities import (
    Capabilities,
    Examination,
    Replies,
    Reply,
    is_unanswered,
    models_to_ask,
    note_of_ending,
)
from openclaw_vllm.core.discovery.models_response import ServedModel
from openclaw_vllm.core.discovery.questions import ask_for_tool_call, ask_picture, ask_text
from openclaw_vllm.core.discovery.routes import CHAT
from openclaw_vllm.reconcile.locating import Upstream
from openclaw_vllm.reconcile.readers import Readers
from openclaw_vllm.reconcile.requests import ask

MAX_SECONDS = 60.0  # for all models of a server; the others are examined another time
NO_ANSWER = Problem(Reason.TIMED_OUT, "no answer to a chat request")


async def examine(
    upstream: Upstream,
    models: Iterable[ServedModel],
    results_before: Mapping[str, Capabilities],
    readers: Readers,
) -> Examination:
    """Ask each model for a tool call, a token, and a token about a picture.

    `results_before` are those of the last examination. VllmProviders of one server take turns.
    """
    async with readers.locks.of(upstream.endpoint.base_url):
        start, examination = readers.clock.monotonic(), Examination({})
        for model in models_to_ask(models, results_before):
            if readers.clock.monotonic() - start > MAX_SECONDS:
                return replace(examination, complete=False)
            replies, last = await _ask_model(upstream, model, readers)
            examination = examination.with_replies(model, replies)
            if note := note_of_ending(last):
                return replace(examination, complete=False, note=note)
            if is_unanswered(last):
                return replace(examination, complete=False, unanswered=True)
        return examination


async def _ask_model(
    upstream: Upstream, model: ServedModel, readers: Readers
) -> tuple[Replies, Reply | Problem]:
    """Examine one model; returns its replies, and the last of them."""
    tools = await _chat(upstream, ask_for_tool_call(model.id), readers)
    replies = Replies(tools)
    if _is_last(tools) or model.images is not None:
        return replies, tools
    text = await _chat(upstream, ask_text(model.id), readers)
    replies = replace(replies, text=text)
    if _is_last(text) or (isinstance(text, tuple) and text[0] != HTTPStatus.OK):
        return replies, text
    picture = await _chat(upstream, ask_picture(model.id), readers)
    return replace(replies, picture=picture), picture


def _is_last(reply: Reply | Problem) -> bool:
    return note_of_ending(reply) is not None or is_unanswered(reply)


async def _chat(upstream: Upstream, request: object, readers: Readers) -> Reply | Problem:
    url = f"{upstream.endpoint.base_url}{CHAT}"
    try:
        async with asyncio.timeout(upstream.timeout):
            answer = await ask(upstream, "POST", url, readers, json=request)
    except TimeoutError:
        return NO_ANSWER
    return answer if isinstance(answer, Problem) else (answer.status, answer.body)
