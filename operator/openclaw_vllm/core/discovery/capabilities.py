"""What a model can do, by its answers to the chat requests of `questions`.

A refusal is known by its words. That the answer is 200 proves nothing: SGLang answers plain text
where no tool can be called, and transformers 5.23 drops a picture (both measured). So tools are
supported when a tool call comes back, and images when the prompt's tokens grow with the picture.
Anything else leaves the question open.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.status import ServerNote
from openclaw_vllm.core.discovery.models_response import ServedModel

MAX_MODELS = 16  # asked per change; what is not asked stays unknown
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
AWAY = frozenset({502, 503, 504})  # of a gateway: what is behind it went away


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What was found out about a model; None where it was not."""

    tools: bool | None = None
    images: bool | None = None

    def over(self, before: "Capabilities") -> "Capabilities":
        """Return what was found out now, and else what was known before."""
        return Capabilities(
            before.tools if self.tools is None else self.tools,
            before.images if self.images is None else self.images,
        )


UNKNOWN = Capabilities()
Reply = tuple[int, bytes]  # status code, the beginning of the body


@dataclass(frozen=True, slots=True)
class Replies:
    """A model's answers; None where it was not asked, a Problem where no answer came."""

    tools: Reply | Problem | None = None
    text: Reply | Problem | None = None
    picture: Reply | Problem | None = None


@dataclass(frozen=True, slots=True)
class Examination:
    """What the questions to a server have shown; `complete` if each of them was answered."""

    results: Mapping[str, Capabilities]
    complete: bool = True
    note: ServerNote | None = None  # why it ended early
    unanswered: bool = False  # it ended at a question without an answer


def models_to_ask(
    models: Iterable[ServedModel], known: Mapping[str, Capabilities]
) -> tuple[ServedModel, ...]:
    """Return the models to ask, those of which nothing is known first.

    Base models only, since an adapter can what its base can; and none that is not loaded, since a
    server with room for one would put away the model in use.
    """
    candidates = (model for model in models if not model.parent and model.loaded)
    ordered = sorted(candidates, key=lambda model: (model.id in known, model.id))
    return tuple(ordered[:MAX_MODELS])


def judge(replies: Replies, *, listed_images: bool | None = None) -> Capabilities:
    """Read the answers of a model; what its list says of images ranks above them."""
    images = _takes_images(replies.text, replies.picture)
    return Capabilities(
        _calls_tools(replies.tools), images if listed_images is None else listed_images
    )


def ending(reply: Reply | Problem) -> ServerNote | None:
    """Return why nothing more may be asked after this reply, None if more may be."""
    match reply:
        case Problem(reason=reason):
            return None if reason is Reason.TIMED_OUT else "ProbeStopped"
        case (HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN, _):
            return "ChatUnauthorized"
        case (status, _) if status in AWAY:
            return "ProbeStopped"
    return None


def is_unanswered(reply: Reply | Problem) -> bool:
    """Tell whether a reply leaves open if the server still lives.

    No answer in time; or a 500 that refuses nothing, as vLLM sends before its process ends.
    """
    if isinstance(reply, Problem):
        return True
    refuses = _refuses(reply, NO_TOOLS) or _refuses(reply, NO_IMAGES)
    return reply[0] == HTTPStatus.INTERNAL_SERVER_ERROR and not refuses


def of_model(model: ServedModel, found: Mapping[str, Capabilities]) -> Capabilities:
    """Return what is known about a model: its base model's, else its own.

    Nobody asks an adapter: its own is what was read back after a start, and may be out of date.
    """
    return found.get(model.parent) or found.get(model.id) or UNKNOWN


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
    said = status in REFUSALS and any(text in body for text in texts)
    return said or status == HTTPStatus.NOT_IMPLEMENTED


def _document(reply: Reply | Problem | None) -> dict[str, Any]:
    """Return the JSON object of a good answer, else an empty one."""
    if not isinstance(reply, tuple) or reply[0] != HTTPStatus.OK:
        return {}
    try:
        document = json.loads(reply[1].decode("utf-8"))
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
