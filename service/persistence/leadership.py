"""One leader among any number of processes: a PostgreSQL advisory lock, a file lock on SQLite."""

from contextlib import suppress
from typing import Final, Protocol

from filelock import FileLock, Timeout
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from service.persistence.engines import Database
from service.persistence.failures import DatabaseAway, in_our_words
from service.persistence.sqlite_files import SqliteFile

# Two numbers that name this lock in the database: ASCII for "fron" and "door".
LOCK: Final = {"first": 0x66726F6E, "second": 0x646F6F72}

_TAKE = text("SELECT pg_try_advisory_lock(:first, :second)")
# By asking for the lock itself, a connection pooler that swapped the session is found out too.
_HOLDS = text(
    "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 "
    "AND pid = pg_backend_pid() AND classid = CAST(:first AS oid) AND objid = CAST(:second AS oid)"
    " AND granted)"
)


# So that the server learns within seconds that the machine of its client is gone.
_KEPT_ALIVE: Final = {
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
}


class Leadership(Protocol):
    """The lead among all processes on one database. It ends at once when its holder dies."""

    async def take(self) -> bool:
        """Takes the lead if nobody holds it; never waits. Raises DatabaseAway."""
        ...

    async def held(self) -> bool:
        """Whether the lead is still ours; False too when that cannot be known.

        Raises DatabaseUnusable.
        """
        ...

    async def release(self) -> None:
        """Gives the lead up, and lets go of what it took to hold it."""
        ...


class AdvisoryLock:
    """The lead by a session advisory lock on a connection of its own.

    The server gives the lock up with the session: when the process dies, when the connection
    breaks, or when the keep-alive of TCP finds the machine gone.
    """

    def __init__(self, database: Database) -> None:
        self._engine: AsyncEngine = create_async_engine(
            database.url,
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
            async_creator=database.sessions(
                "frontdoor leader", command_seconds=5, settings=_KEPT_ALIVE
            ),
        )
        self._connection: AsyncConnection | None = None

    async def take(self) -> bool:
        """Takes the lead if nobody holds it."""
        try:
            with in_our_words():
                if self._connection is None:
                    self._connection = await self._engine.connect()
                return bool((await self._connection.execute(_TAKE, LOCK)).scalar_one())
        except BaseException:
            await self._hang_up()
            raise

    async def held(self) -> bool:
        """Whether the session still holds the lock."""
        if self._connection is None:
            return False
        try:
            return bool((await self._connection.execute(_HOLDS, LOCK)).scalar_one())
        except Exception:
            # Whatever it is, we cannot know that we lead, and who does not know does not lead.
            await self._hang_up()
            return False

    async def release(self) -> None:
        """Ends the session, and with it the lock."""
        await self._hang_up()
        await self._engine.dispose()

    async def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        # Not given back but thrown away: whatever state it is in, its end frees the lock.
        with suppress(Exception):
            await connection.invalidate()
        with suppress(Exception):
            await connection.close()


class LockFile:
    """The lead by a lock on a file beside the SQLite database; the system frees it with us."""

    def __init__(self, database: SqliteFile) -> None:
        self._database = database
        self._path = database.path.with_name(f"{database.path.name}.leader")
        self._lock = FileLock(self._path, thread_local=False)
        self._place: tuple[int, int] | None = None

    async def take(self) -> bool:
        """Takes the lead if nobody holds it.

        Raises DatabaseUnusable when the lock is beside another database than the one that this
        process has open: the folder was deleted and made anew.
        """
        self._database.check()
        if self._place is not None:
            return await self.held()
        try:
            self._lock.acquire(blocking=False)
        except Timeout:
            return False
        except OSError as error:
            raise DatabaseAway("the file beside the database cannot be locked") from error
        self._place = self._found()
        return True

    async def held(self) -> bool:
        """Whether the file that we locked is the one that is still there."""
        self._database.check()
        if self._place is None:
            return False
        if self._found() == self._place:
            return True
        await self.release()
        return False

    async def release(self) -> None:
        """Unlocks the file."""
        self._place = None
        self._lock.release()

    def _found(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino


def leadership_on(database: Database) -> Leadership:
    """The lead among all processes on this database."""
    if database.file is not None:
        return LockFile(database.file)
    return AdvisoryLock(database)
