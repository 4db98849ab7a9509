"""Chat and embeddings: enough of them for an agent's turn and for the capability probe."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from aiohttp import web

from tests.vllm_server import answers
from tests.vllm_server.answers import Json, Model, Reply

COMMON = (("server", "uvicorn"),)
NO_TOOLS = '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'


@dataclass(frozen=True)
class Abilities:
    """What a chat model was started with, and `/v1/models` does not say."""

    tools: bool
    vision: bool


async def chat(
    request: web.Request, models: Sequence[Model], abilities: Abilities
) -> web.StreamResponse:
    body = await _body(request)
    if body is None:
        return response(answers.bad_request("The body is not a JSON object"))
    model = _find(body, models)
    if model is None:
        return response(answers.unknown_model(str(body.get("model")), models))
    refusal = _refusal(body, model, abilities)
    if refusal is not None:
        return response(refusal)
    name = model.id if model.parent else models[0].id
    prompt_tokens = len(json.dumps(body.get("messages"))) // 4
    if not body.get("stream"):
        reply = answers.tool_call if body.get("tools") else answers.completion
        return response(reply(name, prompt_tokens))
    options = body.get("stream_options")
    with_usage = isinstance(options, dict) and bool(options.get("include_usage"))
    return await _stream(
        request, answers.completion_chunks(name, prompt_tokens, with_usage=with_usage)
    )


async def embed(request: web.Request, models: Sequence[Model]) -> Reply:
    body = await _body(request)
    if body is None:
        return answers.bad_request("The body is not a JSON object")
    model = _find(body, models)
    if model is None:
        return answers.unknown_model(str(body.get("model")), models)
    inputs = body.get("input")
    texts = inputs if isinstance(inputs, list) else [inputs]
    return answers.embeddings(model.id, [str(text) for text in texts])


def response(reply: Reply) -> web.Response:
    """Send a reply with the headers that vLLM sends, and no others."""
    headers = [*COMMON, *reply.headers]
    if reply.body is not None:
        headers.append(("content-type", "application/json"))
    if reply != answers.UNAUTHORIZED:
        headers.append(("vary", "Origin"))
    return web.Response(status=reply.status, body=reply.data, headers=headers)


async def _body(request: web.Request) -> Json | None:
    try:
        body = await request.json()
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _find(body: Json, models: Sequence[Model]) -> Model | None:
    """Find the model asked for; a request that names none gets the first."""
    expected = body.get("model")
    return next((model for model in models if expected in (None, model.id)), None)


def _refusal(body: Json, model: Model, abilities: Abilities) -> Reply | None:
    if body.get("tools") and body.get("tool_choice", "auto") == "auto" and not abilities.tools:
        return answers.bad_request(NO_TOOLS)
    if not abilities.vision and any(_image_parts(body)):
        return answers.bad_request(f"{model.path} is not a multimodal model")
    tokens = body.get("max_completion_tokens") or body.get("max_tokens")
    if isinstance(tokens, int) and model.context is not None and tokens > model.context:
        return answers.bad_request(
            f"max_tokens={tokens} cannot be greater than max_model_len={model.context}. Please "
            f"request fewer output tokens. (parameter=max_tokens, value={tokens})",
            "max_tokens",
        )
    return None


def _image_parts(body: Json) -> Iterator[bool]:
    messages = body.get("messages")
    for message in messages if isinstance(messages, list) else []:
        content = message.get("content") if isinstance(message, dict) else None
        for part in content if isinstance(content, list) else []:
            yield isinstance(part, dict) and part.get("type") == "image_url"


async def _stream(request: web.Request, chunks: Iterator[Json]) -> web.StreamResponse:
    headers = [*COMMON, ("content-type", "text/event-stream; charset=utf-8"), ("vary", "Origin")]
    stream = web.StreamResponse(headers=headers)
    stream.enable_chunked_encoding()
    await stream.prepare(request)
    for chunk in chunks:
        line = json.dumps(chunk, ensure_ascii=False, separators=(",", ":"))
        await stream.write(f"data: {line}\n\n".encode())
    await stream.write(b"data: [DONE]\n\n")
    return stream
