"""Routes of a server, and the task that they show: whether it chats or embeds.

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

CHAT, EMBEDDINGS = "/chat/completions", "/embeddings"  # below the root of the API


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


def task_of(chat: Route, embeddings: Route) -> Task:
    """Return the task of a server with these two routes."""
    if chat is Route.EXISTS:
        return "Generate"
    embeds = chat is Route.ABSENT and embeddings is Route.EXISTS
    return "Embed" if embeds else "Unknown"


def task_of_list(by_routes: Task | None, models: Iterable[ServedModel]) -> Task | None:
    """Return the task of a server with this list: a row that names chat is believed before routes,
    which a gateway may route by their method alone."""
    names_chat = any(model.kind == "Chat" for model in models)
    return "Unknown" if by_routes == "Embed" and names_chat else by_routes
