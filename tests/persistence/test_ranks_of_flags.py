"""Flags of an earlier release are placed by the danger that was told on their clocks."""

from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from service.domain.flags import Flag, Severity
from service.persistence.engines import Database
from service.persistence.migrating import migrate_database
from service.persistence.records import columns_of, read, table_of
from service.usecases.flags import sweep
from tests.persistence.test_migrating import opened
from tests.support.clocks import FixedClock
from tests.support.days import FRIDAY
from tests.support.houses import open_house
from tests.support.situations import contact_about

BEFORE = "0031"


async def flags_of(database: Database) -> list[Flag]:
    async with database.reading() as connection:
        rows = await connection.execute(select(*columns_of(Flag)).order_by(table_of(Flag).c.id))
        return [read(Flag, row) for row in rows]


async def test_danger_and_the_breach_after_it_are_placed_and_nothing_else_of_a_flag_changes(
    empty_database_url: str, tmp_path: Path
) -> None:
    async with opened(empty_database_url) as database:
        await migrate_database(database)
        clock = FixedClock(FRIDAY)
        async with open_house(empty_database_url, clock, tmp_path) as house:
            await contact_about(house, immediate_danger=True)
            clock.set(FRIDAY + timedelta(hours=30))
            await sweep(house)
        before = await flags_of(database)
        await migrate_database(database, BEFORE)
        await migrate_database(database)
        after = await flags_of(database)
    assert after == before
    placed = {(one.kind, one.severity) for one in after if one.danger}
    assert placed == {("triage", Severity.danger), ("triage", Severity.breach)}
    assert [one for one in after if not one.danger]
