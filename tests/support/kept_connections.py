"""A caller who keeps its connection, and notices each request that is left without an answer.

Written on the bare socket: an HTTP library would quietly ask again.
"""

import asyncio
import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Answer:
    """What came back on a connection."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def closes(self) -> bool:
        """Whether the answer says that the connection closes."""
        return self.headers.get("connection", "").lower() == "close"

    def json(self) -> Any:
        """The body, read."""
        return json.loads(self.body)


class Unanswered(Exception):
    """A request was sent, and the connection ended instead of an answer."""


@dataclass
class KeptConnection:
    """One connection, kept as long as the server keeps it."""

    port: int
    headers: Mapping[str, str] = field(default_factory=dict)
    reader: asyncio.StreamReader | None = None
    writer: asyncio.StreamWriter | None = None

    async def open(self) -> None:
        """Connects. Raises ConnectionRefusedError when nobody listens."""
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)

    def head(self, method: str, path: str, **more: str) -> bytes:
        """The head of a request."""
        lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{self.port}"]
        lines += [f"{name}: {value}" for name, value in {**self.headers, **more}.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    async def ask(self, method: str, path: str, body: object = None, **more: str) -> Answer:
        """Sends a request, on a new connection if none is open, and reads its answer.

        Raises ConnectionRefusedError before anything was sent, Unanswered after.
        """
        if self.writer is None:
            await self.open()
        if body is None:
            return await self.send(self.head(method, path, **more))
        content = json.dumps(body).encode()
        more |= {"Content-Type": "application/json", "Content-Length": str(len(content))}
        return await self.send(self.head(method, path, **more) + content)

    async def send(self, *parts: bytes, pause: float = 0) -> Answer:
        """Sends bytes, with a pause between parts, and reads the answer to them."""
        assert self.reader is not None
        assert self.writer is not None
        try:
            for place, part in enumerate(parts):
                if place:
                    await asyncio.sleep(pause)
                self.writer.write(part)
                await self.writer.drain()
            answer = await _read(self.reader)
        except (ConnectionError, asyncio.IncompleteReadError) as error:
            await self.close()
            raise Unanswered from error
        if answer.closes:
            await self.close()
        return answer

    async def ended(self) -> bool:
        """Waits until the server closes the connection; True when it said nothing more."""
        assert self.reader is not None
        silent = await self.reader.read() == b""
        await self.close()
        return silent

    async def close(self) -> None:
        """Hangs up."""
        writer, self.writer, self.reader = self.writer, None, None
        if writer is not None:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


async def _read(reader: asyncio.StreamReader) -> Answer:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    pairs = (line.split(":", 1) for line in lines if line)
    headers = {name.strip().lower(): value.strip() for name, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Answer(int(first.split()[1]), headers, body)
