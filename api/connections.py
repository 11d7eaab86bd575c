"""One connection as it is served: how long its heads may be, and how long it may be silent or slow.

What is wrong with a request before it is one (a head without end, two lengths, no host) is answered
through the application all the same, so that its answer, log line and meters are like all others.
"""

import asyncio
import re
from collections.abc import Callable
from typing import Any, Final

import httptools
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from api.crowds import ConnectionLimits, ConnectionState, Crowd
from api.errors import (
    HeadersTooLarge,
    Refusal,
    RequestMalformed,
    RequestUnfinished,
    TooManyConnections,
    UrlTooLong,
)
from api.limits import REFUSAL
from api.observability import CYCLE

CROWD: Final = "crowd"
"""Where the application keeps the crowd of its process, in the state of its lifespan."""

# After an answer to a request whose body has not arrived whole: so much more of it is read for the
# sake of the next request. Beyond, the connection ends; so much is then thrown away unlooked at, so
# that the caller finds the answer rather than a reset.
_READ_ON_BYTES: Final = 64 * 1024
_THROWN_AWAY_BYTES: Final = 64 * 1024 * 1024
_LINGER_SECONDS: Final = 5.0
# Requests sent at once without waiting for answers.
_MOST_AHEAD: Final = 16
# Of what frames a body in chunks: so much, and an eighth of the body.
_FRAMING_BYTES: Final = 64 * 1024
# Of an answer that waits to be taken, in each stretch of `stalled_seconds`.
_LEAST_TAKEN_BYTES: Final = 16 * 1024
_HOST: Final = re.compile(rb"[A-Za-z0-9._~%!$&'()*+,;=:\[\]-]*")


_ONE_HOST: Final = "Send one Host, the name by which you call this service."


class _Stop(Exception):
    """Nothing more is read of this connection."""


