"""Copies of a PostgreSQL database, by PostgreSQL's own programs: `pg_dump` and `pg_restore`."""

import asyncio
import os
import re
import shutil
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from service.database_urls import SYSTEM, PostgresqlPlace
from service.persistence.backups import (
    WHAT_IT_HOLDS,
    BackupRefused,
    CopyContents,
    Restored,
    draft_beside,
    put_in_place,
    require_known,
)
from service.persistence.engines import Database

_MAGIC: Final = b"PGDMP"
_TABLES: Final = text(
    "SELECT count(*) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace "
    "WHERE relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND nspname NOT LIKE 'pg\\_%' "
    "AND nspname <> 'information_schema'"
)
_OTHERS: Final = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
    "AND pid <> pg_backend_pid() AND application_name LIKE 'frontdoor%'"
)


async def back_up(database: Database, path: Path) -> CopyContents:
    """Copies a database that may be in use to `path`, which is not there yet, and reads it back.

    What was acknowledged before this began is in it. Raises BackupRefused and DatabaseAway.
    """
    async with database.reading_at_one_instant() as connection:
        await connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        dump = await _program("pg_dump", connection)
        restore = await _program("pg_restore", connection)
        holding = await _holding(connection, path)
        snapshot = (await connection.execute(text("SELECT pg_export_snapshot()"))).scalar_one()
        with draft_beside(path) as draft:
            await _run(
                _place_of(database),
                dump,
                "--format=custom",
                "--no-owner",
                "--no-privileges",
                "--no-password",
                f"--snapshot={snapshot}",
                f"--file={draft}",
            )
            await _read_whole(restore, draft, path)
            put_in_place(draft, path)
    return holding


async def bring_back(path: Path, database: Database) -> Restored:
    """Puts a backup into a database that has nothing in it: all of it, or nothing.

    Raises BackupRefused and DatabaseAway.
    """
    _require_a_dump(path)
    async with database.reading() as connection:
        program = await _program("pg_restore", connection)
        if (await connection.execute(_OTHERS)).scalar_one():
            raise BackupRefused(
                "Front door processes are connected to this database. Stop frontdoor serve and "
                "frontdoor worker, then restore. Nothing was changed."
            )
        if (await connection.execute(_TABLES)).scalar_one():
            raise BackupRefused(
                "The database is not empty, and nothing is restored over what is there. Make a new "
                "database (createdb), name it in FRONTDOOR_DATABASE_URL, and restore there; the "
                "old one stays as it is."
            )
    await _read_whole(program, path, path)
    require_known(await _step_in(program, path), path)
    await _run(
        _place_of(database),
        program,
        "--single-transaction",
        "--exit-on-error",
        "--no-owner",
        "--no-privileges",
        "--no-password",
        str(path),
    )
    async with database.reading() as connection:
        return Restored(await _holding(connection, path), None)


def _place_of(database: Database) -> PostgresqlPlace:
    if database.place is None:
        raise BackupRefused("FRONTDOOR_DATABASE_URL names no PostgreSQL.")
    return database.place


