"""One client's connection, and the primitives of bad behaviour."""

import asyncio
import socket
import struct
from dataclasses import dataclass

HARD_CLOSE = struct.pack("ii", 1, 0)


@dataclass
class Connection:
    """A connection after its request was read; it counts what the client took."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    sent: int = 0
    gone: bool = False

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()
        self.sent += len(data)

    async def send_for_ever(self, data: bytes) -> None:
        while True:
            await self.send(data)

    async def drip(self, data: bytes, every: float = 1.0) -> None:
        for byte in data:
            await self.send(bytes([byte]))
            await asyncio.sleep(every)

    async def silence(self) -> None:
        """Wait until the client gives up."""
        await self.reader.read()

    def reset(self) -> None:
        connection = self.writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, HARD_CLOSE)
        self.writer.transport.abort()
