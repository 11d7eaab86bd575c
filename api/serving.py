"""Serving as one process, and stopping so that nobody who asked is left without an answer.

A stop has three parts. For a while everything is still taken and answered, each answer closing its
connection, and /readyz says `stopping`, so that a balancer notices. Then nothing new is taken, and
what has begun is answered. What has no answer then is told that it took too long.
"""

import argparse
import asyncio
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final

import structlog
import uvicorn

from api.app import application
from api.connections import Connection
from api.limits import Drain
from service.settings import load_settings

STOP_SECONDS: Final = 25.0
"""From the signal until what has no answer is given up."""

LET_GO_SECONDS: Final = 2.0
"""How long each part of the end may take after that: answers sent, the house closed."""

LONGEST_STOP_SECONDS: Final = 29.5
"""When a stop is cut short whatever holds it up: who asked for it commonly waits for 30 seconds."""

_STEP_SECONDS: Final = 0.05
# A connection that is kept is closed when it has been still for so long: who sends request after
# request on it gets one more answer, which says that it closes.
_STILL_SECONDS: Final = 1.0

SERVING: Final = b"s"
"""What is written to the lifeline when the process has begun to serve."""


SIGNALS: Final = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
"""What asks for a stop. Ctrl-C (SIGINT) comes from a person: there is no balancer to wait for."""


