"""Schema steps: up, down, which one a database is at, and the refusal of one we do not know."""

import asyncio
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, select

from service.persistence.engines import Database

# Any number, the same in every release: the lock that lets one process migrate at a time.
_ONE_MIGRATION = 4_702_111_908


class SchemaUnknown(RuntimeError):
    """The database is at another schema than this program knows."""


class CannotGoBack(RuntimeError):
    """An earlier schema step cannot hold what the database holds."""


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


@cache
def newest() -> str:
    """The schema step that this program works on: the last of the files that it came with."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise SchemaUnknown("The program carries no migrations: it was not installed whole.")
    return head


def known_steps() -> frozenset[str]:
    """Every schema step that this program knows, from the first to the newest."""
    steps = ScriptDirectory.from_config(_config()).walk_revisions()
    return frozenset(step.revision for step in steps)


async def current(database: Database) -> str | None:
    """The schema step that a database is at, or None when it has never been migrated."""
    async with database.reading() as connection:
        return await connection.run_sync(
            lambda given: MigrationContext.configure(given).get_current_revision()
        )


async def require_newest(database: Database) -> None:
    """Raises SchemaUnknown unless the database is at the step that this program works on.

    A file that is not there is not made by asking.
    """
    if database.file is not None and not database.file.exists():
        raise SchemaUnknown(
            "There is no database file where FRONTDOOR_DATABASE_URL says. To make a new database "
            "run: frontdoor migrate. To bring a backup back run: frontdoor restore"
        )
    at, needed = await current(database), newest()
    if at == needed:
        return
    if at is None or at in known_steps():
        raise SchemaUnknown(
            f"The database is at schema step {at or 'none'} and this program needs {needed}. "
            "Back the database up (frontdoor backup), then run: frontdoor migrate"
        )
    raise SchemaUnknown(
        f"The database is at schema step {at}, which this program does not know: it was migrated "
        f"by a newer release. This release works on {needed}; start the newer one."
    )


async def migrate_database(database: Database, revision: str = "head") -> None:
    """Brings a database to a step: `head`, a step's number, `-1` for one back, `base`.

    All or nothing, on both databases; a second process that migrates waits for the first. Raises
    CannotGoBack where an earlier step cannot hold what is kept.
    """

    def run(connection: Connection) -> None:
        if connection.dialect.name == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(_ONE_MIGRATION)))
        config = _config(connection)
        at = MigrationContext.configure(connection).get_current_revision()
        back = revision == "base" or revision.startswith("-")
        if not back and revision != "head" and at is not None and revision < at:
            back = True
        (command.downgrade if back else command.upgrade)(config, revision)

    async with database.writing() as connection:
        await connection.run_sync(run)
        await connection.commit()


def migrate(url: str, revision: str = "head") -> None:
    """Brings the database at `url` to a step, from a program that has no event loop."""

    async def run() -> None:
        database = Database(url)
        try:
            await migrate_database(database, revision)
        finally:
            await database.dispose()

    asyncio.run(run())
