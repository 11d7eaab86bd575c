"""Which schema step a database is at, and whether this program can work with it.

The steps are one line, each with a file in `migrations/versions` whose name begins with its number:
what serves reads no more of them than that, and does not load Alembic, which takes them. A newer
release says with each of its steps which is the oldest release that can live with it, in a table
that this program reads.
"""

from datetime import datetime
from enum import Enum, auto
from functools import cache
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Table, column, inspect, select, table

from service.persistence.asking import Asking
from service.persistence.engines import Database
from service.persistence.tables import metadata

SCHEMA_STEP: Table = metadata.tables["schema_step"]


class SchemaUnknown(RuntimeError):
    """The database is at another schema than this program can work with."""


class CannotGoBack(RuntimeError):
    """An earlier schema step cannot hold what the database holds."""


class PeopleAreWriting(RuntimeError):
    """There was no moment in which a schema step could be taken."""


class SchemaStanding(Enum):
    """How the schema of a database stands to this program."""

    ours = auto()
    older = auto()
    newer_and_readable = auto()
    unknown = auto()


STEPS_IN: Final = Path(__file__).parent / "migrations"
"""Where the steps are."""

_TAKEN = table("alembic_version", column("version_num"))


@cache
def known_steps() -> tuple[str, ...]:
    """The steps that this program came with, the first first."""
    files = (STEPS_IN / "versions").glob("[0-9][0-9][0-9][0-9]_*.py")
    return tuple(sorted(file.name[:4] for file in files))


def newest() -> str:
    """The schema step that this program works on: the last of the files that it came with."""
    if not known_steps():
        raise SchemaUnknown("The program carries no migrations: it was not installed whole.")
    return known_steps()[-1]


def step_of(connection: Connection) -> str | None:
    """The schema step that the database of a connection is at, or None."""
    if not inspect(connection).has_table(_TAKEN.name):
        return None
    at: str | None = connection.execute(select(_TAKEN.c.version_num)).scalar()
    return at


async def current(database: Database) -> str | None:
    """The schema step that a database is at, or None when it has never been migrated."""
    async with database.reading() as connection:
        return await connection.run_sync(step_of)


async def standing(database: Database) -> SchemaStanding:
    """How the schema of a database stands to this program."""
    return await _standing(database, await current(database))


async def _standing(database: Database, at: str | None) -> SchemaStanding:
    if at == newest():
        return SchemaStanding.ours
    if at is None or at in known_steps():
        return SchemaStanding.older
    async with database.reading() as connection:
        oldest = await connection.run_sync(_oldest_reader, at)
    return SchemaStanding.newer_and_readable if oldest in known_steps() else SchemaStanding.unknown


def _oldest_reader(connection: Connection, step: str) -> str | None:
    """The oldest step whose release can live with this one, as the release that took it says."""
    if not inspect(connection).has_table(SCHEMA_STEP.name):
        return None
    said = select(SCHEMA_STEP.c.oldest_reader).where(SCHEMA_STEP.c.step == step)
    return connection.execute(said).scalar()


async def taken_at(ask: Asking, step: str) -> datetime | None:
    """When a database was brought to a step; None when that is not on record."""
    row = await ask.first(select(SCHEMA_STEP.c.taken_at).where(SCHEMA_STEP.c.step == step))
    return None if row is None else row[0]


async def require_known(database: Database) -> SchemaStanding:
    """Raises SchemaUnknown unless this program can work with the schema of a database.

    A file that is not there is not made by asking.
    """
    _require_file(database)
    at = await current(database)
    found = await _standing(database, at)
    if found is SchemaStanding.older:
        raise SchemaUnknown(
            f"The database is at schema step {at or 'none'} and this program needs {newest()}. "
            "Back the database up (frontdoor backup), then run: frontdoor migrate"
        )
    if found is SchemaStanding.unknown:
        raise SchemaUnknown(newer_than_this(at))
    return found


async def require_from(database: Database, step: str) -> None:
    """Raises SchemaUnknown unless a database is at a step or any later one known to be readable.

    For what is asked of a database before an upgrade: it may be older than this program works with.
    """
    _require_file(database)
    at = await current(database)
    if await _standing(database, at) is SchemaStanding.unknown:
        raise SchemaUnknown(newer_than_this(at))
    steps = known_steps()
    if at is None or (at in steps and steps.index(at) < steps.index(step)):
        raise SchemaUnknown(
            f"The database is at schema step {at or 'none'}, where nothing of this is kept yet. Is "
            "it the one that was meant? To bring it to this program's run: frontdoor migrate"
        )


def _require_file(database: Database) -> None:
    if database.file is not None and not database.file.exists():
        raise SchemaUnknown(
            "There is no database file where FRONTDOOR_DATABASE_URL says. To make a new database "
            "run: frontdoor migrate. To bring a backup back run: frontdoor restore"
        )


def newer_than_this(at: str | None) -> str:
    """What to do with a database that a newer release has migrated beyond what is known here."""
    return (
        f"The database is at schema step {at}, which this program does not know and cannot work "
        "with: it was migrated by a newer release. Start that release. To come back to this one, "
        f"run with that release, after a backup: frontdoor migrate --revision {newest()} --drop"
    )
