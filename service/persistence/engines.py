"""The two engines, SQLite and PostgreSQL, each with the promises a safeguarding record needs."""

import asyncio
import os
import sqlite3
import threading
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any, Final

from pydantic_core import from_json, to_json
from sqlalchemy import URL, Dialect, event, exc, make_url, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool
from sqlalchemy.util import greenlet_spawn

from service.database_urls import (
    PostgresqlPlace,
    database_url_faults,
    is_postgresql,
    postgresql_place,
)
from service.own_files import close_to_others, make_own_file, own_folder
from service.persistence.failures import (
    DatabaseBusy,
    DatabaseDamaged,
    in_our_words,
    our_word_for,
)
from service.persistence.postgresql_sessions import Connect, sessions, shown_url
from service.persistence.sqlite_files import SqliteFile, index_of, log_of
from service.persistence.sqlite_on_the_loop import LoopConnection

SQLITE_PRAGMAS: Final[dict[str, Any]] = {
    "journal_mode": "wal",
    "synchronous": 2,
    "foreign_keys": 1,
    "busy_timeout": 20,
    # Without it, INSERT OR REPLACE would take a row away past the triggers that refuse a DELETE.
    "recursive_triggers": 1,
}
_BUSY_STEP_SECONDS = 0.005
_SESSION: Final[dict[str, str]] = {
    "synchronous_commit": "on",
    "timezone": "UTC",
    "idle_in_transaction_session_timeout": "60000",
    "lock_timeout": "10000",
}
_LONG_SESSION: Final[dict[str, str]] = {"synchronous_commit": "on", "timezone": "UTC"}


class UnsafeDatabase(RuntimeError):
    """The database does not keep a promise that this service rests on."""


def _json(value: Any) -> str:
    return to_json(value).decode()


def _place(url: str) -> URL | PostgresqlPlace:
    """Where the database is. `sqlite:///x` and `postgresql://…` will do; UnsafeDatabase if not."""
    faults = database_url_faults(url)
    if faults:
        raise UnsafeDatabase(
            f"FRONTDOOR_DATABASE_URL: {'; '.join(faults)}. "
            "Use sqlite:///path/file.sqlite3 or postgresql://user:password@host/database."
        )
    if is_postgresql(url):
        return postgresql_place(url)
    return make_url(url).set(drivername="sqlite+aiosqlite")


def sqlite_path(url: str) -> Path | None:
    """The file of a database that is SQLite's; None for PostgreSQL."""
    place = _place(url)
    return Path(place.database or "") if isinstance(place, URL) else None


async def _straight(connection: AsyncConnection) -> sqlite3.Connection:
    """SQLite's own connection, which our adapter holds on the loop."""
    held: Any = (await connection.get_raw_connection()).driver_connection
    straight: sqlite3.Connection = held.straight
    return straight


def open_sqlite(path: str) -> sqlite3.Connection:
    """A SQLite connection with the pragmas set and read back.

    Raises UnsafeDatabase when one does not hold: a commit must be on the disk before anybody is
    told that it was taken (WAL with synchronous=FULL).
    """
    # Made by us where there is none: its log and index get the mode that it has.
    make_own_file(path)
    for one in (Path(path), log_of(Path(path)), index_of(Path(path))):
        close_to_others(one)
    connection = sqlite3.connect(
        path,
        timeout=SQLITE_PRAGMAS["busy_timeout"] / 1000,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
    )
    for pragma, wanted in SQLITE_PRAGMAS.items():
        connection.execute(f"PRAGMA {pragma} = {wanted}").fetchall()
    check_sqlite(connection)
    return connection


def check_sqlite(connection: sqlite3.Connection) -> None:
    """Raises UnsafeDatabase unless every pragma reads back as it must."""
    for pragma, wanted in SQLITE_PRAGMAS.items():
        held = connection.execute(f"PRAGMA {pragma}").fetchone()[0]
        if held != wanted:
            raise UnsafeDatabase(
                f"SQLite holds {pragma} at {held}, and {wanted} is needed: "
                "the file may be on a network share or in memory. Use a local disk, or PostgreSQL."
            )


