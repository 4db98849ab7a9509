"""Credentials on requests: when they are read, and what follows a refusal."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from math import inf

import pytest
from aiohttp import web

from openclaw_vllm.edges.kube.apiserver import ATTEMPTS, ApiServer, Unavailable
from openclaw_vllm.edges.kube.login.credential import FAILURE_PAUSE, Credential, Login
from openclaw_vllm.edges.kube.login.errors import LoginFailed
from tests.fakes.connection import connection


@dataclass
class Tokens:
    """A source of tokens, which fails for the token None."""

    tokens: list[str | None]
    lifetime: float = inf
    reads: int = 0
    now: float = 100.0

    async def read(self) -> Credential:
        self.reads += 1
        token = self.tokens[0] if len(self.tokens) == 1 else self.tokens.pop(0)
        if token is None:
            raise LoginFailed("no session")
        return Credential(f"Bearer {token}", expires_at=self.now + self.lifetime)

    def login(self) -> Login:
        return Login(self.read, clock=lambda: self.now, wall=lambda: self.now)


@dataclass
class Scene:
    """An API server that accepts some tokens."""

    accepted: set[str]
    url: str = ""
    location: str = ""  # where it leads to, with this status
    status: int = 302
    seen: list[str] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        header = request.headers.get("Authorization", "")
        self.seen.append(header.removeprefix("Bearer "))
        self.bodies.append(await request.text())
        if self.location:
            return web.Response(status=self.status, headers={"Location": self.location})
        return web.json_response({}, status=200 if self.seen[-1] in self.accepted else 401)


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    scene = Scene({"good"})
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", scene.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    scene.url = "http://{}:{}".format(*runner.addresses[0][:2])
    yield scene
    await runner.cleanup()


async def ask(scene: Scene, tokens: Tokens, times: int = 1) -> None:
    server = ApiServer(connection(scene.url, tokens.read).configuration())
    try:
        for _ in range(times):
            await server.create("/a", {"a": "b"})
    finally:
        await server.close()


async def test_a_token_is_read_once_for_as_long_as_it_is_accepted(scene: Scene) -> None:
    tokens = Tokens(["good"])
    await ask(scene, tokens, times=3)
    assert (tokens.reads, scene.seen) == (1, ["good"] * 3)


async def test_after_a_refusal_the_same_request_goes_with_the_new_token(scene: Scene) -> None:
    await ask(scene, Tokens(["old", "good"]), times=2)
    assert scene.seen == ["old", "good", "good"]
    assert set(scene.bodies) == {'{"a": "b"}'}


async def test_a_refusal_without_another_token_is_tried_again_for_a_moment(scene: Scene) -> None:
    with pytest.raises(Unavailable, match="401: it does not accept the credentials"):
        await ask(scene, Tokens(["old"]))
    assert len(scene.seen) == ATTEMPTS


async def test_a_token_that_comes_a_moment_after_the_refusal_is_used(scene: Scene) -> None:
    await ask(scene, Tokens(["old", "old", "good"]))
    assert scene.seen == ["old", "old", "good"]


async def test_a_source_that_fails_after_a_refusal_says_why(scene: Scene) -> None:
    with pytest.raises(Unavailable, match="no session"):
        await ask(scene, Tokens(["old", None]))


async def test_an_expired_token_is_read_anew_and_kept_where_there_is_no_other() -> None:
    tokens = Tokens(["a", "b", None, "c"], lifetime=60.0)
    login = tokens.login()
    headers = []
    for now in (100.0, 159.0, 160.0, 219.0, 220.0, 224.0, 225.0):
        tokens.now = now
        headers.append((await login.credential()).authorization.removeprefix("Bearer "))
    assert headers == ["a", "a", "b", "b", "b", "b", "c"]
    assert tokens.reads == 4


async def test_a_source_that_fails_is_not_asked_again_for_a_while() -> None:
    tokens = Tokens([None, "good"])
    login = tokens.login()
    for _ in range(3):
        with pytest.raises(LoginFailed, match="no session"):
            await login.credential()
    assert tokens.reads == 1
    tokens.now += FAILURE_PAUSE
    assert (await login.credential()).authorization == "Bearer good"


async def test_a_refusal_that_others_have_seen_before_reads_nothing() -> None:
    tokens = Tokens(["old", "new", "newer"])
    login = tokens.login()
    old = await login.credential()
    assert await login.renewed(old) == await login.renewed(old)
    assert tokens.reads == 2


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_credentials_go_where_a_server_leads_to(status: int, scene: Scene) -> None:
    scene.location, scene.status = "https://login.example.test/start?state=secret", status
    with pytest.raises(
        Unavailable, match=r"leads to https://login\.example\.test/start: "
    ) as caught:
        await ask(scene, Tokens(["good"]))
    assert len(scene.seen) == ATTEMPTS
    assert "secret" not in str(caught.value)
