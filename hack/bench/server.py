"""Imitates thousands of vLLM servers in one process: `python -m hack.bench.server MODELS`.

Each server has an address of its own in 127.0.0.0/8 and all have one port. They answer as a vLLM
does as far as a prober asks, keep a connection for five seconds, and do as little as they can: what
they compute is taken from the operator on a small machine.
"""

import asyncio
import json
import resource
import signal
import sys
from functools import cache
from typing import cast

from hack.bench.addresses import number_at
from tests.vllm_server.answers import VERSION, Model, model_list
from tests.vllm_server.server import IDLE_SECONDS

EVERY_TENTH = 10
TASK_QUESTIONS = ("/v1/chat/completions",)  # of a server that generates, and asked with GET


class Servers:
    """What all have in common, and what the benchmark changes by requests for /bench/..."""

    def __init__(self, models: int) -> None:
        self.models = models
        self.hanging = False
        self.changed = 0  # the servers below this number have one model more
        self.answered = 0
        self.connections: set[Connection] = set()

    def answer(self, number: int, path: str) -> bytes | None:
        """Return a whole response; None from a server that hangs."""
        if path.startswith("/bench/"):
            return self._act(path.removeprefix("/bench/"))
        if self.hanging and number % EVERY_TENTH == 0:
            return None
        if path == "/v1/models":
            self.answered += 1
            return models_response(self.models + (number < self.changed))
        if path == "/version":
            return response(200, {"version": VERSION})
        return response(405 if path in TASK_QUESTIONS else 404, {})

    def _act(self, action: str) -> bytes:
        name, _, argument = action.partition("/")
        if name == "hang":
            self.hanging = True
        elif name == "change":
            self.changed = int(argument)
        return response(200, {"answered": self.answered})

    def close_idle(self) -> None:
        """Close, as vLLM does, the connections without a request for a while."""
        loop = asyncio.get_running_loop()
        for connection in [c for c in self.connections if c.idle_for(loop.time()) > IDLE_SECONDS]:
            connection.close()
        loop.call_later(1, self.close_idle)


class Connection(asyncio.Protocol):
    """One connection to one of the servers."""

    def __init__(self, servers: Servers) -> None:
        self._servers = servers
        self._received = b""
        self._hangs = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # of a connection that is a stream
        self._used_at = asyncio.get_running_loop().time()
        self._number = number_at(transport.get_extra_info("sockname")[0])
        self._servers.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._servers.connections.discard(self)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, _ = self._received.partition(b"\r\n\r\n")
        if end:
            self._received = b""  # nobody asks twice at once, and no question has a body
            self._used_at = asyncio.get_running_loop().time()
            result = self._servers.answer(self._number, head.split(b" ", 2)[1].decode())
            self._hangs = result is None
            if result is not None:
                self._transport.write(result)

    def idle_for(self, now: float) -> float:
        return 0.0 if self._hangs else now - self._used_at

    def close(self) -> None:
        self._transport.close()


@cache
def models_response(count: int) -> bytes:
    """Return the list of so many models."""
    models = [Model(f"org/model-{number}") for number in range(count)]
    return response(200, model_list(models).body)


def response(code: int, body: object) -> bytes:
    text = json.dumps(body).encode()
    head = f"HTTP/1.1 {code} \r\ncontent-type: application/json\r\ncontent-length: {len(text)}"
    return head.encode() + b"\r\n\r\n" + text


async def serve(models: int) -> None:
    """Serve until SIGTERM; prints the port."""
    servers, ended, loop = Servers(models), asyncio.Event(), asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    listening = await loop.create_server(lambda: Connection(servers), "0.0.0.0", 0, backlog=4096)  # noqa: S104 - the whole of 127.0.0.0/8
    servers.close_idle()
    print(listening.sockets[0].getsockname()[1], flush=True)
    await ended.wait()


if __name__ == "__main__":
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    asyncio.run(serve(int(sys.argv[1])))
