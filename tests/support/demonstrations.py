"""The demonstration data, loaded once for all tests that look at them, and copied from there."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select, text
from sqlmodel import SQLModel

from frontdoor.demonstration import Loaded, load
from service.persistence.engines import Database
from tests.support.clocks import FixedClock
from tests.support.databases import SqliteFiles
from tests.support.houses import open_house

NOW = datetime(2026, 3, 18, 14, 20, 7, 654_321, tzinfo=UTC)
LOOKED_AT_IN = (
    "tests/contract/test_walkthrough_figures.py",
    "tests/frontdoor/test_believable_year.py",
    "tests/frontdoor/test_demonstration.py",
    "tests/frontdoor/test_development.py",
)
"""The files whose tests look at them, and are run in one process: loading takes minutes."""


@dataclass
class Demonstration:
    """A database with the demonstration data, and how loading went."""

    url: str
    folder: Path
    loaded: Loaded
    told: list[tuple[int, int]]


@contextmanager
def demonstration_loaded(sqlite: SqliteFiles, folder: Path) -> Iterator[Demonstration]:
    """Loads them into a database, in a thread of its own with its own event loop."""
    url = sqlite.create_database()
    told: list[tuple[int, int]] = []

    async def run() -> Demonstration:
        async with open_house(url, FixedClock(NOW), folder) as house:
            loaded = await load(house, progress=lambda done, of: told.append((done, of)))
            return Demonstration(url, folder, loaded, told)

    with ThreadPoolExecutor(max_workers=1) as thread:
        yield thread.submit(lambda: asyncio.run(run())).result()
    sqlite.drop_database(url)


async def copy_of(demonstration: Demonstration, url: str) -> None:
    """Fills a migrated PostgreSQL database with them, in a hundredth of the time of loading.

    The keys that tie the rows are taken off meanwhile, and hold again afterwards.
    """
    tables = SQLModel.metadata.tables.values()
    source, target = Database(demonstration.url), Database(url)
    try:
        async with source.reading() as reader, target.writing() as writer:
            keys = (await writer.execute(_KEYS)).all()
            for table, key, _ in keys:
                await writer.execute(text(f'ALTER TABLE {table} DROP CONSTRAINT "{key}"'))
            for table in tables:
                # What the database works out for itself is not given to it.
                kept = [column for column in table.columns if column.computed is None]
                rows = (await reader.execute(select(*kept))).mappings().all()
                # Most are empty, and what is append-only may not even be asked to forget nothing.
                if (await writer.execute(select(table).limit(1))).first() is not None:
                    await writer.execute(table.delete())
                if rows:
                    await writer.execute(table.insert(), [dict(row) for row in rows])
            for table, key, meaning in keys:
                await writer.execute(text(f'ALTER TABLE {table} ADD CONSTRAINT "{key}" {meaning}'))
            for table, column, last in (await writer.execute(_COUNTERS)).all():
                newest = f"(SELECT max({column}) FROM {table})"  # noqa: S608 - names of the schema
                await writer.execute(text(f"SELECT setval('{last}', {newest})"))
            await writer.commit()
    finally:
        await source.dispose()
        await target.dispose()


_KEYS = text(
    "SELECT CAST(CAST(conrelid AS regclass) AS text), conname, pg_get_constraintdef(oid) "
    "FROM pg_constraint WHERE contype = 'f'"
)
_COUNTERS = text(
    "SELECT table_name, column_name, pg_get_serial_sequence(table_name, column_name) "
    "FROM information_schema.columns WHERE table_schema = 'public' "
    "AND pg_get_serial_sequence(table_name, column_name) IS NOT NULL"
)
