"""Routes of a server, and the task that they show: it chats, embeds or does something else.

An answer to OPTIONS tells, and needs no key. Servers say it in their own ways (measured): vLLM,
LiteLLM and others answer 405 with `Allow` to a route that exists, sglang-router 200 with `Allow`,
and all of them 404 to one that does not. Dynamo 1.6.1 says 404 with `Allow` while no chat model is
registered, llama.cpp 200 to every path, vllm-router 0.1.17 405 without `Allow` to what it does not
have, and Portkey 404 to everything.
"""

from collections.abc import Iterable
from enum import Enum
from http import HTTPStatus

from openclaw_vllm.api.status import Task
from openclaw_vllm.core.discovery.models_response import ServedModel
from openclaw_vllm.core.discovery.server_info import WITHOUT_CHAT

CHAT, EMBEDDINGS = "/chat/completions", "/embeddings"  # below the root of the API
# Of a server that has neither, one after the other until one exists: a vLLM 0.32 that scores has
# the first, one that transcribes the second, Kokoro-FastAPI the third, SGLang's diffusion the last.
OTHERS = ("/rerank", "/audio/transcriptions", "/audio/speech", "/images/generations")
OTHERS_OF_SERVER = ("/pooling", "/classify")  # of vLLM, beside the root of the API


class Route(Enum):
    """Whether a server has a route."""

    EXISTS = "exists"
    ABSENT = "absent"
    UNKNOWN = "unknown"


def classify_route(status: int, allow: str) -> Route:
    """Judge a POST route by the status and the `Allow` header of an answer to OPTIONS."""
    allowed = "POST" in {method.strip().upper() for method in allow.split(",")}
    if status == HTTPStatus.NOT_FOUND:
        return Route.UNKNOWN if allow else Route.ABSENT
    return Route.EXISTS if allowed else Route.UNKNOWN


def task_of(chat: Route, embeddings: Route, other: Route = Route.UNKNOWN) -> Task:
    """Return the task of a server with these routes; `other` is any for something else."""
    if chat is Route.EXISTS:
        return "Generate"
    if chat is Route.ABSENT and embeddings is Route.EXISTS:
        return "Embed"
    has_neither = chat is embeddings is Route.ABSENT
    return "Other" if has_neither and other is Route.EXISTS else "Unknown"


def task_of_list(by_routes: Task | None, models: Iterable[ServedModel]) -> Task | None:
    """Return the task of a server with this list: a row that names chat is believed before routes,
    which a gateway may route by their method alone."""
    names_chat = any(model.kind == "Chat" for model in models)
    return "Unknown" if by_routes in WITHOUT_CHAT and names_chat else by_routes
