"""SQLite's files under a running service: still in their place, still whole, and who has them.

SQLite itself notices little of it. Whoever deletes or replaces its file takes away the name alone;
the process goes on writing into what nobody will ever open again.
"""

import fcntl
import math
import os
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final

from service.own_files import make_own_file
from service.persistence.failures import (
    DAMAGED,
    DatabaseDamaged,
    DatabaseGone,
    DatabaseUnusable,
    is_damage,
)

Place = tuple[int, int]
"""The device and the number of a file: what stays when its name is given to another."""

# Where SQLite holds its locks (its file format, "The Database File Locking"): everybody who has
# the database open in WAL mode holds a shared lock on these bytes for as long.
_SHARED_FIRST: Final = 0x40000002
_SHARED_SIZE: Final = 510
# Where the header says how it is written: 1 with a rollback journal, 2 with a write-ahead log.
_WRITE_VERSION: Final = slice(18, 20)
_STEPS_BETWEEN_LOOKS: Final = 20_000

GONE: Final = (
    "The database file was deleted, or another was put in its place, while the service had it "
    "open, so nothing is read or kept. Stop every process, put the right file there, and start "
    "again."
)
LOG_GONE: Final = (
    "The write-ahead log beside the database file was deleted or replaced while the service had it "
    "open, so nothing is read or kept. Stop every process with SIGTERM, which saves what the log "
    "held, and only then start again."
)
FOREIGN_LOG: Final = (
    "Beside the database file lies a write-ahead log (its name ends in -wal) that does not belong "
    "to it: it was left by the file that was there before, and would damage this one. Move it "
    "away, or bring the backup back with frontdoor restore, which sees to it."
)
LOG_LOST: Final = (
    "Other processes have this database open, and its write-ahead log (its name ends in -wal) was "
    "deleted under them. Stop those first, with SIGTERM, which saves what the log held; then start."
)

# How many of this process hold each file: to look into one by a way of our own would let go of
# the locks that SQLite holds on it for the others (POSIX locks belong to the process).
_held: Counter[Place] = Counter()


def place_of(path: str | Path) -> Place | None:
    """What lies at a path now, or None."""
    try:
        found = os.stat(path)  # noqa: PTH116 - before each transaction: a third of the time of Path.stat
    except OSError:
        return None
    return found.st_dev, found.st_ino


def log_of(path: Path) -> Path:
    """Where SQLite keeps the write-ahead log of a database."""
    return path.with_name(f"{path.name}-wal")


def index_of(path: Path) -> Path:
    """Where SQLite keeps the index of that log, which is made anew when it is not there."""
    return path.with_name(f"{path.name}-shm")


def mark_of(path: Path) -> Path:
    """The file by which one process tells the others that the database is damaged."""
    return path.with_name(f"{path.name}.damaged")


