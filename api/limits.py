"""What one request may take: bytes of body, and time; and how to stop politely."""

import asyncio
from collections.abc import Callable
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import BodyTooLarge, Refusal, RequestUnfinished, TookTooLong, answer

BODY_BYTES: Final = 1024 * 1024
SECONDS: Final = 30.0
REFUSAL: Final = "frontdoor.refusal"
"""Where the connection says, in a request's scope, that it is to be refused, and why."""


class Drain:
    """How the service stops: `begin` asks each answered connection to close, `give_up` ends it.

    Nothing is refused while draining: what has been sent is answered.
    """

    def __init__(self) -> None:
        self.begun = False
        self._under_way: set[_Request] = set()
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def in_flight(self) -> int:
        """How many requests are under way."""
        return len(self._under_way)

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

    def give_up(self) -> int:
        """Answers at once, as what took too long, whatever has no answer yet. Returns how many."""
        return sum(request.give_up() for request in tuple(self._under_way))

    def enter(self, request: "_Request") -> None:
        """A request has come."""
        self._under_way.add(request)
        self._idle.clear()

    def leave(self, request: "_Request") -> None:
        """A request has been answered."""
        self._under_way.discard(request)
        if not self._under_way:
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
        request = _Request(self, scope, receive, send)
        self.drain.enter(request)
        try:
            refusal = request.refusal()
            if refusal is not None:
                await answer(refusal)(scope, receive, request.send)
                return
            request.begin()
            await self.app(scope, request.receive, request.send)
        except asyncio.CancelledError:
            if not request.given_up:
                raise
        finally:
            self.drain.leave(request)
            await request.end()


class _Request:
    """One request while it is being answered: what was read of it, and the end of its time.

    The end does not wait for what is being given up, which may itself be waiting for a database
    that does not answer: it is answered first, and broken off then.
    """

    __slots__ = (
        "_answering",
        "_begun",
        "_clock",
        "_limit",
        "_limited",
        "_read",
        "_receive",
        "_scope",
        "_send",
        "_task",
        "_waits_for_caller",
        "given_up",
    )

    def __init__(self, limited: Limited, scope: Scope, receive: Receive, send: Send) -> None:
        self._limited = limited
        self._scope = scope
        self._receive = receive
        self._send = send
        self._limit = limited.body_bytes
        self._read = 0
        self._begun = False
        self._waits_for_caller = False
        self.given_up = False
        self._clock: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[object] | None = None
        self._answering: asyncio.Task[None] | None = None

    def refusal(self) -> Refusal | None:
        """Why it is not even read, if so."""
        given: Refusal | None = self._scope.get(REFUSAL)
        if given is not None:
            return given
        if _too_large(self._scope["headers"], self._limit):
            self._limit = max(self._limit, self._limited.most_bytes(self._scope))
            if _too_large(self._scope["headers"], self._limit):
                return BodyTooLarge(self._limit)
        return None

    def begin(self) -> None:
        """Its time runs from now until its answer begins."""
        self._task = asyncio.current_task()
        self._clock = asyncio.get_running_loop().call_later(self._limited.seconds, self.give_up)

    async def end(self) -> None:
        """It is over, and so is its time; an answer that is on its way is awaited."""
        self._stop_clock()
        self._task = None
        if self._answering is not None:
            await asyncio.wait({self._answering})

    def _stop_clock(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None

    def give_up(self) -> bool:
        """Answers that it took too long, and breaks it off; False when it has an answer already."""
        if self._begun or self.given_up or self._task is None:
            return False
        self.given_up = True
        self._answering = asyncio.ensure_future(self._answer_given_up())
        return True

    async def _answer_given_up(self) -> None:
        try:
            refusal = RequestUnfinished() if self._waits_for_caller else TookTooLong()
            await answer(refusal)(self._scope, self._receive, self._send_begun)
        finally:
            if self._task is not None:
                self._task.cancel()

    async def receive(self) -> Message:
        """What the caller sends next, counted."""
        self._waits_for_caller = True
        message = await self._receive()
        self._waits_for_caller = False
        given: Refusal | None = self._scope.get(REFUSAL)
        if given is not None:
            raise given
        if message["type"] == "http.request":
            self._read += len(message.get("body", b""))
            if self._read > self._limit:
                self._limit = max(self._limit, self._limited.most_bytes(self._scope))
            if self._read > self._limit:
                raise BodyTooLarge(self._limit)
        return message

    async def send(self, message: Message) -> None:
        """Sends a part of the answer, unless it was given up meanwhile."""
        if not self.given_up:
            await self._send_begun(message)

    async def _send_begun(self, message: Message) -> None:
        if not self._begun:
            self._begun = True
            self._stop_clock()
            if self._limited.drain.begun and message["type"] == "http.response.start":
                message = {
                    **message,
                    "headers": [*message.get("headers", ()), (b"connection", b"close")],
                }
        await self._send(message)


def _too_large(headers: list[tuple[bytes, bytes]], limit: int) -> bool:
    """Whether a body says of itself that it is larger than may be, or nothing that makes sense."""
    return any(
        name == b"content-length" and (not value.isdigit() or len(value) > 18 or int(value) > limit)
        for name, value in headers
    )
