"""What a vLLM 0.32 says, as data: every shape here was captured (`tests/data/vllm`)."""

import hashlib
import json
import re
import secrets
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

Json = dict[str, object]
Task = Literal["generate", "embed", "score", "classify", "transcribe"]

VERSION = "0.32.0"
FINGERPRINT = f"vllm-{VERSION}-00000000"
WORDS = ("Hello", " from", " a", " vLLM", " stand-in.")
WORD_COUNT = len(WORDS)


@dataclass(frozen=True)
class Model:
    """One card of the list: a base model, or with a parent a LoRA adapter."""

    id: str
    context: int | None = 32768
    parent: str | None = None
    root: str | None = None

    @property
    def path(self) -> str:
        """Return what `--model` or the adapter's path was."""
        return self.root or self.id


@dataclass(frozen=True)
class Reply:
    """One answer before it is sent; without a JSON body it is empty."""

    status: int
    body: Json | None = None
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def data(self) -> bytes:
        if self.body is None:
            return b""
        return json.dumps(self.body, ensure_ascii=False, separators=(",", ":")).encode()


NOT_FOUND = Reply(404, {"detail": "Not Found"})
UNAUTHORIZED = Reply(401, {"error": "Unauthorized"})
HEALTHY = Reply(200)


def method_not_allowed(allowed: str) -> Reply:
    return Reply(405, {"detail": "Method Not Allowed"}, (("allow", allowed),))


def model_list(models: Sequence[Model]) -> Reply:
    return Reply(200, {"object": "list", "data": [card(model) for model in models]})


def card(model: Model) -> Json:
    """Build one card: like the real one it has a new time and a new random id at every answer."""
    now = int(time.time())
    permission = {
        "id": f"modelperm-{secrets.token_hex(8)}",
        "object": "model_permission",
        "created": now,
        "allow_create_engine": False,
        "allow_sampling": True,
        "allow_logprobs": True,
        "allow_search_indices": False,
        "allow_view": True,
        "allow_fine_tuning": False,
        "organization": "*",
        "group": None,
        "is_blocking": False,
    }
    return {
        "id": model.id,
        "object": "model",
        "created": now,
        "owned_by": "vllm",
        "root": model.path,
        "parent": model.parent,
        "max_model_len": None if model.parent else model.context,
        "permission": [permission],
    }


def error(status: int, kind: str, message: str, param: str | None = None) -> Reply:
    """Build an error as vLLM words it; it hides paths in its messages."""
    hidden = re.sub(r"(?<!\S)/\S+", "<path>", message)
    return Reply(
        status, {"error": {"message": hidden, "type": kind, "param": param, "code": status}}
    )


def unknown_model(requests: str, models: Sequence[Model]) -> Reply:
    aliases = ", ".join(model.id for model in models if not model.parent)
    message = f"The model `{requests}` does not exist. Valid aliases: {aliases}."
    return error(404, "NotFoundError", message, "model")


def bad_request(message: str, param: str | None = None) -> Reply:
    return error(400, "BadRequestError", message, param)


def completion(model: str, prompt_tokens: int) -> Reply:
    return _completion(model, prompt_tokens, {"content": "".join(WORDS)}, "stop")


def tool_call(model: str, prompt_tokens: int) -> Reply:
    """Build the answer of a model that calls a function without arguments (documented, not
    captured)."""
    call = {"id": "call-1", "type": "function", "function": {"name": "noop", "arguments": "{}"}}
    message: Json = {"content": None, "tool_calls": [call]}
    return _completion(model, prompt_tokens, message, "tool_calls")


def _completion(model: str, prompt_tokens: int, content: Json, finish_reason: str) -> Reply:
    message = {"role": "assistant", **content, "refusal": None, "annotations": None}
    message |= dict.fromkeys(("audio", "function_call", "reasoning"))
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish_reason}
    choice |= dict.fromkeys(("stop_reason", "token_ids", "routed_experts"))
    details = dict.fromkeys(("prompt_tokens_details", "completion_tokens_details"))
    body = _head("chat.completion", model) | {
        "choices": [choice],
        "service_tier": None,
        "system_fingerprint": FINGERPRINT,
        "usage": _usage(prompt_tokens, WORD_COUNT) | details,
    }
    unset = ("prompt_logprobs", "prompt_token_ids", "prompt_text")
    return Reply(
        200, body | dict.fromkeys((*unset, "kv_transfer_params", "ec_transfer_params", "metrics"))
    )


def completion_chunks(model: str, prompt_tokens: int, *, with_usage: bool) -> Iterator[Json]:
    """Yield the chunks of a stream, all with one id, the usage in a last one without choices."""
    head = _head("chat.completion.chunk", model)
    first = _delta({"role": "assistant", "content": ""})
    yield head | {"choices": [first], "prompt_token_ids": None, "prompt_text": None}
    for word in WORDS:
        yield head | {"choices": [_delta({"content": word}) | {"token_ids": None}]}
    last = _delta({"content": ""}) | {"finish_reason": "stop"}
    yield head | {"choices": [last | {"stop_reason": None, "token_ids": None}]}
    if with_usage:
        usage = _usage(prompt_tokens, WORD_COUNT)
        yield head | {"choices": [], "usage": usage, "system_fingerprint": FINGERPRINT}


def embeddings(model: str, inputs: Sequence[str]) -> Reply:
    vectors = [
        {"index": index, "object": "embedding", "embedding": _vector(text)}
        for index, text in enumerate(inputs)
    ]
    usage = _usage(sum(len(text.split()) for text in inputs), 0)
    details = dict.fromkeys(("prompt_tokens_details", "completion_tokens_details"))
    head = {"id": f"embd-{secrets.token_hex(8)}", "object": "list", "created": int(time.time())}
    return Reply(200, head | {"model": model, "data": vectors, "usage": usage | details})


def _vector(text: str) -> list[float]:
    digest = hashlib.sha256(text.encode()).digest()
    return [byte / 127.5 - 1 for byte in digest]


def _head(kind: str, model: str) -> Json:
    identity = f"chatcmpl-{secrets.token_hex(8)}"
    return {"id": identity, "object": kind, "created": int(time.time()), "model": model}


def _delta(delta: Json) -> Json:
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": None}


def _usage(prompt_tokens: int, completion_tokens: int) -> Json:
    return {
        "prompt_tokens": prompt_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
        "completion_tokens": completion_tokens,
    }
