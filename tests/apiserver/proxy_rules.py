"""How an API server in trouble treats requests: rules of a proxy."""

import asyncio
from itertools import cycle

from aiohttp import web

from tests.apiserver.proxy import Forward, Rule
from tests.apiserver.workspace import Json


def status(code: int, message: Json | None = None, **headers: str) -> Rule:
    """Answer with a Status object, as the API server does."""
    body: Json = {"kind": "Status", "apiVersion": "v1", "code": code, "message": "for a while"}
    body |= message or {}

    async def answer(_: web.Request, __: Forward) -> web.StreamResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.json_response(body, status=code, headers=named)

    return answer


async def dropped(request: web.Request, _: Forward) -> web.StreamResponse:
    """Close the connection without an answer."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def done_and_dropped(request: web.Request, forward: Forward) -> web.StreamResponse:
    """Have the request take effect, and close the connection without an answer."""
    await forward()
    return await dropped(request, forward)


async def page(_: web.Request, __: Forward) -> web.StreamResponse:
    """Answer with a page, as an access proxy does that wants a person to log in."""
    return web.Response(text="<!DOCTYPE html>\n<title>Log in</title>\n", content_type="text/html")


def of_watches(rule: Rule) -> Rule:
    """Treat watches by a rule, and pass all else on."""

    async def answer(request: web.Request, forward: Forward) -> web.StreamResponse:
        if request.query.get("watch") == "true":
            return await rule(request, forward)
        return await forward()

    return answer


def delayed(seconds: float) -> Rule:
    """Pass requests on, each that much later."""

    async def answer(_: web.Request, forward: Forward) -> web.StreamResponse:
        await asyncio.sleep(seconds)
        return await forward()

    return answer


def dropped_by_turns() -> Rule:
    """Close connections without an answer: before the request takes effect, or after, in turn."""
    rules = cycle((dropped, done_and_dropped))

    async def answer(request: web.Request, forward: Forward) -> web.StreamResponse:
        return await next(rules)(request, forward)

    return answer
