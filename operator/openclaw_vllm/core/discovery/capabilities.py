"""What a model can do, found out by two requests that a server without the ability refuses at once.

`/v1/models` says nothing about tools or images, so a model is asked for one token: with
`tool_choice: "auto"`, which a vLLM without a tool parser refuses, and with an image, which a
text-only model refuses (both 400, measured on vLLM 0.32). Anything else but 200 leaves the question
open.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from openclaw_vllm.core.discovery.models_response import ServedModel

MAX_MODELS = 16  # asked per change; what is not asked stays unknown
NO_TOOLS = b"tool choice requires"
NO_IMAGES = b"is not a multimodal model"
PIXEL = (  # a PNG of one pixel
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9"
    "awAAAABJRU5ErkJggg=="
)


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


def to_ask(models: Iterable[ServedModel]) -> tuple[str, ...]:
    """Return the ids to ask: base models only, since an adapter can what its base can."""
    return tuple(sorted(model.id for model in models if not model.parent))[:MAX_MODELS]


def about_tools(model: str) -> dict[str, Any]:
    """Return the chat request that shows whether tools may be sent."""
    function = {"name": "noop", "parameters": {"type": "object", "properties": {}}}
    tools = [{"type": "function", "function": function}]
    return _one_token(model, "Hi") | {"tools": tools, "tool_choice": "auto"}


def about_images(model: str) -> dict[str, Any]:
    """Return the chat request that shows whether images may be sent."""
    parts = [{"type": "text", "text": "Hi"}, {"type": "image_url", "image_url": {"url": PIXEL}}]
    return _one_token(model, parts)


def judge(tools: Reply | None, images: Reply | None) -> Capabilities:
    """Read the answers to both requests; None for one that did not come."""
    return Capabilities(_accepted(tools, NO_TOOLS), _accepted(images, NO_IMAGES))


def of_model(model: ServedModel, found: Mapping[str, Capabilities]) -> Capabilities:
    """Return what is known about a model: its base model's, else its own.

    Nobody asks an adapter: its own is what was read back after a start, and may be out of date.
    """
    return found.get(model.parent) or found.get(model.id) or UNKNOWN


def _one_token(model: str, content: object) -> dict[str, Any]:
    messages = [{"role": "user", "content": content}]
    return {"model": model, "messages": messages, "max_tokens": 1, "stream": False}


def _accepted(reply: Reply | None, refusal: bytes) -> bool | None:
    match reply:
        case (HTTPStatus.OK, _):
            return True
        case (HTTPStatus.BAD_REQUEST, body) if refusal in body:
            return False
    return None