class SqliteFile:
    """One database file as this process opened it: in its place still, and not known as damaged."""

    def __init__(self, path: str, connect: Callable[[str], sqlite3.Connection]) -> None:
        self.path = Path(path).absolute()
        self._name = str(self.path)
        self._connect = connect
        self._place: Place | None = None
        self._log_name = ""
        self._log_place: Place | None = None
        self._mark_name = str(mark_of(self.path))
        self._damaged = False
        self._anchor: sqlite3.Connection | None = None

    def connect(self) -> sqlite3.Connection:
        """A new connection to the file that this process opened first, and to no other."""
        self.hold()
        self.check()
        connection = self._connect(self._name)
        try:
            self.check()
        except BaseException:
            connection.close()
            raise
        return connection

    def check(self) -> None:
        """Raises DatabaseGone or DatabaseDamaged when nothing may be read or kept any more.

        It asks the system about three names, which costs some microseconds; before the first
        connection there is nothing to be asked.
        """
        if self._place is None:
            return
        if self._damaged or place_of(self._mark_name) is not None:
            raise DatabaseDamaged(DAMAGED)
        if place_of(self._name) != self._place:
            raise DatabaseGone(GONE)
        if place_of(self._log_name) != self._log_place:
            raise DatabaseGone(LOG_GONE)

    def found_damaged(self) -> None:
        """Remembers that the file is damaged, for this process and all others, until a start."""
        if self._damaged:
            return
        self._damaged = True
        if place_of(self._name) == self._place:
            self._mark()

    def _mark(self) -> None:
        make_own_file(self._mark_name)
        with suppress(OSError):
            mark_of(self.path).write_text(f"{DAMAGED}\n", encoding="utf-8")

    def exists(self) -> bool:
        """Whether there is a database in its place, or at least a file."""
        return self.path.exists()

    def look_over(
        self, *, seconds: float | None = None, given_up: threading.Event | None = None
    ) -> bool:
        """Reads the file for damage, for so many seconds or until it is given up.

        Returns whether all of it was read.
        Where another process has marked it as damaged, all of it is read however long that takes;
        what is found whole is no longer marked. Raises DatabaseDamaged.
        """
        marked = mark_of(self.path)
        suspected = marked.exists()
        try:
            with closing(self._unmarked_connection()) as connection:
                whole = is_whole(connection, None if suspected else seconds, given_up)
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise
            whole = False
        if whole is False:
            self.found_damaged()
            raise DatabaseDamaged(DAMAGED)
        if suspected:
            marked.unlink(missing_ok=True)
            self._damaged = False
        return whole is True

    def _unmarked_connection(self) -> sqlite3.Connection:
        """A connection although the file is marked as damaged: to see whether it is."""
        self.hold()
        return self._connect(self._name)

    def close(self) -> None:
        """Lets go of the file."""
        anchor, self._anchor = self._anchor, None
        if anchor is None:
            return
        anchor.close()
        if self._place is not None:
            _held[self._place] -= 1

    def hold(self) -> None:
        """Opens the file once and for all: while it is held, its log stays what it is."""
        if self._anchor is not None:
            return
        before = place_of(self._name)
        if self._place is not None and before != self._place:
            raise DatabaseGone(GONE)
        real = self.path.resolve()
        if before is not None and not _held[before]:
            if has_a_foreign_log(real):
                raise DatabaseUnusable(FOREIGN_LOG)
            _refuse_a_lost_log(real)
        anchor = self._connect(self._name)
        try:
            # What makes SQLite open its log.
            anchor.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            after = place_of(self._name)
            if after is None or before not in (None, after):
                raise DatabaseGone(GONE)
        except BaseException:
            anchor.close()
            raise
        self._anchor, self._place = anchor, after
        self._log_name = str(log_of(real))
        self._log_place = place_of(self._log_name)
        _held[after] += 1


def is_whole(
    connection: sqlite3.Connection,
    seconds: float | None = None,
    given_up: threading.Event | None = None,
) -> bool | None:
    """Whether a database is whole by SQLite's own quick check; None when it was broken off."""
    until = math.inf if seconds is None else time.monotonic() + seconds

    def enough() -> bool:
        return time.monotonic() > until or (given_up is not None and given_up.is_set())

    connection.set_progress_handler(enough, _STEPS_BETWEEN_LOOKS)
    try:
        said = connection.execute("PRAGMA quick_check(1)").fetchall()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
            return None
        raise
    finally:
        connection.set_progress_handler(None, 0)
    return said == [("ok",)]


def has_a_foreign_log(path: Path) -> bool:
    """Whether the log beside a database file was written for another.

    A file that says of itself that it has no log, beside a log with something in it: SQLite would
    take the log for its own. Of a copy made by other means than our backup nothing can be said.
    Not for a file that this process has open: see `_held`.
    """
    try:
        if log_of(path).stat().st_size == 0:
            return False
        with path.open("rb") as file:
            head = file.read(_WRITE_VERSION.stop)
    except FileNotFoundError:
        return False
    return head[_WRITE_VERSION] == b"\x01\x01"


def _refuse_a_lost_log(path: Path) -> None:
    """Raises DatabaseUnusable when others have the file open and its log is not there any more.

    A second log beside theirs would be the end of one of the two.
    """
    for _ in range(20):
        if log_of(path).exists():
            return
        try:
            with locked_alone(path) as nobody_else:
                if nobody_else:
                    return
        except OSError:
            # Not ours to write: what SQLite says of that is said elsewhere.
            return
        # One that has just opened it makes the log a moment later.
        time.sleep(0.01)
    raise DatabaseUnusable(LOG_LOST)


@contextmanager
def locked_alone(path: Path) -> Iterator[bool]:
    """Keeps everybody out of a database file that nobody else has open; False when somebody has.

    Not for a file that this process has open: see `_held`.
    """
    try:
        file = path.open("r+b")
    except FileNotFoundError:
        yield True
        return
    with file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, _SHARED_SIZE, _SHARED_FIRST)
        except (BlockingIOError, PermissionError):
            yield False
            return
        yield True
