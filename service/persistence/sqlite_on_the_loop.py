"""SQLite's driver called straight on the event loop, in the shape in which SQLAlchemy wants it.

Each of our statements takes tens of microseconds on SQLite, less than a hop to another thread and
back. This stands where an `aiosqlite.Connection` would stand. The way back to aiosqlite's threads
is to leave out `async_creator` in `engines.py`, and to ask it for what is asked of `straight` here.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, Self


class LoopCursor:
    """A cursor whose coroutines never wait."""

    def __init__(self, cursor: sqlite3.Cursor) -> None:
        self._cursor = cursor
        self.arraysize = 1

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._cursor.close()

    @property
    def description(self) -> Any:
        """As the driver gives it."""
        return self._cursor.description

    @property
    def rowcount(self) -> int:
        """Rows that the last statement changed."""
        return self._cursor.rowcount

    @property
    def lastrowid(self) -> int | None:
        """Row id of the last row inserted."""
        return self._cursor.lastrowid

    async def execute(self, statement: str, parameters: Any = None) -> Self:
        """Runs one statement."""
        self._cursor.execute(statement, () if parameters is None else parameters)
        return self

    async def executemany(self, statement: str, parameters: Iterable[Sequence[Any]]) -> Self:
        """Runs one statement for each of several sets of values."""
        self._cursor.executemany(statement, parameters)
        return self

    async def fetchone(self) -> Any:
        """The next row, or None."""
        return self._cursor.fetchone()

    async def fetchmany(self, size: int | None = None) -> list[Any]:
        """The next rows."""
        return self._cursor.fetchmany(size or self.arraysize)

    async def fetchall(self) -> list[Any]:
        """All rows that are left."""
        return self._cursor.fetchall()

    async def close(self) -> None:
        """Frees the cursor."""
        self._cursor.close()


class LoopConnection:
    """A connection whose coroutines never wait, except in SQLite itself."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection: sqlite3.Connection | None = connection
        self.straight = connection

    def cursor(self) -> LoopCursor:
        """A new cursor."""
        return LoopCursor(self.straight.cursor())

    async def fetch(self, statement: str, *parameters: Any) -> list[Any]:
        """The rows of one statement, asked as PostgreSQL's driver is."""
        return self.straight.execute(statement, parameters).fetchall()

    async def commit(self) -> None:
        """Commits, when a transaction is open."""
        self.straight.commit()

    async def rollback(self) -> None:
        """Rolls back, when a transaction is open."""
        self.straight.rollback()

    async def close(self) -> None:
        """Closes the connection; more than once does no harm."""
        self.stop()

    def stop(self) -> None:
        """Closes at once, without waiting for anything."""
        if self._connection is not None:
            self._connection = None
            self.straight.close()

    async def create_function(self, *arguments: Any, **options: Any) -> None:
        """Registers a Python function for use in SQL."""
        self.straight.create_function(*arguments, **options)
