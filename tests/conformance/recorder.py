"""A stand-in for vLLM that keeps what clients asked of it, word for word."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.apiserver.servers import Servers
from tests.vllm_server import Model, VllmServer

CHAT = "/v1/chat/completions"


@dataclass(frozen=True)
class Asked:
    """A chat request: its body, its headers by lower-case name, and all of it as text."""

    body: dict[str, Any]
    headers: dict[str, str]
    text: str

    @property
    def model(self) -> str:
        """The id that the client sent."""
        model: str = self.body["model"]
        return model

    @property
    def key(self) -> str:
        """The key that the client sent."""
        return self.headers.get("authorization", "").partition(" ")[2]


@dataclass
class Recorder(VllmServer):
    """Tests read `asked` from another thread: it only ever grows."""

    asked: list[Asked] = field(default_factory=list)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        if request.path == CHAT:
            body = (await request.read()).decode()
            headers = {name.lower(): value for name, value in request.headers.items()}
            self.asked.append(Asked(json.loads(body), headers, f"{body}\n{headers}"))
        return await super()._answer(request)


@contextmanager
def recording(servers: Servers, *models: Model, **settings: Any) -> Iterator[Recorder]:
    """Run one while a test needs it."""
    recorder = Recorder(models=models, **settings)
    servers.restart(recorder)
    try:
        yield recorder
    finally:
        servers.stop(recorder)
