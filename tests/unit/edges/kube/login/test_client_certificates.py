"""Client certificates of a login: one that is refused is replaced, on a connection of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from math import inf

import pytest
from aiohttp import web

from openclaw_vllm.edges.kube.apiserver import ApiServer, Unavailable
from openclaw_vllm.edges.kube.login.credential import Credential
from openclaw_vllm.edges.kube.login.session import ServerTrust
from tests.certificates import Authority, Certificate
from tests.fakes.connection import connection

CA = Authority.create()
SERVER = CA.issue("api.cluster.test")  # not the host that is asked
TRUST = ServerTrust(authority=CA.pem.encode(), server_name="api.cluster.test")


def shown(user: str, *, expires_at: float = inf) -> Credential:
    issued = CA.issue(user)
    return Credential("", issued.certificate, issued.key, expires_at)


@dataclass
class Scene:
    """An API server that knows users by their certificates, and refuses some."""

    known: set[str]
    url: str = ""
    seen: list[str] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        assert request.transport is not None
        subject = request.transport.get_extra_info("peercert")["subject"]
        self.seen.append(subject[0][0][1])
        return web.json_response({}, status=200 if self.seen[-1] in self.known else 401)


@asynccontextmanager
async def serving(certificate: Certificate) -> AsyncIterator[Scene]:
    """Serve with this certificate, to clients with one."""
    scene = Scene({"new"})
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", scene.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    context = certificate.server_context(clients=CA)
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    scene.url = "https://{}:{}".format(*runner.addresses[0][:2])
    yield scene
    await runner.cleanup()


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with serving(SERVER) as scene:
        yield scene


async def ask(scene: Scene, trust: ServerTrust, *credentials: Credential) -> None:
    """Send two requests with these credentials, one after the other."""
    remaining = list(credentials)

    async def source() -> Credential:
        return remaining.pop(0) if len(remaining) > 1 else remaining[0]

    server = ApiServer(connection(scene.url, source, trust=trust).configuration())
    try:
        for _ in range(2):
            await server.get("/a")
    finally:
        await server.close()


@pytest.mark.parametrize(
    ("old", "seen"),
    [
        pytest.param(shown("old"), ["old", "new", "new"], id="that is refused"),
        pytest.param(shown("new", expires_at=0.0), ["new", "new"], id="that expires"),
    ],
)
async def test_a_certificate_is_replaced(old: Credential, seen: list[str], scene: Scene) -> None:
    await ask(scene, TRUST, old, shown("new"))
    assert scene.seen == seen


@pytest.mark.parametrize(
    ("trust", "message"),
    [
        pytest.param(ServerTrust(authority=CA.pem.encode()), "not valid for '127", id="the name"),
        pytest.param(
            ServerTrust(authority=Authority.create().pem.encode(), server_name=TRUST.server_name),
            "certificate verify failed",
            id="the authority",
        ),
    ],
)
async def test_what_is_wrong_with_the_server_is_told(
    trust: ServerTrust, message: str, scene: Scene
) -> None:
    with pytest.raises(Unavailable, match=message):
        await ask(scene, trust, shown("new"))
    assert scene.seen == []


async def test_an_intermediate_authority_alone_is_trusted_as_kubectl_trusts_it() -> None:
    intermediate = CA.issue_authority("Intermediate CA")
    trust = ServerTrust(authority=intermediate.pem.encode(), server_name=TRUST.server_name)
    async with serving(intermediate.issue(TRUST.server_name)) as scene:
        await ask(scene, trust, shown("new"))
    assert scene.seen == ["new", "new"]
