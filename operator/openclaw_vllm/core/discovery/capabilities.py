"""Capabilities of a model, by its answers to the chat requests of `questions`.

A refusal is known by its words. That the answer is 200 proves nothing: SGLang answers plain text
where no tool can be called, and transformers 5.23 drops a picture (both measured). So tools are
supported when a tool call comes back, and images when the prompt's tokens grow with the picture.
Anything else leaves the question open.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.status import ServerNote
from openclaw_vllm.core.discovery.models_response import ServedModel

MAX_MODELS = 16  # examined per change; the others stay unknown
REFUSALS = frozenset({400, 422, 500})  # with one of these texts
NO_TOOLS = (
    b"tool choice requires",  # vLLM 0.32, 400
    b"requires --jinja",  # llama.cpp, 500
    b"does not support tools",  # Ollama, 400
)
NO_IMAGES = (
    b"is not a multimodal model",  # vLLM 0.32, 400
    b"image input is not supported",  # llama.cpp b10434 and b11549, 500
    b"does not support image",
)
NO_CHAT = (b"does not support chat",)  # Ollama, 400
WRAPPER = b"invalid response from upstream"  # KServe 0.21 wraps a model's answer in a 502 (source)
BAD_GATEWAY = frozenset({502, 503, 504})  # of a gateway: what is behind it went away


@dataclass(frozen=True, slots=True)
class Capabilities:
    """Capabilities of a model; None where they are unknown."""

    tools: bool | None = None
    images: bool | None = None

    def over(self, before: "Capabilities") -> "Capabilities":
        """Return the new result where there is one, else the earlier one."""
        return Capabilities(
            before.tools if self.tools is None else self.tools,
            before.images if self.images is None else self.images,
        )


UNKNOWN = Capabilities()
Reply = tuple[int, bytes]  # status code, the beginning of the body


@dataclass(frozen=True, slots=True)
class Replies:
    """A model's replies; None without a request, a Problem without an answer."""

    tools: Reply | Problem | None = None
    text: Reply | Problem | None = None
    picture: Reply | Problem | None = None


@dataclass(frozen=True, slots=True)
class Examination:
    """Results of the questions to a server; `complete` if each of them was answered."""

    results: Mapping[str, Capabilities]
    chats: Mapping[str, bool] = field(default_factory=dict)  # of the models that showed it
    complete: bool = True
    note: ServerNote | None = None  # why it ended early
    unanswered: bool = False  # it ended at a question without an answer

    def with_replies(self, model: ServedModel, replies: Replies) -> "Examination":
        """Add what a model has answered."""
        results = {**self.results, model.id: capabilities_of(replies, listed_images=model.images)}
        chats_now = chats(replies)
        all_chats = self.chats if chats_now is None else {**self.chats, model.id: chats_now}
        return replace(self, results=results, chats=all_chats)


def models_to_ask(
    models: Iterable[ServedModel], results: Mapping[str, Capabilities]
) -> tuple[ServedModel, ...]:
    """Return the models to examine, those without a result first.

    Base models only, since an adapter can what its base can; and none that is not loaded, since a
    server with room for one would put away the model in use.
    """
    candidates = (model for model in models if not model.parent and model.loaded)
    ordered = sorted(candidates, key=lambda model: (model.id in results, model.id))
    return tuple(ordered[:MAX_MODELS])


def capabilities_of(replies: Replies, *, listed_images: bool | None = None) -> Capabilities:
    """Derive the capabilities from the replies; for images the server's list ranks above them."""
    images = _takes_images(replies.text, replies.picture)
    return Capabilities(
        _calls_tools(replies.tools), images if listed_images is None else listed_images
    )


def chats(replies: Replies) -> bool | None:
    """Return whether a model chats: it has answered well, or has refused every question."""
    answers = [reply for reply in (replies.tools, replies.text, replies.picture) if reply]
    if any(isinstance(reply, tuple) and reply[0] == HTTPStatus.OK for reply in answers):
        return True
    return False if answers and all(map(_refuses_chat, answers)) else None


def note_of_ending(reply: Reply | Problem) -> ServerNote | None:
    """Return why no more requests may follow this reply, None if they may."""
    match reply:
        case Problem(reason=reason):
            return None if reason is Reason.TIMED_OUT else "ProbeStopped"
        case (HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN, _):
            return "ChatUnauthorized"
        case (status, _) if status in BAD_GATEWAY and not _refuses_chat(reply):
            return "ProbeStopped"
    return None


def is_unanswered(reply: Reply | Problem) -> bool:
    """Return whether a reply leaves open whether the server still runs.

    No answer in time; or a 500 that refuses nothing, as vLLM sends before its process ends.
    """
    if isinstance(reply, Problem):
        return True
    refuses = _refuses(reply, NO_TOOLS) or _refuses(reply, NO_IMAGES)
    return reply[0] == HTTPStatus.INTERNAL_SERVER_ERROR and not refuses


def of_model(model: ServedModel, results: Mapping[str, Capabilities]) -> Capabilities:
    """Return what is known about a model: its base model's, else its own.

    Adapters are not examined: their own were read back after a start, and may be out of date.
    """
    return results.get(model.parent) or results.get(model.id) or UNKNOWN


def _calls_tools(reply: Reply | Problem | None) -> bool | None:
    if _refuses(reply, NO_TOOLS):
        return False
    choices = _document(reply).get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    message = first.get("message") if isinstance(first, dict) else None
    return True if isinstance(message, dict) and message.get("tool_calls") else None


def _takes_images(text: Reply | Problem | None, picture: Reply | Problem | None) -> bool | None:
    if _refuses(picture, NO_IMAGES):
        return False
    without, with_picture = _prompt_tokens(text), _prompt_tokens(picture)
    return None if without is None or with_picture is None else with_picture > without


def _prompt_tokens(reply: Reply | Problem | None) -> int | None:
    usage = _document(reply).get("usage")
    tokens = usage.get("prompt_tokens") if isinstance(usage, dict) else None
    return tokens if isinstance(tokens, int) and tokens > 0 else None


def _refuses(reply: Reply | Problem | None, texts: Iterable[bytes]) -> bool:
    if not isinstance(reply, tuple):
        return False
    status, body = reply
    is_refusal = status in REFUSALS and any(text in body for text in texts)
    return is_refusal or status == HTTPStatus.NOT_IMPLEMENTED


def _refuses_chat(reply: Reply | Problem) -> bool:
    """Return whether a model that its server lists is none to chat with."""
    if not isinstance(reply, tuple):
        return False
    status, body = reply
    wrapped = status == HTTPStatus.BAD_GATEWAY and WRAPPER in body and b"Not Found" in body
    return status == HTTPStatus.NOT_FOUND or wrapped or _refuses((status, body.lower()), NO_CHAT)


def _document(reply: Reply | Problem | None) -> dict[str, Any]:
    """Return the JSON object of a good answer, else an empty one."""
    if not isinstance(reply, tuple) or reply[0] != HTTPStatus.OK:
        return {}
    try:
        document = json.loads(reply[1].decode("utf-8"))
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
