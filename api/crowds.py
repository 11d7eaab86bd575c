"""How many connections one process holds at a time, and which of them makes room for a new one."""

import resource
from collections import OrderedDict
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, Protocol

import structlog

# What a process opens beside its connections: the database, its log, its own sockets and pipes.
_BESIDE: Final = 64


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """What one connection may take, and how many of them there may be."""

    connections: int = 1000
    head_bytes: int = 32 * 1024
    url_bytes: int = 8 * 1024
    header_fields: int = 100
    head_seconds: float = 10.0
    idle_seconds: float = 75.0
    stalled_seconds: float = 30.0


class ConnectionState(Enum):
    """What a connection does; in the order in which those that do nothing make room for others."""

    silent = auto()
    """It has sent no whole request yet, or it is only being let go."""
    idle = auto()
    """It was answered, and is kept for the next request."""
    stalled = auto()
    """Its answer waits for a caller who does not take it."""
    busy = auto()
    """A request is being answered: it never makes room."""


class Sendable(Protocol):
    """A connection that can be sent away."""

    def send_away(self) -> None:
        """Ends it now."""


class Crowd:
    """The connections of one process.

    When there are as many as there may be, the one that has been silent the longest goes, so that
    whoever asks for something finds room however many only stand there.
    """

    def __init__(self, limits: ConnectionLimits) -> None:
        self.limits = limits
        # In the order in which they came to stand so.
        self._by_standing: dict[ConnectionState, OrderedDict[Sendable, None]] = {
            one: OrderedDict() for one in ConnectionState
        }
        self._standing: dict[Sendable, ConnectionState] = {}

    def __len__(self) -> int:
        return len(self._standing)

    def has_room(self) -> bool:
        """Whether one more may come in; somebody may be sent away for it."""
        if len(self) < self.limits.connections:
            return True
        for standing in (ConnectionState.silent, ConnectionState.idle, ConnectionState.stalled):
            longest = next(iter(self._by_standing[standing]), None)
            if longest is not None:
                self.leave(longest)
                longest.send_away()
                return True
        return False

    def stands(self, one: Sendable, standing: ConnectionState) -> None:
        """Says what a connection does from now on."""
        before = self._standing.get(one)
        if before is standing:
            return
        if before is not None:
            del self._by_standing[before][one]
        self._standing[one] = standing
        self._by_standing[standing][one] = None

    def leave(self, one: Sendable) -> None:
        """It is gone, or as good as gone."""
        before = self._standing.pop(one, None)
        if before is not None:
            del self._by_standing[before][one]


def connections_possible(wanted: int, *, beside: int) -> int:
    """How many connections this process can hold: those wanted, if it may open so many files.

    The process asks for as many as it may have; `beside` is what the database takes of them. Where
    that does not do, the log says so.
    """
    needed = wanted + beside + _BESIDE
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return wanted
    possible = max(1, soft - beside - _BESIDE)
    structlog.get_logger("api").warning(
        "connections_limited", wanted=wanted, possible=possible, open_files=soft
    )
    return possible