class _Fit:
    """Failures in our own words; and on SQLite, nothing on a file that is not fit for it.

    Entered before every question and every change, and without a state of its own.
    """

    __slots__ = ("_file",)

    def __init__(self, file: SqliteFile | None) -> None:
        self._file = file

    def __enter__(self) -> None:
        if self._file is not None:
            try:
                self._file.check()
            except DatabaseDamaged:
                self._file.found_damaged()
                raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: object
    ) -> None:
        if error is None:
            return
        said = our_word_for(error)
        if self._file is not None and isinstance(said or error, DatabaseDamaged):
            self._file.found_damaged()
        if said is not None:
            raise said from error


class Database:
    """One database: short reads, long reads, and one writer at a time where SQLite wants it."""

    def __init__(
        self,
        url: str,
        *,
        pool_size: int = 10,
        application: str = "frontdoor",
        busy_seconds: float = 10.0,
    ) -> None:
        place = _place(url)
        self.place = None if isinstance(place, URL) else place
        self.url = place if isinstance(place, URL) else shown_url(place)
        self._busy_seconds = busy_seconds
        self.is_sqlite = self.place is None
        self.file: SqliteFile | None = None
        if self.is_sqlite:
            self._engine = self._sqlite(on_the_loop=True, pool_size=pool_size)
            self._reader = self._engine
            self._long = self._sqlite(on_the_loop=False, pool_size=2)
        else:
            self._engine = self._postgresql(pool_size, application)
            self._reader = self._engine.execution_options(isolation_level="AUTOCOMMIT")
            self._long = self._reader
        self._fit = _Fit(self.file)
        self._writer = asyncio.Lock()
        # SQLite's connections beside the pool: one to ask on, which nobody can be kept waiting
        # for, as the driver has answered before anything else runs; one for who has the turn to
        # write. To take one out of the pool and give it back costs as much as the question.
        self._asked: sqlite3.Connection | None = None
        self._written: sqlite3.Connection | None = None

    def _sqlite(self, *, on_the_loop: bool, pool_size: int) -> AsyncEngine:
        path = self.url.database or ""
        if not path or path == ":memory:":
            raise UnsafeDatabase("The record must outlive the process: name a file for SQLite.")
        own_folder(Path(path).parent)
        self.file = file = self.file or SqliteFile(path, open_sqlite)
        options: dict[str, Any] = {"pool_size": pool_size, "max_overflow": 0}
        if on_the_loop:

            async def connect(*_: Any, **__: Any) -> LoopConnection:
                return LoopConnection(file.connect())

            options["async_creator"] = connect
        engine = create_async_engine(
            self.url, json_serializer=_json, json_deserializer=from_json, **options
        )
        if not on_the_loop:

            @event.listens_for(engine.sync_engine, "do_connect")
            def _only_to_the_file_held(*_: Any) -> None:
                file.hold()

            @event.listens_for(engine.sync_engine, "connect")
            def _set_pragmas(connection: Any, _: Any) -> None:
                file.check()
                cursor = connection.cursor()
                for pragma, wanted in SQLITE_PRAGMAS.items():
                    cursor.execute(f"PRAGMA {pragma} = {wanted}")
                cursor.close()

        return engine

    def _postgresql(self, pool_size: int, application: str) -> AsyncEngine:
        engine = create_async_engine(
            self.url,
            json_serializer=_json,
            json_deserializer=from_json,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=10,
            pool_pre_ping=False,
            async_creator=self.sessions(application, command_seconds=30, settings=_SESSION),
        )

        @event.listens_for(engine.sync_engine, "checkout")
        def _refuse_the_dead(_: Any, record: Any, __: Any) -> None:
            # A connection that the server closed while it lay idle is never given out: costs no
            # round trip, and no request fails for a server that is back.
            if record.driver_connection.is_closed():
                raise exc.DisconnectionError

        return engine

    @asynccontextmanager
    async def session_of_its_own(self, application: str) -> AsyncIterator[AsyncConnection]:
        """A session of PostgreSQL's beside the pool, for what takes as long as it takes."""
        engine = create_async_engine(
            self.url,
            poolclass=NullPool,
            json_serializer=_json,
            json_deserializer=from_json,
            async_creator=self.sessions(application, command_seconds=None, settings=_LONG_SESSION),
        )
        try:
            with in_our_words():
                async with engine.connect() as connection:
                    yield connection
        finally:
            await engine.dispose()

    def sessions(
        self, application: str, *, command_seconds: float | None, settings: Mapping[str, str]
    ) -> Connect:
        """What opens a session of PostgreSQL's for an engine, with settings of its own."""
        if self.place is None:
            raise TypeError("SQLite has no sessions.")
        return sessions(
            self.place, application=application, command_seconds=command_seconds, settings=settings
        )

    @property
    def engine(self) -> AsyncEngine:
        """The engine behind it, for migrations and statements of the operator."""
        return self._engine

    def look_over(
        self, *, seconds: float | None = None, given_up: threading.Event | None = None
    ) -> bool:
        """Looks whether the file of SQLite is whole, for so many seconds, or until it is given up.

        Returns whether all of it was looked at. On PostgreSQL the server sees to its own files.
        Raises DatabaseDamaged.
        """
        if self.file is None or not self.file.exists():
            return True
        with in_our_words():
            return self.file.look_over(seconds=seconds, given_up=given_up)

    async def look_over_aside(self) -> None:
        """Looks whether the whole file is sound, in a thread of its own. Raises DatabaseDamaged."""
        given_up = threading.Event()
        try:
            await asyncio.to_thread(self.look_over, given_up=given_up)
        finally:
            given_up.set()

    def require_writable(self) -> None:
        """Raises UnsafeDatabase when SQLite's file is there and may not be written by this account.

        SQLite itself would complain of what it could not do first, which is something else.
        """
        path = Path(self.url.database or "").absolute()
        if not self.is_sqlite or not path.exists():
            return
        for what, which in ((path, "database file"), (path.parent, "folder of the database file")):
            if not os.access(what, os.W_OK):
                raise UnsafeDatabase(
                    f"The {which} may not be written by this account: {what}. Its disk may be "
                    "mounted read-only, or its owner and mode keep this account out."
                )

    async def check(self) -> None:
        """Asks the database whether it keeps its promises. Raises UnsafeDatabase if not."""
        async with self.reading() as connection:
            if self.is_sqlite:
                check_sqlite(await _straight(connection))
                return
            for setting in ("fsync", "full_page_writes", "synchronous_commit"):
                held = (await connection.execute(text(f"SHOW {setting}"))).scalar_one()
                if held == "off":
                    raise UnsafeDatabase(
                        f"PostgreSQL runs with {setting} off: an acknowledged contact could be "
                        f"lost. Set {setting} = on in postgresql.conf."
                    )

    def _require_fit(self) -> None:
        if self.file is not None:
            self.file.check()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection for short reads, without a transaction around them."""
        with self._fit:
            async with self._reader.connect() as connection:
                yield connection

    @asynccontextmanager
    async def long_reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection for reads that may take a while: on SQLite, off the event loop."""
        with self._fit:
            async with self._long.connect() as connection:
                yield connection

    @asynccontextmanager
    async def reading_at_one_instant(self) -> AsyncIterator[AsyncConnection]:
        """A connection for long reads that all see the record as it was at the first of them."""
        with self._fit:
            if self.is_sqlite:
                async with self._long.connect() as connection:
                    # The adapter would begin a transaction for a change alone.
                    await connection.exec_driver_sql("BEGIN")
                    yield connection
                return
            async with self._engine.connect() as connection:
                await connection.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
                yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A connection in a transaction that is rolled back unless committed."""
        if not self.is_sqlite:
            with self._fit:
                async with self._engine.connect() as connection:
                    yield connection
            return
        with self._fit:
            async with self._turn_to_write(), self._engine.connect() as connection:
                driver = await _straight(connection)
                await self._begin_immediate(driver)
                try:
                    # From here on SQLAlchemy knows of the transaction, and its commit is one.
                    await connection.begin()
                    yield connection
                    # Nobody is told that a write was taken into a file that is not there any more.
                    self._require_fit()
                finally:
                    # A commit that a deferred constraint refuses leaves SQLite's transaction open,
                    # and SQLAlchemy takes it for ended.
                    if driver.in_transaction:
                        driver.execute("ROLLBACK")

    @asynccontextmanager
    async def _turn_to_write(self) -> AsyncIterator[None]:
        """One writer at a time in this process; nobody waits for ever."""
        try:
            async with asyncio.timeout(self._busy_seconds):
                await self._writer.acquire()
        except TimeoutError as error:
            raise DatabaseBusy("others in this process hold the write lock") from error
        try:
            yield
        finally:
            self._writer.release()

    async def _begin_immediate(self, connection: sqlite3.Connection) -> None:
        """Takes SQLite's one write lock, letting other work go on while another process has it."""
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + self._busy_seconds
        while True:
            try:
                connection.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF not in (
                    sqlite3.SQLITE_BUSY,
                    sqlite3.SQLITE_LOCKED,
                ):
                    raise
                if loop.time() >= give_up_at:
                    raise DatabaseBusy("another process holds the write lock") from error
            await asyncio.sleep(_BUSY_STEP_SECONDS)

    @property
    def dialect(self) -> Dialect:
        """How values are written for this database."""
        return self._engine.dialect

    @asynccontextmanager
    async def straight(self, held: Any = None) -> AsyncIterator[Any]:
        """The driver's own connection, for work that is done in one go; or on one that is `held`.

        On PostgreSQL each statement on it is a transaction by itself; on SQLite everything done on
        it is one, committed at the end or rolled back, and none is held before.
        """
        with self._fit:
            if self.file is None:
                async with nullcontext(held) if held is not None else self._driver() as driver:
                    yield driver
                return
            async with self._turn_to_write():
                driver = self._written = self._written or self.file.connect()
                await self._begin_immediate(driver)
                try:
                    yield driver
                    driver.execute("COMMIT")
                    self._require_fit()
                finally:
                    if driver.in_transaction:
                        driver.execute("ROLLBACK")

    @asynccontextmanager
    async def looking(self) -> AsyncIterator[Any]:
        """PostgreSQL's driver's own connection for short questions, without a transaction."""
        with self._fit:
            async with self._driver() as driver:
                yield driver

    async def look(self, sql: str, values: Sequence[Any]) -> Sequence[Any]:
        """The rows of one short question, by the driver itself and without a transaction."""
        found: Sequence[Any]
        if self.file is None:
            async with self.looking() as driver:
                found = await driver.fetch(sql, *values)
            return found
        with self._fit:
            driver = self._asked = self._asked or self.file.connect()
            found = driver.execute(sql, values).fetchall()
            return found

    @asynccontextmanager
    async def _driver(self) -> AsyncIterator[Any]:
        """A connection of PostgreSQL's pool itself; a broken one does not go back to it."""
        held = await self._engine.raw_connection()
        driver: Any = held.driver_connection
        broken = False
        try:
            yield driver
        except (asyncio.CancelledError, TimeoutError):
            # What was broken off may be on its way still: nobody else is to wait for its end.
            broken = True
            raise
        finally:
            broken = broken or driver.is_closed()
            await greenlet_spawn(held.invalidate if broken else held.close)

    async def dispose(self) -> None:
        """Closes every connection."""
        await self._engine.dispose()
        if self.file is not None:
            await self._long.dispose()
            for one in (self._asked, self._written):
                if one is not None:
                    one.close()
            self._asked = self._written = None
            self.file.close()
