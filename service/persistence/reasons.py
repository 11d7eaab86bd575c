"""Why a database is away, as one sentence for its operator: no address, no name, no version."""

import socket
import sqlite3
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from sqlalchemy import exc

from service.persistence.failures import DatabaseAway, cause_of

# By SQLSTATE, the longest that fits; then by SQLite's kind of error; then by the system's own.
_OF_POSTGRESQL: Final[Mapping[str, str]] = MappingProxyType(
    {
        "08": "The connection to the database was lost.",
        "25006": "The database is read-only just now.",
        "28": "The database refuses the user or the password.",
        "3D": "The server has no database of that name.",
        "40": "Others hold what is wanted in the database.",
        "53": "The server of the database has not enough of what it needs.",
        "53100": "The disk of the database is full.",
        "53300": "The database takes no more connections: too many are open.",
        "55P03": "Others hold what is wanted in the database.",
        "57": "The database was stopped, or stopped what it was asked.",
        "57P03": "The database is starting up or stopping, and lets nobody in yet.",
        "58": "The disk of the database does not work as it should.",
    }
)
_OF_SQLITE: Final[Mapping[int, str]] = MappingProxyType(
    {
        sqlite3.SQLITE_BUSY: "Others hold what is wanted in the database.",
        sqlite3.SQLITE_LOCKED: "Others hold what is wanted in the database.",
        sqlite3.SQLITE_READONLY: "The database file may not be written.",
        sqlite3.SQLITE_IOERR: "The disk of the database does not work as it should.",
        sqlite3.SQLITE_FULL: "The disk of the database is full.",
        sqlite3.SQLITE_CANTOPEN: "The database file, or one beside it, cannot be opened.",
    }
)
_OF_THE_SYSTEM: Final[tuple[tuple[type[BaseException], str], ...]] = (
    (exc.TimeoutError, "All connections of this process to the database are in use."),
    (socket.gaierror, "No machine of the name that the database's address has is known."),
    (ConnectionRefusedError, "Nobody listens where the database should be."),
    (FileNotFoundError, "Nobody listens where the database should be."),
    (PermissionError, "What the database needs may not be read or written by this account."),
    (TimeoutError, "The database does not answer."),
    (OSError, "The database, or its disk, cannot be reached."),
)
_OTHERWISE: Final = "The database cannot be reached."


def reason_of(away: DatabaseAway) -> str:
    """The sentence."""
    error = away.__cause__
    if error is None:
        return _OTHERWISE
    for one in (error, cause_of(error)):
        state = str(getattr(one, "sqlstate", None) or "")
        for code in (state, state[:2]):
            if code in _OF_POSTGRESQL:
                return _OF_POSTGRESQL[code]
        if isinstance(one, sqlite3.Error):
            kind = (getattr(one, "sqlite_errorcode", 0) or 0) & 0xFF
            if kind in _OF_SQLITE:
                return _OF_SQLITE[kind]
        for known, said in _OF_THE_SYSTEM:
            if isinstance(one, known):
                return said
    return _OTHERWISE
