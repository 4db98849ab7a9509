"""The server: its routes, its state, and how it starts and stops.

Tests change the state while it runs: `server.models = (...)`, `server.keys = (...)`,
`server.fault = Hang()`. Stopped and started again it keeps its port, as a restarted pod
behind a Service does.
"""

import asyncio
import socket
import ssl
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from types import TracebackType
from typing import Self

from aiohttp import web

from tests.vllm_server import answers, generation
from tests.vllm_server.answers import Model, Reply, Task
from tests.vllm_server.faults import Fault, misbehave
from tests.vllm_server.generation import response

GUARDED = ("/v1", "/v2", "/inference", "/cohere")
ALWAYS = {"/v1/models": "GET", "/health": "GET", "/ping": "GET", "/version": "GET"}
BY_TASK: dict[Task, dict[str, str]] = {
    "generate": {"/v1/chat/completions": "POST"},
    "embed": {"/v1/embeddings": "POST"},
    # as vLLM 0.32 documents them
    "score": dict.fromkeys(("/pooling", "/score", "/v1/score", "/rerank", "/v1/rerank"), "POST"),
    "classify": dict.fromkeys(("/pooling", "/classify"), "POST"),
    "transcribe": dict.fromkeys(("/v1/audio/transcriptions", "/v1/audio/translations"), "POST"),
}
CONTROL = "/test/models"
IDLE_SECONDS = 5.0  # vLLM closes idle connections after this long


@dataclass(frozen=True)
class Seen:
    """A request that arrived. Header names are lower-case."""

    method: str
    path: str
    headers: Mapping[str, str]


@dataclass
class VllmServer:
    """A vLLM as far as a prober and an agent can see. `async with` starts and stops it."""

    models: tuple[Model, ...] = (Model("org/tiny"),)
    keys: tuple[str, ...] = ()
    scheme: str = "Bearer"
    key_refusal: Reply = answers.UNAUTHORIZED
    task: Task = "generate"
    tools: bool = False
    vision: bool = False
    shuffle: bool = False
    version: str = answers.VERSION
    fault: Fault | None = None
    path_faults: dict[str, Fault] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    host: str = "127.0.0.1"
    port: int = 0
    controllable: bool = False
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    seen: deque[Seen] = field(default_factory=lambda: deque(maxlen=1000))
    _counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    _runner: web.AppRunner | None = None
    _listener: socket.socket | None = None
    _order: Random = field(default_factory=lambda: Random(0))  # noqa: S311 - an order, not a secret

    @property
    def base_url(self) -> str:
        """Return what a VllmProvider's `baseUrl` would be."""
        return f"{'https' if self.tls else 'http'}://{self.host}:{self.port}/v1"

    def count(self, path: str, method: str = "GET") -> int:
        return self._counts[method, path]

    async def start(self) -> None:
        application = web.Application(client_max_size=64 * 1024**2)
        application.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(
            application,
            access_log=None,
            handler_cancellation=True,
            keepalive_timeout=IDLE_SECONDS,
            shutdown_timeout=0.1,
        )
        await self._runner.setup()
        self._listener = socket.create_server((self.host, self.port), backlog=1024)
        self.port = self._listener.getsockname()[1]
        await web.SockSite(self._runner, self._listener, ssl_context=self.tls).start()

    async def stop(self) -> None:
        if self._runner is not None and self._listener is not None:
            # asyncio loses a connection that is accepted and has no transport yet when its server
            # closes: accept no more, and let those under way get theirs
            asyncio.get_running_loop().remove_reader(self._listener)
            await asyncio.sleep(0)
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.stop()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.seen.append(Seen(request.method, request.path, headers))
        self._counts[request.method, request.path] += 1
        self.arrived.set()
        if self.controllable and request.path == CONTROL:
            return response(await self._add_model(request))
        usual = await self._usual(request)
        fault = self.path_faults.get(request.path, self.fault)
        return usual if fault is None else await misbehave(fault, request, usual)

    async def _usual(self, request: web.Request) -> web.StreamResponse:
        reply = self._refusal(request)
        if reply is not None:
            return response(reply)
        match request.path:
            case "/v1/models":
                return response(answers.model_list(self._listed()))
            case "/version":
                return response(Reply(200, {"version": self.version}))
            case "/v1/chat/completions":
                return await generation.chat(request, self.models, self._abilities())
            case "/v1/embeddings":
                return response(await generation.embed(request, self.models))
        return response(answers.HEALTHY)

    def _refusal(self, request: web.Request) -> Reply | None:
        """Answer what never reaches a route, in vLLM's order: key, path, method."""
        if not self._authorized(request):
            return self.key_refusal
        routes = ALWAYS | BY_TASK[self.task]
        allowed = routes.get(request.path)
        if allowed is None:
            slashless = request.path.removesuffix("/")
            if slashless not in routes:
                return answers.NOT_FOUND
            location = f"{request.scheme}://{request.host}{slashless}"
            return Reply(307, headers=(("location", location),))
        return None if request.method == allowed else answers.method_not_allowed(allowed)

    def _authorized(self, request: web.Request) -> bool:
        guarded = request.method != "OPTIONS" and request.path.startswith(GUARDED)
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        return not (self.keys and guarded) or (
            scheme.lower() == self.scheme.lower() and key in self.keys
        )

    def _listed(self) -> tuple[Model, ...]:
        if not self.shuffle:
            return self.models
        return tuple(self._order.sample(self.models, len(self.models)))

    def _abilities(self) -> generation.Abilities:
        return generation.Abilities(tools=self.tools, vision=self.vision)

    async def _add_model(self, request: web.Request) -> Reply:
        """Let the demo, which runs this as a process, load a model or an adapter."""
        card = await request.json()
        model = Model(card["id"], card.get("context"), card.get("parent"))
        self.models = (*self.models, model)
        return answers.model_list(self.models)
