"""Stand-ins for vLLM that go on answering while a test waits for something else."""

import asyncio
from collections.abc import Coroutine
from threading import Thread
from types import TracebackType
from typing import Any, Self, TypeVar

from tests.controlplane.component import free_port
from tests.vllm_server import Model, VllmServer

Value = TypeVar("Value")
Server = TypeVar("Server", bound=VllmServer)

STARTS_WITHIN = 30.0  # seconds
BOTH = (Model("Qwen/Qwen3-32B", 40960), Model("meta-llama/Llama-3.3-70B-Instruct", 131072))


class ServerThread:
    """A loop in a thread of its own, for as long as there are tests.

    It outlives the servers of each: a connection that arrives while its server ends is closed when
    the client gives up, and not left open in a loop that is closed.
    """

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="vllm-servers", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.run(_end_tasks())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(STARTS_WITHIN)
        self._loop.close()

    def run(self, work: Coroutine[Any, Any, Value]) -> Value:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(STARTS_WITHIN)


async def _end_tasks() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


class Servers:
    """The servers of a test or a module; tests change their attributes while they run."""

    def __init__(self, thread: ServerThread) -> None:
        self._thread = thread
        self._started: list[VllmServer] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for server in self._started:
            self.stop(server)

    def start(self, *models: Model, **settings: Any) -> VllmServer:
        """Start one with these models, or with two of the usual."""
        return self.take(VllmServer(models=models or BOTH, **settings))

    def take(self, server: Server) -> Server:
        """Start this one, and stop it in the end; restarted, it gets its port again."""
        server.port = server.port or free_port()
        self.restart(server)
        self._started.append(server)
        return server

    def stop(self, server: VllmServer) -> None:
        """Have its port refuse connections."""
        self._thread.run(server.stop())

    def restart(self, server: VllmServer) -> None:
        """Have it answer again, on the port it had."""
        self._thread.run(server.start())
