"""What one request may take: bytes of body and headers, and time; and how to stop politely."""

import asyncio
from collections.abc import Callable
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import BodyTooLarge, HeadersTooLarge, Refusal, TookTooLong, answer

BODY_BYTES: Final = 1024 * 1024
HEADER_BYTES: Final = 32 * 1024
HEADERS: Final = 100
SECONDS: Final = 30.0


class Drain:
    """How the service stops: `begin` asks each answered connection to close, `idle` waits.

    Nothing is refused while draining: what has been sent is answered.
    """

    def __init__(self) -> None:
        self.begun = False
        self.in_flight = 0
        self._idle = asyncio.Event()
        self._idle.set()

    def begin(self) -> None:
        """From now on each answer closes its connection."""
        self.begun = True

    async def idle(self, seconds: float) -> bool:
        """Wait until nothing is being answered; False when that took too long."""
        try:
            async with asyncio.timeout(seconds):
                await self._idle.wait()
        except TimeoutError:
            return False
        return True

    def enter(self) -> None:
        """A request has come."""
        self.in_flight += 1
        self._idle.clear()

    def leave(self) -> None:
        """A request has been answered."""
        self.in_flight -= 1
        if not self.in_flight:
            self._idle.set()


def _no_more(scope: Scope) -> int:
    """No route takes more than the others."""
    return 0


class Limited:
    """Refuses what is too large before reading the rest, and gives up on what takes too long.

    The time runs until the answer begins, so that a long download is not cut off. `most_bytes` says
    of a request how many bytes its own route takes, and is asked only of what is larger than
    others may be.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        drain: Drain,
        body_bytes: int = BODY_BYTES,
        seconds: float = SECONDS,
        most_bytes: Callable[[Scope], int] = _no_more,
    ) -> None:
        self.app = app
        self.drain = drain
        self.body_bytes = body_bytes
        self.seconds = seconds
        self.most_bytes = most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = False
        read = 0
        limit = self.body_bytes
        clock: asyncio.Timeout | None = None

        async def receive_counted() -> Message:
            nonlocal read, limit
            message = await receive()
            if message["type"] == "http.request":
                read += len(message.get("body", b""))
                if read > limit:
                    limit = max(limit, self.most_bytes(scope))
                if read > limit:
                    raise BodyTooLarge(limit)
            return message

        async def send_begun(message: Message) -> None:
            nonlocal begun
            if not begun:
                begun = True
                if clock is not None and not clock.expired():
                    clock.reschedule(None)
                if self.drain.begun and message["type"] == "http.response.start":
                    message = {
                        **message,
                        "headers": [*message.get("headers", ()), (b"connection", b"close")],
                    }
            await send(message)

        self.drain.enter()
        try:
            refusal = _too_large(scope["headers"], limit)
            if isinstance(refusal, BodyTooLarge):
                limit = max(limit, self.most_bytes(scope))
                refusal = _too_large(scope["headers"], limit)
            if refusal is not None:
                await answer(refusal)(scope, receive, send_begun)
                return
            try:
                async with asyncio.timeout(self.seconds) as clock:
                    await self.app(scope, receive_counted, send_begun)
            except TimeoutError:
                if begun or clock is None or not clock.expired():
                    raise
                await answer(TookTooLong())(scope, receive, send_begun)
        finally:
            self.drain.leave()


def _too_large(headers: list[tuple[bytes, bytes]], limit: int) -> Refusal | None:
    size = 0
    for name, value in headers:
        size += len(name) + len(value)
        if name == b"content-length" and (
            not value.isdigit() or len(value) > 18 or int(value) > limit
        ):
            return BodyTooLarge(limit)
    if size > HEADER_BYTES or len(headers) > HEADERS:
        return HeadersTooLarge()
    return None