class Connection(HttpToolsProtocol):
    """An HTTP/1.1 connection with limits, for uvicorn's `http`.

    Beyond what uvicorn does: counts the bytes of a head while they arrive and refuses at once what
    is too much; gives up on a head that is not complete in time, and on an answer that is not
    taken; takes trailers for what they are, no headers; keeps account in the crowd of its process;
    and lets a caller whose body was not read finish sending, so that they find the answer.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._crowd: Crowd = app_state.setdefault(CROWD, Crowd(ConnectionLimits()))
        self._limits = self._crowd.limits
        self.timeout_keep_alive = self._limits.idle_seconds
        self._wire: asyncio.Transport | None = None
        self._running: RequestResponseCycle | None = None
        self._refusal: Refusal | None = None
        self._begun = False
        self._in_head = True
        self._hosts = 0
        self._framings: list[bytes] = []
        self._head_bytes = 0
        self._bytes_of_body = 0
        self._bytes_for_body = 0
        self._stopped = False
        self._leaving = False
        self._thrown_away = 0
        self._head_clock: asyncio.TimerHandle | None = None
        self._end_clock: asyncio.TimerHandle | None = None
        self._stall_clock: asyncio.TimerHandle | None = None

    # ---- Coming and going ------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn has it so
        """Somebody connects."""
        self._wire = transport
        super().connection_made(_Door(transport, self))
        if self._crowd.has_room():
            self._crowd.stands(self, ConnectionState.silent)
            self._head_clock = self.loop.call_later(self._limits.head_seconds, self._head_is_late)
        else:
            self._refuse(TooManyConnections())

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone, by us or by the caller."""
        self._wire = None
        self._crowd.leave(self)
        for clock in (self._head_clock, self._end_clock, self._stall_clock):
            if clock is not None:
                clock.cancel()
        super().connection_lost(exc)
        running = self._running
        if running is not None and not running.response_complete:
            running.disconnected = True
            running.message_event.set()

    def send_away(self) -> None:
        """Ends a connection on which nothing is being answered."""
        if self._wire is not None:
            self._leaving = True
            self._wire.abort()

    def shutdown(self) -> None:
        """The server stops: what is being answered still is."""
        if not self._leaving:
            super().shutdown()

    def leave(self) -> None:
        """Ends the connection once what was written is sent.

        Where the caller is still sending, what comes is thrown away for a while: closed at once,
        the connection would be reset, and the answer lost on its way.
        """
        wire = self._wire
        if self._leaving or wire is None:
            return
        self._leaving = True
        self._crowd.stands(self, ConnectionState.silent)
        if self._in_head and not self._stopped:
            wire.close()
        else:
            self.flow.resume_reading()
            if wire.can_write_eof():
                wire.write_eof()
            self._set_end_clock(_LINGER_SECONDS, self._end)
        if self._stall_clock is None:
            self._watch_the_taking()

    def _end(self) -> None:
        """The caller had time enough to finish; but what was written is sent first."""
        if self._wire is not None and not self._wire.get_write_buffer_size():
            self.send_away()

    def _set_end_clock(self, seconds: float, then: Callable[[], None]) -> None:
        if self._end_clock is not None:
            self._end_clock.cancel()
        self._end_clock = self.loop.call_later(seconds, then)

    @property
    def is_leaving(self) -> bool:
        """Whether nothing more is answered here."""
        return self._leaving or self._wire is None or self._wire.is_closing()

    # ---- What arrives ----------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Bytes of a request, fed to the parser as far as they may be."""
        if self._leaving:
            self._thrown_away += len(data)
            if self._thrown_away > _THROWN_AWAY_BYTES:
                self.send_away()
            return
        while data and not self._stopped:
            if self._in_head:
                room = self._limits.head_bytes - self._head_bytes
                piece, data = data[:room], data[room:]
                self._head_bytes += len(piece)
                self._feed(piece)
                if self._in_head and self._head_bytes >= self._limits.head_bytes:
                    self._refuse(HeadersTooLarge())
            else:
                self._bytes_for_body += len(data)
                self._feed(data)
                data = b""
                self._look_at_the_body()
        if self._in_head and self._has_begun and self._head_clock is None and not self._stopped:
            self._head_clock = self.loop.call_later(self._limits.head_seconds, self._head_is_late)

    @property
    def _has_begun(self) -> bool:
        """Whether some of a head has arrived."""
        return self._begun or self._head_bytes > 0

    def _feed(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # What follows would be another protocol's, and none is spoken here.
            self._stopped = True
            if self._running is not None:
                self._running.keep_alive = False
        except httptools.HttpParserError:
            self._refuse(self._refusal or RequestMalformed())

    def _look_at_the_body(self) -> None:
        """Ends a body that is mostly framing, and one that goes on long after its answer."""
        if self._in_head or self._stopped:
            return
        running = self._running
        unread = self._bytes_for_body - self._bytes_of_body
        if running is not None and running is self.cycle and running.response_complete:
            if self._bytes_for_body > _READ_ON_BYTES:
                self.leave()
        elif unread > _FRAMING_BYTES + self._bytes_of_body // 8:
            self._refuse(RequestMalformed("Send fewer and larger chunks, without extensions."))

    def _head_is_late(self) -> None:
        self._head_clock = None
        if self._stopped or self._leaving:
            return
        if self._running is not None and not self._running.response_complete:
            # The one before is still being answered.
            self._head_clock = self.loop.call_later(self._limits.head_seconds, self._head_is_late)
        elif self._has_begun:
            self._refuse(RequestUnfinished())
        else:
            self.send_away()

    # ---- What the parser finds -------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._begun = True
        self._hosts = 0
        self._framings = []

    def on_url(self, url: bytes) -> None:
        """A piece of the request's target."""
        if len(self.url) + len(url) > self._limits.url_bytes:
            self._stop(UrlTooLong(self._limits.url_bytes))
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; or a trailer, which comes after the body and is no header."""
        if not self._in_head:
            return
        if len(self.headers) >= self._limits.header_fields:
            self._stop(HeadersTooLarge())
        name = name.lower()
        if name == b"host":
            self._hosts += 1
            if self._hosts > 1 or not _HOST.fullmatch(value):
                self._stop(RequestMalformed(_ONE_HOST))
        elif name == b"transfer-encoding":
            self._framings.append(value.lower())
        elif name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """The head is complete: the request is answered from now on."""
        version = self.parser.get_http_version()
        if version not in ("1.0", "1.1"):
            self._stop(RequestMalformed())
        if version == "1.1" and not self._hosts:
            self._stop(RequestMalformed(_ONE_HOST))
        if self._framings and (version == "1.0" or self._framings != [b"chunked"]):
            self._stop(RequestMalformed("Send no Transfer-Encoding but `chunked` alone."))
        if len(self.pipeline) >= _MOST_AHEAD:
            self._stop(RequestMalformed("Wait for answers before sending more requests."))
        self._bytes_of_body = self._bytes_for_body = 0
        super().on_headers_complete()
        self._in_head = False
        if self._head_clock is not None:
            self._head_clock.cancel()
            self._head_clock = None
        self.scope[CYCLE] = self.cycle  # type: ignore[typeddict-unknown-key]  # a name of our own

    def on_body(self, body: bytes) -> None:
        """A piece of a body."""
        self._bytes_of_body += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """A request is complete, and the next may begin."""
        super().on_message_complete()
        self._in_head = True
        self._begun = False
        self._head_bytes = 0
        if self._end_clock is not None:
            self._end_clock.cancel()
            self._end_clock = None

    def _stop(self, refusal: Refusal) -> None:
        self._refusal = refusal
        raise _Stop

    def _should_upgrade(self) -> bool:
        return False

    # ---- Answering -------------------------------------------------------------------------------

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._running = cycle
        self._crowd.stands(self, ConnectionState.busy)
        if cycle.waiting_for_100_continue:
            app = _closing_unless_continued(app, cycle)
        super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        """An answer is complete: the next request is answered, or waited for."""
        super().on_response_complete()
        if self.is_leaving or self._running is None or not self._running.response_complete:
            return
        self._crowd.stands(self, ConnectionState.idle)
        if not self._in_head:
            self._set_end_clock(_LINGER_SECONDS, self.leave)

    def _refuse(self, refusal: Refusal) -> None:
        """Answers that something is wrong with what arrived, and ends the connection."""
        if self._stopped:
            return
        self._stopped = True
        running = self._running
        if running is None or (running.response_complete and self._in_head):
            self._answer(refusal)
        elif running.response_complete:
            self.leave()
        else:
            # What is being answered is answered; if it waits for the body that is wrong, with this.
            running.keep_alive = False
            if running is self.cycle and not self._in_head:
                running.scope[REFUSAL] = refusal  # type: ignore[typeddict-unknown-key]  # a name of our own
                running.message_event.set()

    def _answer(self, refusal: Refusal) -> None:
        if not self._begun:
            self.on_message_begin()
        scope: Any = self.scope
        scope |= {"method": "", "path": "", "raw_path": b"", "query_string": b"", REFUSAL: refusal}
        self.cycle = RequestResponseCycle(
            scope=self.scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=False,
            keep_alive=False,
            on_response=self.on_response_complete,
        )
        self._start_asgi_task(self.cycle, self.app)

    def pause_writing(self) -> None:
        """More is written than the caller takes."""
        super().pause_writing()
        if not self.is_leaving:
            self._crowd.stands(self, ConnectionState.stalled)
        self._watch_the_taking()

    def resume_writing(self) -> None:
        """The caller has taken what was written."""
        super().resume_writing()
        if self._stall_clock is not None and not self._leaving:
            self._stall_clock.cancel()
            self._stall_clock = None
            self._crowd.stands(self, ConnectionState.busy)

    def _watch_the_taking(self, before: int | None = None) -> None:
        """Sees to it that what is written is taken, however slowly; else the connection ends."""
        left = 0 if self._wire is None else self._wire.get_write_buffer_size()
        if not left:
            self._stall_clock = None
        elif before is not None and left > before - _LEAST_TAKEN_BYTES:
            self.send_away()
        else:
            self._stall_clock = self.loop.call_later(
                self._limits.stalled_seconds, self._watch_the_taking, left
            )


def _closing_unless_continued(app: ASGIApp, cycle: RequestResponseCycle) -> ASGIApp:
    """Answers without `100 Continue` end the connection: nobody knows whether the body comes."""

    async def answered(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_closing(message: Message) -> None:
            if cycle.waiting_for_100_continue:
                cycle.keep_alive = False
            await send(message)

        await app(scope, receive, send_closing)

    return answered


class _Door(asyncio.Transport):
    """The transport as uvicorn sees it: to close it has the connection take its leave."""

    def __init__(self, wire: asyncio.Transport, connection: Connection) -> None:
        super().__init__()
        self._wire = wire
        self._connection = connection

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """What is known of the socket."""
        return self._wire.get_extra_info(name, default)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Sends."""
        self._wire.write(data)

    def pause_reading(self) -> None:
        """Stops reading."""
        self._wire.pause_reading()

    def resume_reading(self) -> None:
        """Reads on."""
        self._wire.resume_reading()

    def close(self) -> None:
        """Ends the connection in good order."""
        self._connection.leave()

    def abort(self) -> None:
        """Ends the connection at once."""
        self._connection.send_away()

    def is_closing(self) -> bool:
        """Whether it is ending."""
        return self._connection.is_leaving