async def _holding(connection: AsyncConnection, path: Path) -> CopyContents:
    there = await connection.execute(text("SELECT to_regclass('alembic_version') IS NOT NULL"))
    if not there.scalar_one():
        raise BackupRefused(
            "The database that FRONTDOOR_DATABASE_URL names was never migrated: nothing to back up."
        )
    step = (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar()
    row = (await connection.execute(text(WHAT_IT_HOLDS))).one()
    return CopyContents.of(str(step), tuple(row))


def _require_a_dump(path: Path) -> None:
    try:
        with path.open("rb") as file:
            begins = file.read(len(_MAGIC))
    except FileNotFoundError:
        raise BackupRefused(f"There is no file {path}.") from None
    except IsADirectoryError:
        raise BackupRefused(f"{path} is a folder. Name a file.") from None
    if begins != _MAGIC:
        raise BackupRefused(
            f"{path} is no backup of PostgreSQL in pg_dump's custom format. If it is compressed or "
            "encrypted, undo that first; a plain SQL script goes through psql. Nothing was changed."
        )


async def _program(name: str, connection: AsyncConnection) -> str:
    """Where a program of PostgreSQL is. Raises BackupRefused when there is none that will do."""
    found = shutil.which(name)
    if found is None:
        raise BackupRefused(
            f"{name} is not on this machine's PATH. It comes with PostgreSQL's client programs "
            "(in Debian postgresql-client), at least as new as the server."
        )
    number = (await connection.execute(text("SHOW server_version_num"))).scalar_one()
    server = int(number) // 10_000
    said = await _output(found, "--version")
    match = re.search(r"(\d+)(?:\.\d+|devel|beta\d+|rc\d+)", said)
    if match is not None and int(match[1]) < server:
        raise BackupRefused(
            f"{name} on this machine's PATH is of PostgreSQL {match[1]}, and the server of "
            f"{server}: an older program cannot read it whole. Install the client programs of the "
            "server's release, and put them first on the PATH."
        )
    return found


async def _read_whole(restore: str, draft: Path, path: Path) -> None:
    """Reads all of a dump. Raises BackupRefused when that cannot be done."""
    try:
        await _output(restore, f"--file={os.devnull}", str(draft))
    except BackupRefused:
        raise BackupRefused(
            f"{path} is damaged or cut short: not all of it can be read. Use another backup. "
            "Nothing was changed."
        ) from None


async def _step_in(restore: str, path: Path) -> str | None:
    """The schema step in a dump, or None when it has none."""
    said = await _output(restore, "--data-only", "--table=alembic_version", "--file=-", str(path))
    match = re.search(r"^COPY \S*alembic_version .*\n(\S+)\n", said, re.MULTILINE)
    return None if match is None or match[1] == "\\." else match[1]


async def _run(place: PostgresqlPlace, *command: str) -> None:
    named, surroundings = reached_by(place)
    await _output(*command, f"--dbname={named}", surroundings=surroundings)


def reached_by(place: PostgresqlPlace) -> tuple[str, dict[str, str]]:
    """How PostgreSQL's programs reach a database: its URL without the password, and the rest.

    The password goes into their surroundings, where nobody else on the machine reads it, as they
    would in a list of processes. Raises BackupRefused for one that cannot go there.
    """
    parts = urlsplit(place.dsn)
    words: dict[str, str] = dict(parse_qsl(parts.query, keep_blank_values=True))
    account, at, hosts = parts.netloc.rpartition("@")
    user, _, password = account.partition(":")
    password = words.pop("password", "") or unquote(password)
    if words.pop("sslpassword", ""):
        raise BackupRefused(
            "sslpassword in FRONTDOOR_DATABASE_URL would be seen by everybody on this machine. Use "
            "a key file without a password, for its owner alone, for backups."
        )
    if place.trusts_the_system:
        words["sslrootcert"] = SYSTEM
    named = urlunsplit(
        ("postgresql", f"{user}{at}{hosts}", parts.path, urlencode(words, quote_via=quote), "")
    )
    return named, {"PGAPPNAME": "frontdoor backup"} | ({"PGPASSWORD": password} if password else {})


async def _output(*command: str, surroundings: dict[str, str] | None = None) -> str:
    """What a program says. Raises BackupRefused with its first complaint when it fails."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **(surroundings or {}), "LC_ALL": "C"},
    )
    try:
        output, complaints = await process.communicate()
    except BaseException:
        process.kill()
        await process.wait()
        raise
    if process.returncode != 0:
        # The lines after the first may quote what is in a row.
        lines = complaints.decode(errors="replace").splitlines()
        first = next((line for line in lines if "error:" in line), "it said nothing")
        name = Path(command[0]).name
        raise BackupRefused(f"{name} failed: {first.removeprefix(f'{name}: error: ')}")
    return output.decode(errors="replace")
