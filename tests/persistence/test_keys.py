"""Keys by which children are found, made for what another release wrote, whatever happens."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import pytest
from sqlalchemy import select, update

from service.bootstrap import House
from service.domain.contacts import Adult, Contact
from service.domain.identities import keyed
from service.domain.job_runs import JobName, JobRun
from service.domain.people import Person
from service.persistence import keys
from service.persistence.asking import Asking
from service.persistence.ids import new_id
from service.persistence.keys import AT_ONCE, Writing
from service.persistence.places import Migrated
from service.persistence.records import columns_of, read, table_of
from service.usecases.jobs import TWO_RELEASES_AT_WORK
from tests.support.clocks import FixedClock
from tests.support.houses import open_house
from tests.support.records import one_of_each
from workers.jobs import make_keys

NOW = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
SAMPLE: dict[type, Any] = {type(one): one for one in one_of_each(full=True)}
PERSON, ADULT, CONTACT = table_of(Person), table_of(Adult), table_of(Contact)
KEYS = ("identity_key", "name_key", "other_name_key", "given_key", "family_key")
Found = TypeVar("Found")


class Interrupted(Exception):
    """Somebody ended the process."""


class InterruptedAfter:
    """A database in which keys are made, until the process is ended after so many changes."""

    def __init__(self, house: House, changes: int) -> None:
        self._places = Migrated(house.database)
        self._left = changes

    async def ask_at_length(self, question: Callable[[Asking], Awaitable[Found]]) -> Found:
        return await self._places.ask_at_length(question)

    async def perform(self, change: Callable[[Writing], Awaitable[Found]]) -> Found:
        if self._left == 0:
            raise Interrupted
        self._left -= 1
        return await self._places.perform(change)


@pytest.fixture
async def house(database_url: str, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(database_url, FixedClock(NOW), tmp_path) as opened:
        yield opened


async def written_before(house: House, many: int) -> list[UUID]:
    """So many children as the release before writes them: without keys that it does not know."""
    people = [
        replace(
            SAMPLE[Person],
            id=new_id(),
            given_name="Łukasz",
            family_name=f"O\N{RIGHT SINGLE QUOTATION MARK}Brien {place}",
            date_of_birth=date(2015, 1, 1) + timedelta(days=place % 300),
            nhs_number=None,
            unique_pupil_number=None,
            **dict.fromkeys(KEYS),
        )
        for place in range(many)
    ]

    async def write(work: Any) -> None:
        work.add(*people)

    await house.perform(write)
    return [one.id for one in people]


async def on_file(house: House) -> dict[UUID, Person]:
    async with house.database.reading() as connection:
        rows = (await connection.execute(select(*columns_of(Person)))).all()
    return {row.id: read(Person, row) for row in rows}


async def without_keys(house: House) -> list[UUID]:
    """Who is on file and has not the keys that follow from the rest."""
    return [id_ for id_, one in (await on_file(house)).items() if one != keyed(one)]


async def test_keys_are_made_for_what_has_none_and_the_second_time_nothing_is_left(
    house: House,
) -> None:
    ids = await written_before(house, 3)
    assert await keys.make_keys(Migrated(house.database)) == 3
    assert await without_keys(house) == []
    found = (await on_file(house))[ids[0]]
    assert (found.name_key, found.given_key, found.family_key) == ("0 lukasz 2015", "lukasz", "0")
    assert found.other_name_key == "lukasz obrien 2015"
    assert await keys.make_keys(Migrated(house.database)) == 0


async def test_interrupted_it_keeps_what_is_done_and_goes_on_with_the_rest(house: House) -> None:
    await written_before(house, 2 * AT_ONCE + 7)
    with pytest.raises(Interrupted):
        await keys.make_keys(InterruptedAfter(house, 1))
    assert len(await without_keys(house)) == AT_ONCE + 7
    assert await keys.make_keys(Migrated(house.database)) == AT_ONCE + 7
    assert await without_keys(house) == []


async def test_two_at_once_make_each_key_once_and_hold_up_nobody(house: House) -> None:
    await written_before(house, AT_ONCE + 7)
    places = Migrated(house.database)
    made = await asyncio.gather(keys.make_keys(places), keys.make_keys(places))
    assert sum(made) == AT_ONCE + 7
    assert await without_keys(house) == []


async def test_a_name_that_is_changed_in_between_keeps_the_keys_of_the_new_name(
    house: House,
) -> None:
    [id_] = await written_before(house, 1)

    class Meanwhile(InterruptedAfter):
        async def perform(self, change: Callable[[Writing], Awaitable[Found]]) -> Found:
            async with house.database.writing() as connection:
                new = update(PERSON).where(PERSON.c.id == id_).values(given_name="Zofia")
                await connection.execute(new)
                await connection.commit()
            return await super().perform(change)

    await keys.make_keys(Meanwhile(house, 1))
    assert (await on_file(house))[id_].given_key == "zofia"
    assert await without_keys(house) == []


async def test_homes_and_adults_are_looked_at_too_and_no_address_loses_its_key(
    house: House,
) -> None:
    contact = replace(
        SAMPLE[Contact],
        address="No fixed abode",
        postcode="ZZ99 3CZ",
        address_key="zz993cz no fixed abode",
        possible_duplicate_of=None,
        assignee_id=None,
    )
    account = next(one for kind, one in SAMPLE.items() if kind.__name__ == "Account")
    contact = replace(contact, assignee_id=account.id)
    adult = replace(SAMPLE[Adult], contact_id=contact.id, identity_key="as it was")

    async def write(work: Any) -> None:
        work.add(account, contact, adult)

    await house.perform(write)
    assert await keys.make_keys(Migrated(house.database)) == 2
    async with house.database.reading() as connection:
        homes = (await connection.execute(select(CONTACT.c.address_key))).scalars().all()
        adults = (await connection.execute(select(ADULT.c.identity_key))).scalars().all()
    assert homes == [None]
    assert adults != ["as it was"]


async def test_the_job_looks_at_everything_while_two_releases_may_be_at_work_then_at_what_is_new(
    database_url: str, tmp_path: Path
) -> None:
    clock = FixedClock(datetime.now(UTC))
    async with open_house(database_url, clock, tmp_path) as house:
        [old] = await written_before(house, 1)

        async def forget(work: Any) -> None:
            await work.execute(update(PERSON).where(PERSON.c.id == old).values(given_key=None))

        for _ in range(2):
            assert await make_keys.run(house) == 1, (
                "a process of the release before changed it again"
            )
            await house.perform(forget)
        clock.set(clock.now + TWO_RELEASES_AT_WORK + timedelta(days=1))
        assert await make_keys.run(house) == 1, "it never succeeded yet"
        await house.perform(forget)

        async def succeed(work: Any) -> None:
            work.add(
                JobRun(
                    name=JobName.make_keys,
                    started_at=clock.now,
                    succeeded_at=clock.now,
                    failed_at=None,
                    failure=None,
                    holder="a worker",
                    runs=1,
                    done=0,
                )
            )

        await house.perform(succeed)
        assert await make_keys.run(house) == 0, "nobody of the release before is at work"
