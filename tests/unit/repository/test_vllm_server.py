"""The stand-in is worth its keep only while it says what a real vLLM said."""

import json
from collections.abc import Mapping

import httpx
import pytest

from tests import captures
from tests.certificates import NO_AUTHORITIES
from tests.vllm_server import Model, VllmServer

RELEVANT = ("allow", "content-type", "server", "vary", "content-encoding", "www-authenticate")
CHAT = {"model": "tiny", "messages": [{"role": "user", "content": "hi"}]}
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,"}}
PICTURE = {"model": "/models/tiny-llama", "messages": [{"role": "user", "content": [IMAGE]}]}
TOOL = {"type": "function", "function": {"name": "look", "parameters": {}}}
LLAMA = Model("/models/tiny-llama", 2048)
TINY_A = Model("tiny-a", 1024, root="/models/tiny-llama")
TINY_B = Model("tiny-b", 1024, root="/models/tiny-llama")
TINY_LORA = Model("tiny-lora", parent="tiny-a", root="/models/tiny-lora")


def relevant(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: headers[name] for name in RELEVANT if name in headers}


def shape(value: object) -> object:
    """Keep keys and types, drop values."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shape(item) for item in value]
    return type(value).__name__


async def ask(
    server: VllmServer, method: str, path: str, body: object = None, key: str = ""
) -> httpx.Response:
    headers = {"authorization": key} if key else {}
    async with httpx.AsyncClient(verify=NO_AUTHORITIES, trust_env=False, timeout=5) as client:
        url = server.base_url.removesuffix("/v1") + path
        return await client.request(method, url, json=body, headers=headers)


@pytest.mark.parametrize(
    ("capture", "server", "method", "path", "body"),
    [
        ("models-post", VllmServer(), "POST", "/v1/models", {}),
        ("models-head", VllmServer(), "HEAD", "/v1/models", None),
        ("models-no-v1", VllmServer(), "GET", "/models", None),
        ("models-id-get", VllmServer(), "GET", "/v1/models/x", None),
        ("models-double-slash", VllmServer(), "GET", "//v1/models", None),
        ("v1-root", VllmServer(), "GET", "/v1", None),
        ("root", VllmServer(), "GET", "/", None),
        ("health", VllmServer(keys=("k",)), "GET", "/health", None),
        ("ping", VllmServer(), "GET", "/ping", None),
        ("version", VllmServer(keys=("k",)), "GET", "/version", None),
        ("get-chat", VllmServer(), "GET", "/v1/chat/completions", None),
        ("options-chat", VllmServer(), "OPTIONS", "/v1/chat/completions", None),
        ("auth-options", VllmServer(keys=("k",)), "OPTIONS", "/v1/models", None),
        ("embed-chat", VllmServer(task="embed"), "POST", "/v1/chat/completions", CHAT),
        ("embed-chat", VllmServer(task="embed"), "OPTIONS", "/v1/chat/completions", None),
        ("embeddings-on-generate", VllmServer(), "POST", "/v1/embeddings", {}),
        ("auth-missing", VllmServer(keys=("k",)), "GET", "/v1/models", None),
        ("auth-trailing-slash", VllmServer(keys=("k",)), "GET", "/v1/models/", None),
        ("auth-notfound-under-v1", VllmServer(keys=("k",)), "GET", "/v1/none", None),
        (
            "chat-wrong-model-served-names",
            VllmServer(models=(TINY_A, TINY_B, TINY_LORA)),
            "POST",
            "/v1/chat/completions",
            CHAT | {"model": "zzz"},
        ),
        (
            "chat-wrong-model",
            VllmServer(models=(LLAMA,)),
            "POST",
            "/v1/chat/completions",
            CHAT | {"model": "nope"},
        ),
        (
            "chat-too-long",
            VllmServer(models=(LLAMA,)),
            "POST",
            "/v1/chat/completions",
            CHAT | {"model": LLAMA.id, "max_tokens": 999999},
        ),
        (
            "chat-tools",
            VllmServer(models=(LLAMA,)),
            "POST",
            "/v1/chat/completions",
            CHAT | {"model": LLAMA.id, "tools": [TOOL], "tool_choice": "auto"},
        ),
        ("chat-image", VllmServer(models=(LLAMA,)), "POST", "/v1/chat/completions", PICTURE),
    ],
)
async def test_answers_byte_for_byte_as_captured(
    capture: str, server: VllmServer, method: str, path: str, body: object
) -> None:
    expected = captures.read(capture)
    async with server:
        answer = await ask(server, method, path, body)
    assert (answer.status_code, answer.content) == (expected.status, expected.body)
    assert relevant(answer.headers) == relevant(expected.headers)


@pytest.mark.parametrize(
    ("capture", "server", "path", "body"),
    [
        ("models-plain", VllmServer(models=(LLAMA,)), "/v1/models", None),
        ("lora-models", VllmServer(models=(TINY_A, TINY_B, TINY_LORA)), "/v1/models", None),
        ("embed-models", VllmServer(task="embed"), "/v1/models", None),
        ("chat", VllmServer(models=(LLAMA,)), "/v1/chat/completions", CHAT | {"model": LLAMA.id}),
        (
            "vision-chat",
            VllmServer(models=(LLAMA,), vision=True),
            "/v1/chat/completions",
            PICTURE,
        ),
    ],
)
async def test_answers_have_the_captured_keys_and_types(
    capture: str, server: VllmServer, path: str, body: object
) -> None:
    expected = captures.read(capture)
    async with server:
        answer = await ask(server, "POST" if body else "GET", path, body)
    assert answer.status_code == expected.status
    assert shape(answer.json()) == shape(expected.json())
    assert relevant(answer.headers) == relevant(expected.headers)


async def test_embeddings_have_the_captured_keys() -> None:
    expected = captures.read("embed-embeddings").json()
    async with VllmServer(models=(Model("tiny-bert"),), task="embed") as server:
        answer = (await ask(server, "POST", "/v1/embeddings", {"input": "hi"})).json()
    assert isinstance(expected, dict)
    for document in (expected, answer):
        document["data"][0]["embedding"] = document["data"][0]["embedding"][:1]
    assert shape(answer) == shape(expected)


async def test_cards_say_what_the_captured_cards_say() -> None:
    expected = captures.read("lora-models").json()
    async with VllmServer(models=(TINY_A, TINY_B, TINY_LORA)) as server:
        answer = (await ask(server, "GET", "/v1/models")).json()
    assert isinstance(expected, dict)
    for document in (expected, answer):
        for card in document["data"]:
            del card["created"], card["permission"][0]["id"], card["permission"][0]["created"]
    assert answer == expected


async def test_streams_the_captured_chunks() -> None:
    expected = [shape(chunk) for chunk in chunks(captures.read("chat-stream").body)]
    body = CHAT | {"model": LLAMA.id, "stream": True, "stream_options": {"include_usage": True}}
    async with VllmServer(models=(LLAMA,)) as server:
        answer = await ask(server, "POST", "/v1/chat/completions", body)
    messages = [shape(chunk) for chunk in chunks(answer.content)]
    assert [messages[0], messages[1], *messages[-3:]] == [expected[0], expected[1], *expected[-3:]]
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"


def chunks(body: bytes) -> list[object]:
    events = [event.removeprefix("data: ") for event in body.decode().split("\n\n") if event]
    return [event if event == "[DONE]" else json.loads(event) for event in events]


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        ("", 401),
        ("Bearer first", 200),
        ("bearer second", 200),
        ("Bearer  first", 401),
        ("Bearer wrong", 401),
        ("Basic first", 401),
        ("first", 401),
    ],
)
async def test_checks_keys_as_vllm_does(authorization: str, status: int) -> None:
    async with VllmServer(keys=("first", "second")) as server:
        answer = await ask(server, "GET", "/v1/models", key=authorization)
    assert answer.status_code == status


async def test_a_trailing_slash_redirects_to_the_absolute_url() -> None:
    expected = captures.read("models-trailing-slash")
    async with VllmServer() as server:
        answer = await ask(server, "GET", "/v1/models/")
        assert (answer.status_code, answer.content) == (expected.status, expected.body)
        assert answer.headers["location"] == f"{server.base_url}/models"
