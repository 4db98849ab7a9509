"""Errors that come with status 200, by the shapes of real gateways."""

import json
from typing import Any

import pytest

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.discovery.body_errors import BodyError, read_error
from openclaw_vllm.core.discovery.models_response import parse
from openclaw_vllm.core.discovery.references import SentCredentials
from openclaw_vllm.core.discovery.refusals import error_refusal
from tests import captures

PATH, HOST, KEY = "/v1/models", "llm.example.com", "key api-key of Secret llm"


def json_errors() -> list[tuple[str, str]]:
    """Return every error of a real server that came as JSON: the server and the name."""
    names = [
        (folder.name, path.stem)
        for folder in captures.SERVERS.iterdir()
        for path in folder.glob("*.http")
        if not folder.name.startswith("ollama")  # bodies alone
    ]
    answers = {name: captures.read_server(*name) for name in names}
    return sorted(n for n, one in answers.items() if one.status > 399 and one.body[:1] == b"{")


@pytest.mark.parametrize(("server", "name"), json_errors())
def test_an_error_of_a_real_server_is_told_by_its_body_as_by_its_status(
    server: str, name: str
) -> None:
    capture = captures.read_server(server, name)
    assert read_error(capture.json()) == BodyError(capture.status)


@pytest.mark.parametrize(
    ("document", "status"),
    [
        pytest.param({"error": "Unauthorized"}, 401, id="vLLM 0.32"),
        pytest.param(
            {
                "object": "error",
                "message": "m",
                "type": "NotFoundError",
                "param": None,
                "code": 404,
            },
            404,
            id="vLLM of 2024, FastChat",
        ),
        pytest.param(
            {"error": {"message": "Incorrect API key provided", "code": "invalid_api_key"}},
            401,
            id="OpenAI",
        ),
        pytest.param(
            {"type": "error", "error": {"type": "authentication_error", "message": "x"}},
            401,
            id="Anthropic",
        ),
        pytest.param(
            {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "x"}},
            429,
            id="Gemini",
        ),
        pytest.param({"error": {"code": "401", "message": "x"}}, 401, id="a number as text"),
        pytest.param({"detail": "Not Found"}, 404, id="FastAPI"),
        pytest.param({"detail": "Not authenticated"}, 401, id="FastAPI's security"),
        pytest.param({"detail": {"error": "x", "message": "rate limit"}}, 429, id="detail, object"),
        pytest.param({"detail": [{"loc": ["query"], "msg": "x"}]}, 0, id="FastAPI's validation"),
        pytest.param({"message": "No API key found in request"}, 401, id="Kong"),
        pytest.param({"message": "no Route matched with those values"}, 404, id="Kong, no route"),
        pytest.param({"message": "Forbidden"}, 403, id="AWS API Gateway"),
        pytest.param(
            {"statusCode": 401, "message": "Access denied due to invalid subscription key"},
            401,
            id="Azure API Management",
        ),
        pytest.param({"title": "Forbidden", "status": 403}, 403, id="RFC 9457"),
        pytest.param(
            {"success": False, "message": "no access token"}, 401, id="New API, of a session"
        ),
        pytest.param({"success": False, "data": None, "message": "?"}, 0, id="New API, data null"),
        pytest.param({"code": 10001, "msg": "quota is used up", "data": None}, 429, id="a code"),
        pytest.param({"code": 0, "msg": "success", "data": None}, None, id="a code that is fine"),
        pytest.param({"code": "200", "msg": "OK", "data": []}, None, id="an empty list, and fine"),
        pytest.param(
            {"success": False, "errors": [{"code": 10000, "message": "Authentication error"}]},
            401,
            id="Cloudflare",
        ),
        pytest.param({"success": True, "errors": [], "data": []}, None, id="Cloudflare, no error"),
        pytest.param({"data": [], "error": {"code": 503}}, 503, id="beside an empty list"),
        pytest.param({"data": None, "error": "no healthy upstream"}, 503, id="beside null"),
        pytest.param({"models": [], "error": "loading"}, 503, id="beside models"),
        pytest.param({"status": "error", "reason": "no such tenant"}, 404, id="a status in words"),
        pytest.param({"error": True, "message": "?"}, 0, id="a flag"),
        pytest.param({"error": {}}, None, id="an empty error"),
        pytest.param({"error": None, "data": []}, None, id="no error, no model"),
        pytest.param({"data": [{"id": "x"}], "error": "one of two failed"}, None, id="beside rows"),
        pytest.param({"data": [], "message": "ok"}, None, id="a list with a message"),
        pytest.param({"status": "ok"}, None, id="a health check"),
        pytest.param({"object": "list"}, None, id="no list, and no error"),
        pytest.param({"error": {"code": 200, "message": "?"}}, 0, id="a code that is no error's"),
        pytest.param({"error": {"code": True}}, 0, id="a truth value as code"),
        pytest.param({"error": [["x"]], "errors": "x", "detail": 5}, 0, id="odd forms"),
        pytest.param(["error"], None, id="an array"),
    ],
)
def test_an_answer_is_an_error_of_the_status(document: Any, status: int | None) -> None:
    assert read_error(document) == (None if status is None else BodyError(status))


@pytest.mark.parametrize(
    ("status", "secrets", "reason", "words"),
    [
        pytest.param(401, KEY, Reason.UNAUTHORIZED, f"{HOST} refuses {KEY}", id="a wrong key"),
        pytest.param(401, "", Reason.UNAUTHORIZED, "wants a key; write it into", id="no key"),
        pytest.param(404, "", Reason.UNEXPECTED_STATUS, "has no such path", id="a wrong path"),
        pytest.param(503, "", Reason.UNEXPECTED_STATUS, "is not ready", id="not ready"),
        pytest.param(0, KEY, Reason.INVALID_ANSWER, "ask it with curl", id="it is not clear"),
    ],
)
def test_it_is_told_as_its_status_would_be(
    status: int, secrets: str, reason: Reason, words: str
) -> None:
    problem = error_refusal(BodyError(status), PATH, HOST, SentCredentials(secrets))
    assert problem.reason == reason
    assert problem.message.startswith(f"status 200 to GET {PATH}, with an error")
    assert words in problem.message
    assert problem.doubts_credentials == (status == 401)


@pytest.mark.parametrize("rest", [{}, {"data": []}, {"data": None}, {"models": []}])
def test_an_error_is_never_an_empty_list_and_its_text_is_never_quoted(rest: dict[str, Any]) -> None:
    planted = "Incorrect API key provided: sk-planted"
    result = parse(json.dumps({"error": {"message": planted}, **rest}).encode())
    assert isinstance(result, Problem)
    assert result.reason == Reason.UNAUTHORIZED
    assert "planted" not in result.message
