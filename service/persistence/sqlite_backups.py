"""Copies of an SQLite database: made while people work, and brought back when nobody does.

By `VACUUM INTO`, which reads the database as it is at one instant: the online backup of SQLite
begins anew at each write of another process, and under load does not end.
"""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from service.persistence.backups import (
    WHAT_IT_HOLDS,
    BackupRefused,
    CopyContents,
    Restored,
    draft_beside,
    keep_on_the_disk,
    owned_as,
    put_in_place,
    require_known,
)
from service.persistence.engines import open_sqlite
from service.persistence.failures import DAMAGED, DatabaseDamaged, is_damage
from service.persistence.sqlite_files import (
    SqliteFile,
    has_a_foreign_log,
    index_of,
    locked_alone,
    log_of,
    mark_of,
)

_MAGIC: Final = b"SQLite format 3\0"
_OF_POSTGRESQL: Final = b"PGDMP"


def back_up(database: Path, path: Path) -> CopyContents:
    """Copies a database that may be in use to `path`, which is not there yet, and checks the copy.

    What was acknowledged before this began is in it. It holds up nobody; SQLite's write-ahead log
    grows by what is written meanwhile. Raises BackupRefused and DatabaseUnusable.
    """
    if not database.exists():
        raise BackupRefused(
            "There is no database file where FRONTDOOR_DATABASE_URL says: nothing to back up."
        )
    file = SqliteFile(str(database), open_sqlite)
    with draft_beside(path) as draft:
        try:
            with closing(file.connect()) as connection:
                connection.execute("PRAGMA busy_timeout = 10000").fetchall()
                connection.execute("VACUUM INTO ?", [str(draft)])
        except sqlite3.OperationalError as error:
            raise BackupRefused(
                f"The copy could not be written ({error}). Is there room on the disk of {path}?"
            ) from error
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise
            file.found_damaged()
            raise DatabaseDamaged(DAMAGED) from error
        finally:
            file.close()
        holding = _inspect(draft, path)
        put_in_place(draft, path)
    return holding


def bring_back(path: Path, database: Path, *, stamp: str) -> Restored:
    """Puts a backup where the database is, or was, while nobody has it open.

    A copy of the backup is made and checked before anything is touched. What was there before is
    kept beside it, with its log, under a name with `stamp`; no log of it stays beside the new one.
    Raises BackupRefused.
    """
    database = database.resolve()
    _require_a_database(path)
    if database.exists() and path.samefile(database):
        raise BackupRefused(f"{path} is the database itself. Name a backup of it.")
    with draft_beside(database) as draft:
        _copy(path, draft)
        holding = _inspect(draft, path)
        require_known(holding.step, path)
        if database.parent.exists():
            owned_as(draft, database if database.exists() else database.parent)
        keep_on_the_disk(draft)
        aside = _free(database.with_name(f"{database.name}.before-{stamp}"))
        with locked_alone(database) as nobody_else:
            if not nobody_else:
                raise BackupRefused(
                    "The database is open in another process. Stop frontdoor serve, frontdoor "
                    "worker and whatever else has it open, then restore. Nothing was changed."
                )
            kept = _exchange(draft, database, aside)
    return Restored(holding, aside if kept else None)


def _free(path: Path) -> Path:
    """The path, or the next one like it under which nothing is kept yet."""
    found, number = path, 1
    while found.exists() or log_of(found).exists():
        number += 1
        found = path.with_name(f"{path.name}-{number}")
    return found


def _exchange(draft: Path, database: Path, aside: Path) -> bool:
    """Puts the draft in the database's place; returns whether there was one, now aside.

    The old one has its second name before it loses its first, and the new one is there before the
    old log goes: broken off anywhere, there is a database, and a log that is not its own is known.
    """
    there = database.exists()
    if there:
        os.link(database, aside)
    if log_of(database).exists():
        os.link(log_of(database), log_of(aside))
        keep_on_the_disk(database.parent)
    draft.replace(database)
    keep_on_the_disk(database.parent)
    for left in (log_of(database), index_of(database), mark_of(database)):
        left.unlink(missing_ok=True)
    keep_on_the_disk(database.parent)
    return there


def _require_a_database(path: Path) -> None:
    try:
        with path.open("rb") as file:
            begins = file.read(len(_MAGIC))
    except FileNotFoundError:
        raise BackupRefused(f"There is no file {path}.") from None
    except IsADirectoryError:
        raise BackupRefused(f"{path} is a folder. Name a file.") from None
    if begins.startswith(_OF_POSTGRESQL):
        raise BackupRefused(
            f"{path} is a backup of PostgreSQL, and FRONTDOOR_DATABASE_URL names an SQLite file. "
            "Nothing was changed."
        )
    if begins != _MAGIC:
        raise BackupRefused(
            f"{path} is no SQLite database. If it is compressed or encrypted, undo that first. "
            "Nothing was changed."
        )
    if has_a_foreign_log(path):
        raise BackupRefused(
            f"Beside {path} lies a write-ahead log (its name ends in -wal) that does not belong to "
            "it. Move it away. Nothing was changed."
        )


def _copy(path: Path, draft: Path) -> None:
    """Copies a backup; one that was copied with its log comes with what the log holds."""
    try:
        shutil.copyfile(path, draft)
        if log_of(path).exists():
            shutil.copyfile(log_of(path), log_of(draft))
        with closing(sqlite3.connect(draft, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE").fetchall()
    except OSError as error:
        raise BackupRefused(
            f"The backup could not be copied beside the database ({error.strerror}). Nothing was "
            "changed."
        ) from error
    except sqlite3.DatabaseError as error:
        raise _damaged(path) from error


def _inspect(draft: Path, path: Path) -> CopyContents:
    """What a copy holds, after all of it was read. Raises BackupRefused when it is not whole."""
    step = None
    try:
        with closing(sqlite3.connect(f"{draft.as_uri()}?mode=ro", uri=True)) as connection:
            if connection.execute("PRAGMA integrity_check(1)").fetchall() != [("ok",)]:
                raise _damaged(path)
            if connection.execute("PRAGMA foreign_key_check").fetchone() is not None:
                raise _damaged(path)
            try:
                found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
                step = None if found is None else str(found[0])
                row = () if step is None else connection.execute(WHAT_IT_HOLDS).fetchone()
            except sqlite3.OperationalError:
                # A database, and not ours.
                step = None
    except sqlite3.DatabaseError as error:
        raise _damaged(path) from error
    if step is None:
        require_known(None, path)
        raise AssertionError("unreachable")
    return CopyContents.of(step, row)


def _damaged(path: Path) -> BackupRefused:
    return BackupRefused(
        f"{path} is damaged or cut short: not all of it can be read. Use another backup. Nothing "
        "was changed."
    )
