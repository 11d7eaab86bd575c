"""What can go wrong with a database, in our own words: it is away, or the row is there already."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
from sqlalchemy import exc


class DatabaseAway(Exception):
    """The database cannot be reached or cannot answer now; nothing was kept. Try again."""


class DatabaseBusy(DatabaseAway):
    """Others hold what was wanted, and did not let go of it in time."""


class DatabaseUnusable(DatabaseAway):
    """What happened to the database does not pass: a person must see to it, as the words say."""


class DatabaseGone(DatabaseUnusable):
    """What lies where the database was is not what was opened there."""


class DatabaseDamaged(DatabaseUnusable):
    """The database's file is damaged, or is no database."""


class AlreadyThere(Exception):
    """A row with this key was there already; nothing was kept."""


_AWAY = (
    asyncpg.InterfaceError,
    # What the driver says when its connection ends under a statement on its way.
    asyncpg.InternalClientError,
    # A statement that was made ready before the schema took a step: the next try makes it anew.
    asyncpg.InvalidCachedStatementError,
    asyncpg.OutdatedSchemaCacheError,
    OSError,
    TimeoutError,
)


def cause_of(error: BaseException) -> BaseException:
    """What the driver itself said, under what it was wrapped in."""
    while isinstance(error, exc.DBAPIError) and error.orig is not None:
        error = error.orig
    return getattr(error, "__cause__", None) or error


# Classes of SQLSTATE that pass: connection lost, nobody let in, no such database, rolled back for
# another, out of resources, stopped by an operator, errors of the system below; and a read-only
# server, which a failover leaves behind for a while.
_PASSING = ("08", "28", "3D", "40", "53", "57", "58", "25006", "55P03")


# SQLite's like: busy, locked, out of memory, read-only, a disk that is full or does not answer. Its
# plain error (a table or a column that is not there) does not pass by waiting.
_SQLITE_PASSING = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
    }
)


# SQLite read what cannot be: waiting makes it no better.
_SQLITE_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})

DAMAGED = (
    "The database file is damaged, or is no database, so nothing is read or kept. Stop every "
    "process, keep a copy of the file, and bring the last backup back: frontdoor restore."
)


def is_damage(error: BaseException) -> bool:
    """Whether SQLite says that a file is damaged, or is no database at all."""
    return isinstance(error, sqlite3.Error) and _sqlite_kind(error) in _SQLITE_DAMAGE


def _sqlite_kind(error: sqlite3.Error) -> int:
    # The low byte is the kind, the rest its detail; none when the driver itself complains.
    return (getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF


def _passes(error: BaseException) -> bool:
    if isinstance(error, sqlite3.Error):
        return _sqlite_kind(error) in _SQLITE_PASSING
    return isinstance(error, _AWAY) or str(getattr(error, "sqlstate", "") or "").startswith(
        _PASSING
    )


# Two who waited for each other; and locks that were not had in time.
_HELD = ("40P01", "55P03")


def _is_held(error: BaseException) -> bool:
    if isinstance(error, sqlite3.Error):
        kind = (getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF
        return kind in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    return getattr(error, "sqlstate", None) in _HELD


def _is_unique(error: BaseException) -> bool:
    return isinstance(error, asyncpg.UniqueViolationError) or (
        isinstance(error, sqlite3.IntegrityError) and "UNIQUE" in str(error)
    )


# What a driver's error comes as: by SQLAlchemy, as its adapter for the driver says it (that is what
# a pool raises when no new connection can be had), or straight from the driver.
_OF_A_DRIVER = (
    exc.DBAPIError,
    exc.EmulatedDBAPIException,
    asyncpg.PostgresError,
    sqlite3.Error,
    *_AWAY,
)

# SQLAlchemy's words when a connection of the pool was closed, and the new one in its place too.
_ENDED_AT_ONCE = "This connection is closed"


def our_word_for(error: BaseException) -> Exception | None:
    """What a driver's error is in our own words; None for what goes on as it is."""
    if isinstance(error, exc.TimeoutError):
        return DatabaseAway("no connection became free in time")
    if isinstance(error, exc.InvalidRequestError):
        return DatabaseAway("new connections end at once") if str(error) == _ENDED_AT_ONCE else None
    if not isinstance(error, _OF_A_DRIVER):
        return None
    cause = cause_of(error)
    if _is_unique(error) or _is_unique(cause):
        return AlreadyThere()
    if _is_held(error) or _is_held(cause):
        return DatabaseBusy(type(cause).__name__)
    if is_damage(error) or is_damage(cause):
        return DatabaseDamaged(DAMAGED)
    if _passes(error) or _passes(cause):
        return DatabaseAway(type(cause).__name__)
    return None


@contextmanager
def in_our_words() -> Iterator[None]:
    """Turns the drivers' errors into DatabaseAway and AlreadyThere; others go on as they are."""
    try:
        yield
    except Exception as error:
        said = our_word_for(error)
        if said is None:
            raise
        raise said from error
