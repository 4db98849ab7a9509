"""The listener: accepts, reads the request, and hands over to a behaviour."""

import asyncio
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from tests.hostile_server.behaviours import BEHAVIOURS
from tests.hostile_server.connection import Connection


@dataclass
class HostileServer:
    """A server with one behaviour. `async with` starts and stops it."""

    behaviour: str
    port: int = 0
    connections: list[Connection] = field(default_factory=list)
    _running: set[asyncio.Task[None]] = field(default_factory=set)
    _server: asyncio.Server | None = None

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def sent(self) -> int:
        """Return how many bytes the clients (and the kernel for them) took."""
        return sum(connection.sent for connection in self.connections)

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        for connection in self.connections:
            connection.writer.transport.abort()

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

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(reader, writer)
        self.connections.append(connection)
        task = asyncio.get_running_loop().create_task(self._serve(connection))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _serve(self, connection: Connection) -> None:
        try:
            await connection.reader.readuntil(b"\r\n\r\n")
            await BEHAVIOURS[self.behaviour](connection)
        except (ConnectionError, asyncio.IncompleteReadError):
            connection.gone = True
        finally:
            connection.writer.close()
