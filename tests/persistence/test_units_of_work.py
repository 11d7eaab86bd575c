"""One use-case, one transaction: what it only adds is kept as well as what it changes."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from sqlalchemy import text

from service.bootstrap import House, Work
from service.domain.events import EventType
from tests.support.clocks import FixedClock
from tests.support.houses import open_house


async def events_on_file(house: House) -> int:
    async with house.database.reading() as connection:
        return int((await connection.execute(text("SELECT count(*) FROM event"))).scalar_one())


async def test_a_use_case_that_only_adds_is_kept(database_url: str, tmp_path: Path) -> None:
    async def add(work: Work) -> None:
        work.record(EventType.contact_received, None, uuid4())

    clock = FixedClock(datetime(2026, 1, 9, 16, 0, tzinfo=UTC))
    async with open_house(database_url, clock, tmp_path) as house:
        await house.perform(add)
        assert await events_on_file(house) == 1
    async with open_house(database_url, clock, tmp_path) as house:
        assert await events_on_file(house) == 1


async def test_a_use_case_that_fails_leaves_nothing(database_url: str, tmp_path: Path) -> None:
    async def add(work: Work) -> None:
        work.record(EventType.contact_received, None, uuid4())
        await work.first(text("SELECT 1"))
        raise LookupError

    clock = FixedClock(datetime(2026, 1, 9, 16, 0, tzinfo=UTC))
    async with open_house(database_url, clock, tmp_path) as house:
        try:
            await house.perform(add)
        except LookupError:
            assert await events_on_file(house) == 0
        else:
            raise AssertionError("the failure was swallowed")
