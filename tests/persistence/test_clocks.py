"""Clocks: one thing stops a clock, and what came after that changes nothing of it."""

from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from service.bootstrap import House, Work
from service.domain.access import Role
from service.domain.deadlines import Deadline
from service.domain.whole_contacts import WholeContact
from service.persistence.clocks import DEADLINE, is_running, stop_clocks
from service.usecases.contacts import read_contact
from service.usecases.flags import sweep
from tests.support.cases import log, start_clocks
from tests.support.clocks import FixedClock
from tests.support.days import JANUARY_FRIDAY
from tests.support.houses import caller, open_house

HOUR = timedelta(hours=1)
DAY, STATUTORY, ASKED = "contact_to_referral", "statutory_decision", "agency_information"


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(JANUARY_FRIDAY)


@pytest.fixture
async def house(database_url: str, clock: FixedClock, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(database_url, clock, tmp_path) as opened:
        yield opened


async def stopped(house: House, file: WholeContact, kinds: list[str], because: str) -> None:
    contact_id, at = file.contact.id, house.clock() - timedelta(minutes=1)
    await house.perform(
        lambda work: stop_clocks(work, contact_id, contact_id, kinds, because, happened_at=at)
    )


async def clocks(house: House, file: WholeContact) -> dict[str, Deadline]:
    manager = await caller(house, Role.mash_manager)
    found = await house.ask(lambda ask: read_contact(ask, manager, file.contact.id))
    return {one.kind: one for one in found.deadlines}


async def test_a_stopped_clock_keeps_its_first_stop(house: House, clock: FixedClock) -> None:
    """When, why, and when it happened: measures count by it, and the past does not change."""
    file = await log(house, JANUARY_FRIDAY)
    clock.forward(hours=1)
    await stopped(house, file, [DAY], "decided")
    first = (await clocks(house, file))[DAY]
    assert first.stopped_at == JANUARY_FRIDAY + HOUR
    assert first.stopped_because == "decided"
    assert first.happened_at == JANUARY_FRIDAY + HOUR - timedelta(minutes=1)
    clock.forward(hours=30)
    await stopped(house, file, [DAY, STATUTORY], "closed")
    after = await clocks(house, file)
    assert after[DAY] == first
    assert (after[STATUTORY].stopped_at, after[STATUTORY].stopped_because) == (clock.now, "closed")


async def test_only_the_kinds_and_the_subject_that_are_named_stop(
    house: House, clock: FixedClock
) -> None:
    one, other = await log(house, JANUARY_FRIDAY), await log(house, JANUARY_FRIDAY)
    await stopped(house, one, [DAY], "decided")
    running = {
        (file.contact.id, kind)
        for file in (one, other)
        for kind, found in (await clocks(house, file)).items()
        if found.stopped_at is None
    }
    started = set(await clocks(house, other))
    assert running == {(other.contact.id, kind) for kind in started} | {
        (one.contact.id, kind) for kind in started - {DAY}
    }
    for file, runs in ((one, False), (other, True)):
        contact_id = file.contact.id
        found = await house.perform(
            partial(is_running, contact_id=contact_id, subject_id=contact_id, kind=DAY)
        )
        assert found is runs


async def test_of_two_things_on_one_contact_only_the_one_that_is_named_stops(
    house: House, clock: FixedClock
) -> None:
    file = await log(house, JANUARY_FRIDAY)
    await start_clocks(house, file, 2, JANUARY_FRIDAY + HOUR)

    async def running(work: Work) -> list[UUID]:
        rows = await work.all(
            select(DEADLINE.c.subject_id).where(
                DEADLINE.c.kind == ASKED, DEADLINE.c.stopped_at.is_(None)
            )
        )
        return [subject_id for (subject_id,) in rows]

    one, other = await house.perform(running)
    await house.perform(lambda work: stop_clocks(work, file.contact.id, one, [ASKED], "answered"))
    assert await house.perform(running) == [other]


async def test_a_stop_clears_the_flags_of_the_clock_that_it_stopped_and_of_no_other(
    house: House, clock: FixedClock
) -> None:
    file = await log(house, JANUARY_FRIDAY)
    clock.forward(days=4)
    await sweep(house)
    await stopped(house, file, [DAY], "decided")
    async with house.database.reading() as connection:
        found = await connection.exec_driver_sql(
            "SELECT kind, cleared_because FROM flag ORDER BY kind"
        )
        cleared = {str(row.kind): row.cleared_because for row in found}
    assert cleared[DAY] == "decided"
    assert set(cleared) > {DAY}
    assert {because for kind, because in cleared.items() if kind != DAY} == {None}
