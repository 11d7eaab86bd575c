"""One leader among any number of processes: a lock that ends with its holder, and a lease.

The lock (PostgreSQL's advisory lock, a file lock on SQLite) tells at once of a leader that died.
The lease tells of one that sleeps: a frozen process keeps its locks for as long as it is frozen.
"""

import math
import time
from contextlib import suppress
from typing import Final, Protocol

from filelock import FileLock, Timeout
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from service.persistence.engines import Database
from service.persistence.failures import DatabaseAway, DatabaseUnusable, in_our_words
from service.persistence.leases import Lease, Leases
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


class Lock(Protocol):
    """A lock among all processes on one database. It ends at once when its holder dies."""

    async def take(self) -> bool:
        """Takes the lock if nobody holds it; never waits. Raises DatabaseAway."""
        ...

    async def held(self) -> bool:
        """Whether the lock is still ours; False too when that cannot be known.

        Raises DatabaseUnusable.
        """
        ...

    async def release(self) -> None:
        """Gives the lock up, and lets go of what it took to hold it."""
        ...


class AdvisoryLock:
    """A session advisory lock on a connection of its own.

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
        """Takes the lock if nobody holds it."""
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
    """A lock on a file beside the SQLite database; the system frees it with us."""

    def __init__(self, database: SqliteFile) -> None:
        self._database = database
        self._path = database.path.with_name(f"{database.path.name}.leader")
        self._lock = FileLock(self._path, thread_local=False)
        self._place: tuple[int, int] | None = None

    async def take(self) -> bool:
        """Takes the lock if nobody holds it.

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


class Leadership:
    """The lead among all workers on one database: to be taken, watched and given up.

    `epoch` is the number by which this process leads, None while it does not: what is changed in
    the name of the lead is changed on condition that the lead is still held by it.
    """

    def __init__(self, lock: Lock, leases: Leases, *, patience: float) -> None:
        self._lock = lock
        self._leases = leases
        self._patience = patience
        self._locked = False
        self._seen: Lease | None = None
        self._seen_since = self._looked_at = -math.inf
        self.epoch: int | None = None

    async def take(self) -> bool:
        """Takes the lead if nobody has it, or who has it gave no sign of life for too long.

        Never waits. Raises DatabaseAway.
        """
        lease = await self._leases.read()
        asleep = self._asleep(lease)
        leads_without = lease is not None and not (lease.locked or lease.free)
        # Who leads without the lock is to get it when the one that sleeps on it lets go.
        self._locked = False if leads_without and not asleep else await self._lock.take()
        # With the lock in our hands, who led with it has died or lost it.
        may = asleep or (lease is not None and lease.free) or (self._locked and not leads_without)
        if may:
            self.epoch = await self._leases.claim(lease, locked=self._locked)
        if self.epoch is None and self._locked:
            self._locked = False
            await self._lock.release()
        return self.epoch is not None

    async def held(self) -> bool:
        """Gives a sign of life. Returns whether the lead is still ours; not when nobody knows.

        Raises DatabaseUnusable.
        """
        if self.epoch is None:
            return False
        try:
            if self._locked and not await self._lock.held():
                self._locked = False
                still = False
            else:
                self._locked = self._locked or await self._lock.take()
                still = await self._leases.beat(self.epoch, locked=self._locked)
        except DatabaseUnusable:
            raise
        except DatabaseAway:
            # A file that is locked long by others still is ours; of a server nothing is known.
            still = self._locked and isinstance(self._lock, LockFile)
        if not still:
            await self.release()
        return still

    async def release(self) -> None:
        """Gives the lead up, and lets go of what it took to hold it."""
        epoch, self.epoch, self._locked = self.epoch, None, False
        self._seen = None
        if epoch is not None:
            with suppress(DatabaseAway):
                await self._leases.give_up(epoch)
        await self._lock.release()

    def _asleep(self, lease: Lease | None) -> bool:
        """Whether who leads has given no sign of life for as long as patience lasts, and we saw."""
        now = time.monotonic()
        # Who slept too has seen nothing.
        watched = now - self._looked_at < self._patience
        self._looked_at = now
        if lease is None or lease != self._seen or not watched:
            self._seen, self._seen_since = lease, now
        return lease is not None and now - self._seen_since >= self._patience


def leadership_on(database: Database, holder: str, *, patience: float) -> Leadership:
    """The lead among all workers on this database."""
    lock = AdvisoryLock(database) if database.file is None else LockFile(database.file)
    return Leadership(lock, Leases(database, holder), patience=patience)