class PoliteServer(uvicorn.Server):
    """One process that serves, until it is asked to stop or its parent has ended."""

    def __init__(
        self,
        config: uvicorn.Config,
        *,
        drain: Drain,
        grace_seconds: float,
        lifeline: int | None = None,
        stop_seconds: float = STOP_SECONDS,
    ) -> None:
        super().__init__(config)
        self._drain = drain
        self._grace_seconds = grace_seconds
        self._lifeline = lifeline
        self._stop_seconds = stop_seconds
        self._asked_at = 0.0
        self._give_up_at = 0.0
        self._log = structlog.get_logger("api")

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stops at a signal instead of dying of it, so that the process ends with 0."""
        loop = asyncio.get_running_loop()
        for sign in SIGNALS:
            loop.add_signal_handler(sign, self._signalled, sign)
        try:
            yield
        finally:
            for sign in SIGNALS:
                loop.remove_signal_handler(sign)

    def _signalled(self, sign: signal.Signals) -> None:
        if sign is not signal.SIGINT:
            if not self._drain.begun:
                self.stop(self._grace_seconds)
            return
        if self.should_exit:
            # Ctrl-C again: no more patience.
            self._give_up_at = 0.0
        self.stop(0.0)

    def stop(self, grace_seconds: float) -> None:
        """Begins to stop: takes new requests for so long still, and answers what has begun."""
        loop = asyncio.get_running_loop()
        if not self._drain.begun:
            self._asked_at = loop.time()
            self._give_up_at = self._asked_at + self._stop_seconds
            self._drain.begin()
            self._log.info("stopping")
            _end_at_last()
        if grace_seconds:
            loop.call_later(grace_seconds, setattr, self, "should_exit", True)
        else:
            self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Opens the house and begins to serve on sockets that listen already."""
        # The server closes what it is given; the last look at who waits outside needs its own.
        await super().startup([one.dup() for one in sockets or []])
        if self._lifeline is not None:
            asyncio.get_running_loop().add_reader(
                self._lifeline, self._parent_ended, self._lifeline
            )
            with suppress(OSError):
                os.write(self._lifeline, SERVING)
        self._log.info("serving")

    def _parent_ended(self, lifeline: int) -> None:
        """Whoever takes the parent's place wants the port: nothing new is taken."""
        asyncio.get_running_loop().remove_reader(lifeline)
        self.stop(0.0)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Takes nothing new, answers what has begun, and closes the house."""
        loop = asyncio.get_running_loop()
        if not self._drain.begun:
            self.stop(0.0)
        for server in self.servers:
            server.close()
        waiting = [one for listener in sockets or [] for one in _shut(listener)]
        await self._let_in(waiting)
        refused_at = loop.time()
        while self.server_state.connections and loop.time() < self._give_up_at:
            await asyncio.sleep(_STEP_SECONDS)
            self._close_still_ones(
                kept=loop.time() - self._asked_at > _STILL_SECONDS,
                fresh=loop.time() - refused_at > _STILL_SECONDS,
            )
        if self.server_state.connections:
            given_up = self._drain.give_up()
            self._log.warning("gave up what took too long to answer", requests=given_up)
            await self._until_flushed()
            for connection in list(self.server_state.connections):
                connection.transport.abort()
        if self.server_state.tasks:
            await asyncio.wait(self.server_state.tasks, timeout=LET_GO_SECONDS)
        with suppress(TimeoutError):
            async with asyncio.timeout(LET_GO_SECONDS):
                await self.lifespan.shutdown()
        self._log.info("stopped")

    async def _let_in(self, waiting: Sequence[socket.socket]) -> None:
        """Takes those who came before the door was shut."""
        loop = asyncio.get_running_loop()
        for accepted in waiting:
            with suppress(OSError):
                await loop.connect_accepted_socket(self._protocol, accepted)

    def _protocol(self) -> asyncio.Protocol:
        made: asyncio.Protocol = self.config.http_protocol_class(  # type: ignore[call-arg]  # a class of its own
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return made

    def _close_still_ones(self, *, kept: bool, fresh: bool) -> None:
        """Closes connections on which nothing is going on: kept ones, and those never used."""
        for connection in list(self.server_state.connections):
            if _is_reading_a_head(connection):
                continue
            used = getattr(connection, "cycle", None) is not None
            if (kept and used) or (fresh and not used):
                # One with a request under way is only told to close when it is answered.
                connection.shutdown()

    async def _until_flushed(self) -> None:
        """Gives the last answers time to leave."""
        for _ in range(round(LET_GO_SECONDS / _STEP_SECONDS)):
            if not self.server_state.connections:
                return
            await asyncio.sleep(_STEP_SECONDS)


def _shut(listener: socket.socket) -> list[socket.socket]:
    """Closes a listener, and gives those whom the system had let in: they would be thrown out."""
    listener.setblocking(False)
    waiting: list[socket.socket] = []
    with suppress(OSError):
        while True:
            accepted, _ = listener.accept()
            accepted.setblocking(False)
            waiting.append(accepted)
    listener.close()
    return waiting


def _is_reading_a_head(connection: Any) -> bool:
    """Whether a request has begun to arrive of which not even the head is there yet."""
    scope = getattr(connection, "scope", None)
    return scope is not None and "method" not in scope


def _end_at_last() -> None:
    """Ends the process when a stop takes longer than it may, whatever holds it up."""
    last = threading.Timer(LONGEST_STOP_SECONDS, os._exit, (1,))
    last.daemon = True
    last.start()


def listening(host: str, port: int) -> list[socket.socket]:
    """Sockets that listen on every address of a host. Raises OSError."""
    found: list[socket.socket] = []
    try:
        for family, kind, protocol, _, address in dict.fromkeys(
            socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        ):
            listener = socket.socket(family, kind, protocol)
            found.append(listener)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            listener.bind(address)
            listener.listen(2048)
    except OSError:
        for listener in found:
            listener.close()
        raise
    return found


def serve_on(listeners: Sequence[socket.socket], *, lifeline: int | None = None) -> int:
    """Serves by the settings of the environment until asked to stop. Returns the exit code.

    `lifeline` is a descriptor whose end means that the parent has ended.
    """
    app = application()
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http=Connection,
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
    )
    server = PoliteServer(
        config,
        drain=app.state.manners.drain,
        grace_seconds=load_settings().stop_grace_seconds,
        lifeline=lifeline,
    )
    server.run(sockets=list(listeners))
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves on descriptors that the parent handed down."""
    parser = argparse.ArgumentParser(description="One API process of several.")
    parser.add_argument("--lifeline", type=int, required=True)
    parser.add_argument("listeners", type=int, nargs="+")
    given = parser.parse_args(arguments)
    return serve_on(
        [socket.socket(fileno=number) for number in given.listeners], lifeline=given.lifeline
    )


if __name__ == "__main__":
    sys.exit(main())
