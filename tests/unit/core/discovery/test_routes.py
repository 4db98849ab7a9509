"""Whether a server has a route, and what its routes say of its task: as real servers answer."""

import pytest

from openclaw_vllm.api.discovery import ModelKind
from openclaw_vllm.api.status import Task
from openclaw_vllm.core.discovery.models_response import ServedModel
from openclaw_vllm.core.discovery.routes import Route, classify_route, task_of, task_of_list
from tests import captures

EXISTS, ABSENT, UNKNOWN = Route.EXISTS, Route.ABSENT, Route.UNKNOWN
OF_SERVERS = [
    ("dynamo-1.6.1-one", EXISTS, EXISTS, ABSENT),
    ("dynamo-1.6.1-no-worker", UNKNOWN, EXISTS, ABSENT),
    ("dynamo-1.6.1-embed-only", UNKNOWN, EXISTS, ABSENT),
    ("litellm-1.108.7", EXISTS, EXISTS, ABSENT),
    ("llamacpp-b10434", UNKNOWN, UNKNOWN, UNKNOWN),
    ("llamacpp-router-b10434", UNKNOWN, UNKNOWN, UNKNOWN),
    ("sglang-router-0.3.2", EXISTS, EXISTS, ABSENT),
    ("smg-1.13.0-vllm-worker", EXISTS, EXISTS, ABSENT),
    ("transformers-5.23.0", EXISTS, ABSENT, ABSENT),
    ("vllm-router-0.1.17-one", EXISTS, EXISTS, UNKNOWN),
]


def captured(server: str, path: str) -> Route:
    capture = captures.read_server(server, f"options-{path}")
    return classify_route(capture.status, capture.headers.get("allow", ""))


@pytest.mark.parametrize(("server", "chat", "embeddings", "nonsense"), OF_SERVERS)
def test_the_routes_of_a_real_server_are(
    server: str, chat: Route, embeddings: Route, nonsense: Route
) -> None:
    paths = ("chat", "embeddings", "nonsense")
    assert tuple(captured(server, path) for path in paths) == (chat, embeddings, nonsense)


@pytest.mark.parametrize(
    ("status", "allow", "route"),
    [
        pytest.param(405, "GET, post", EXISTS, id="POST among others, in any case"),
        pytest.param(204, "POST", EXISTS, id="no content, and allowed"),
        pytest.param(405, "GET", UNKNOWN, id="another method is allowed"),
        pytest.param(405, "", UNKNOWN, id="refused and nothing said (vllm-router 0.1.17)"),
        pytest.param(204, "", UNKNOWN, id="no content and nothing said (sanic)"),
        pytest.param(200, "", UNKNOWN, id="good and nothing said (llama.cpp)"),
        pytest.param(401, "", UNKNOWN, id="a key is wanted"),
        pytest.param(503, "", UNKNOWN, id="not ready"),
        pytest.param(404, "GET", UNKNOWN, id="not found, although it allows something"),
        pytest.param(404, "", ABSENT, id="not found"),
    ],
)
def test_an_answer_to_options_means(status: int, allow: str, route: Route) -> None:
    assert classify_route(status, allow) is route


@pytest.mark.parametrize(
    ("chat", "embeddings", "other", "task"),
    [
        (EXISTS, ABSENT, EXISTS, "Generate"),
        (EXISTS, EXISTS, UNKNOWN, "Generate"),
        (EXISTS, UNKNOWN, UNKNOWN, "Generate"),
        (ABSENT, EXISTS, EXISTS, "Embed"),
        (ABSENT, EXISTS, UNKNOWN, "Embed"),
        (ABSENT, ABSENT, EXISTS, "Other"),
        (ABSENT, ABSENT, ABSENT, "Unknown"),
        (ABSENT, ABSENT, UNKNOWN, "Unknown"),
        (ABSENT, UNKNOWN, EXISTS, "Unknown"),
        (UNKNOWN, ABSENT, EXISTS, "Unknown"),
        (UNKNOWN, EXISTS, EXISTS, "Unknown"),
        (UNKNOWN, UNKNOWN, EXISTS, "Unknown"),
    ],
)
def test_a_server_with_these_routes_has_the_task(
    chat: Route, embeddings: Route, other: Route, task: Task
) -> None:
    assert task_of(chat, embeddings, other) == task


@pytest.mark.parametrize(
    ("by_routes", "kinds", "task"),
    [
        pytest.param("Embed", ("Chat",), "Unknown", id="a row that names chat"),
        pytest.param("Embed", (None, "Chat"), "Unknown", id="one of several"),
        pytest.param("Embed", (None,), "Embed", id="silent rows"),
        pytest.param("Embed", ("Embedding",), "Embed", id="rows that name embeddings"),
        pytest.param("Other", (None, "Chat"), "Unknown", id="a row of a server for something else"),
        pytest.param("Other", (None, "Speech"), "Other", id="rows that name speech"),
        pytest.param("Generate", ("Chat",), "Generate", id="both agree"),
        pytest.param(None, ("Chat",), None, id="routes that did not answer"),
    ],
)
def test_a_row_that_names_chat_is_believed_before_routes(
    by_routes: Task | None, kinds: tuple[ModelKind | None, ...], task: Task | None
) -> None:
    models = [ServedModel(f"m{number}", kind=kind) for number, kind in enumerate(kinds)]
    assert task_of_list(by_routes, models) == task
