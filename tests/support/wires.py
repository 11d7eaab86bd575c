"""A server on a socket in this very loop, and callers who speak HTTP byte by byte."""

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp
from uvicorn.config import Config
from uvicorn.server import ServerState

from api.connections import CROWD, Connection
from api.crowds import ConnectionLimits, Crowd
from tests.support.patience import PATIENCE


@dataclass(frozen=True)
class Got:
    """An answer as it came."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> str:
        """The code of a problem."""
        assert self.headers["content-type"] == "application/problem+json", self
        return str(json.loads(self.body)["code"])


class Caller:
    """One connection of a caller."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, data: bytes) -> None:
        """Sends bytes; nothing happens when nobody takes them any more."""
        with contextlib.suppress(ConnectionError):
            self.writer.write(data)
            await self.writer.drain()

    async def answer(self, *, head: bool = False) -> Got:
        """The next answer."""
        async with asyncio.timeout(PATIENCE):
            told = await self.reader.readuntil(b"\r\n\r\n")
            first, *lines = told.decode("latin-1").split("\r\n")
            headers = dict(line.lower().split(": ", 1) for line in lines if line)
            body = b""
            if not head and "content-length" in headers:
                body = await self.reader.readexactly(int(headers["content-length"]))
        found = re.fullmatch(r"HTTP/1\.1 ([0-9]{3}) .*", first)
        assert found, first
        return Got(int(found[1]), headers, body)

    async def rest(self) -> bytes:
        """What comes until the end; raises TimeoutError when there is none in time."""
        async with asyncio.timeout(PATIENCE):
            with contextlib.suppress(ConnectionError):
                return await self.reader.read()
            return b""

    async def is_over(self) -> bool:
        """Whether the connection ends without another byte."""
        return await self.rest() == b""

    def hang_up(self) -> None:
        """Ends the connection at once."""
        self.writer.transport.abort()


class Wire:
    """A server on a socket."""

    def __init__(self, port: int, crowd: Crowd) -> None:
        self.port = port
        self.crowd = crowd
        self._callers: list[Caller] = []

    async def call(self, data: bytes = b"") -> Caller:
        """A new connection, and what is sent on it first."""
        caller = Caller(*await asyncio.open_connection("127.0.0.1", self.port))
        self._callers.append(caller)
        if data:
            await caller.send(data)
        return caller

    async def ask(self, data: bytes) -> Got:
        """The answer to what is sent on a connection of its own."""
        caller = await self.call(data)
        return await caller.answer()

    async def close(self) -> None:
        """Ends what callers have left open."""
        for caller in self._callers:
            caller.hang_up()


@contextlib.asynccontextmanager
async def wire_to(app: ASGIApp, **limits: Any) -> AsyncIterator[Wire]:
    """An application on a socket, with connections as they are served."""
    crowd = Crowd(ConnectionLimits(**limits))
    state = ServerState()
    config = Config(app, http=Connection, ws="none", lifespan="off", log_config=None)
    config.load()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Connection(config, state, {CROWD: crowd}), "127.0.0.1", 0
    )
    wire = Wire(server.sockets[0].getsockname()[1], crowd)
    try:
        yield wire
    finally:
        await wire.close()
        server.close()
        for connection in tuple(state.connections):
            connection.send_away()
        if state.tasks:
            await asyncio.wait(tuple(state.tasks), timeout=PATIENCE)
        for task in tuple(state.tasks):
            task.cancel()
        await asyncio.gather(*state.tasks, return_exceptions=True)
        await asyncio.sleep(0)
