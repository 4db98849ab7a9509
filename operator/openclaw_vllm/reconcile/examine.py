"""Questions to a server about what its models can do: one at a time, and within a bound.

A server whose process ended during a question is not asked a second time: it may have ended because
of it. Only a person's request begins anew.
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
    ending,
    is_unanswered,
    judge,
    models_to_ask,
)
from openclaw_vllm.core.discovery.models_response import ServedModel
from openclaw_vllm.core.discovery.questions import ask_for_tool_call, ask_picture, ask_text
from openclaw_vllm.reconcile.locating import Upstream
from openclaw_vllm.reconcile.probing import ask
from openclaw_vllm.reconcile.readers import Readers

MAX_SECONDS = 60.0  # for all questions to a server; what is not asked by then is asked another time
NO_ANSWER = Problem(Reason.TIMED_OUT, "no answer to a chat request")


async def examine(
    upstream: Upstream,
    models: Iterable[ServedModel],
    known: Mapping[str, Capabilities],
    readers: Readers,
) -> Examination:
    """Ask each model for a tool call, a token, and a token about a picture.

    `known` are the results from before. VllmProviders of one server take turns.
    """
    async with readers.turns.of(upstream.endpoint.base_url):
        start, results = readers.clock.monotonic(), dict[str, Capabilities]()
        for model in models_to_ask(models, known):
            if readers.clock.monotonic() - start > MAX_SECONDS:
                return Examination(results, complete=False)
            replies, last = await _ask_model(upstream, model, readers)
            results[model.id] = judge(replies, listed_images=model.images)
            if note := ending(last):
                return Examination(results, complete=False, note=note)
            if is_unanswered(last):
                return Examination(results, complete=False, unanswered=True)
        return Examination(results)


async def _ask_model(
    upstream: Upstream, model: ServedModel, readers: Readers
) -> tuple[Replies, Reply | Problem]:
    """Ask one model; returns its replies and the last of them, after which no more was asked."""
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
    return ending(reply) is not None or is_unanswered(reply)


async def _chat(upstream: Upstream, request: object, readers: Readers) -> Reply | Problem:
    url = f"{upstream.endpoint.base_url}/chat/completions"
    try:
        async with asyncio.timeout(upstream.timeout):
            answer = await ask(upstream, "POST", url, readers, json=request)
    except TimeoutError:
        return NO_ANSWER
    return answer if isinstance(answer, Problem) else (answer.status, answer.body)
