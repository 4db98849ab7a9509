"""Questions of the capability probe: chat requests that show what a model can do.

The picture is an ordinary one of 64 by 64 pixels. Some models take no smaller one (Qwen2-VL needs
28 by 28), and an advisory of vLLM before 0.12 names a picture of one pixel that ends the server.
"""

from typing import Any

TOOL_TOKENS = 256  # enough to think a little and to call a function
PICTURE = (  # a PNG: a house under the sun
    "data:image/png;base64,"
    "iVBORw0KGgoAAAANSUhEUgAAAEAAAABACAIAAAAlC+aJAAAAjklEQVR42u3XrQ2EQBCA0a2EItCr0dR0mkrQVwmVoFGc"
    "ZwPk+AkTXvLpzTw1s+nzHUOXAAAAAAB+TUNeFgNQHH0/Iz18+k0DwPXTrxsAAAAA3guwyNxCrlEfGoAggL6p/w4AAAAA"
    "AADgfEBbV8UAAABuB+Qub3YEsOf9IwEAAAAAAIQOAAAAAAAAAAAgcDNZOHLxnjhsVQAAAABJRU5ErkJggg=="
)


def ask_for_tool_call(model: str) -> dict[str, Any]:
    """Return the request that a model with tools answers with a call."""
    function = {
        "name": "noop",
        "description": "Does nothing.",
        "parameters": {"type": "object", "properties": {}},
    }
    tools = [{"type": "function", "function": function}]
    request = _request(model, "Call the function noop.", TOOL_TOKENS)
    return request | {"tools": tools, "tool_choice": "auto"}


def ask_text(model: str) -> dict[str, Any]:
    """Return the request without a picture, with which `ask_picture` is compared."""
    return _request(model, "Hi", 1)


def ask_picture(model: str) -> dict[str, Any]:
    """Return the request whose prompt is longer than that of `ask_text` if the picture is used."""
    parts = [{"type": "text", "text": "Hi"}, {"type": "image_url", "image_url": {"url": PICTURE}}]
    return _request(model, parts, 1)


def _request(model: str, content: object, tokens: int) -> dict[str, Any]:
    messages = [{"role": "user", "content": content}]
    return {"model": model, "messages": messages, "max_tokens": tokens, "stream": False}
