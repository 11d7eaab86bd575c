"""A stand-in for a PostgreSQL that lets nobody in: it answers the greeting, and refuses."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

ENDS_AT_ONCE = "ends at once"
"""Instead of a code: everybody is let in, and every connection ended right after."""

_LET_IN = (
    b"R" + struct.pack("!ii", 8, 0),
    b"S" + struct.pack("!i", 4 + 15 + 5) + b"server_version\x0018.4\x00",
    b"K" + struct.pack("!iii", 12, 1, 1),
    b"Z" + struct.pack("!i", 5) + b"I",
)


@dataclass
class RefusingServer:
    """Where it listens, with which SQLSTATE it refuses, and how often it was asked."""

    url: str = ""
    code: str = "53300"
    asked: int = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Reads one greeting and refuses it."""
        try:
            while True:
                (length,) = struct.unpack("!i", await reader.readexactly(4))
                said = await reader.readexactly(length - 4)
                if struct.unpack("!i", said[:4])[0] != 80877103:  # it asks for TLS first
                    break
                writer.write(b"N")
            self.asked += 1
            if self.code == ENDS_AT_ONCE:
                writer.write(b"".join(_LET_IN))
            else:
                words = b"SFATAL\x00VFATAL\x00C" + self.code.encode() + b"\x00Mno\x00\x00"
                writer.write(b"E" + struct.pack("!i", 4 + len(words)) + words)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def refusing_server() -> AsyncIterator[RefusingServer]:
    """A server on a port of the loopback address; what it answers can be changed meanwhile."""
    refusing = RefusingServer()
    server = await asyncio.start_server(refusing.answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    refusing.url = f"postgresql://somebody:secret@127.0.0.1:{port}/frontdoor?sslmode=disable"
    async with server:
        yield refusing
