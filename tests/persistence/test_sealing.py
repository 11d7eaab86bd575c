"""Positions of events: in the order in which they could be seen, none missed and none twice."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Insert, insert, select, text

from service.domain.access import THE_RECORD, Reach, Sight
from service.domain.events import Bookmark, Event, EventType, Whom
from service.persistence.asking import Asking, Reading
from service.persistence.engines import Database
from service.persistence.ids import new_id
from service.persistence.places import Migrated
from service.persistence.records import columns_of, table_of
from service.persistence.repositories import events
from service.persistence.sealing import seal_events
from service.persistence.tables import metadata
from service.persistence.units_of_work import Work
from service.policy import Policy
from tests.persistence.conftest import NOW, Bench
from tests.support.databases import PostgresServer

EVENT = table_of(Event)
SEALING = metadata.tables["event_sealing"]


async def written(bench: Bench, *abouts: Sequence[UUID], subject: UUID | None = None) -> list[UUID]:
    """So many events, each about some children; returns their ids, in order."""
    async with bench.work() as work:
        for about in abouts:
            work.record(EventType.decision_drafted, None, subject or new_id(), about=about)
        ids = [one.id for one in work.added(Event)]
        await work.commit()
    return ids


async def sealed(database: Database, **options: int) -> int:
    return await seal_events(Migrated(database), **options)


async def read_after(
    database: Database, bookmark: Bookmark | None, limit: int = 1000
) -> list[UUID]:
    async with database.reading() as connection:
        found = await events.after(Reading(connection), THE_RECORD, bookmark, limit)
    return [one.event.id for one in found]


async def at_the_end(database: Database) -> Bookmark | None:
    async with database.reading() as connection:
        return await events.last_bookmark(Reading(connection))


async def settled(database: Database) -> int:
    async with database.reading() as connection:
        return await events.settled_now(Reading(connection))


async def test_each_event_gets_one_position_in_order_and_without_gaps(bench: Bench) -> None:
    ids = await written(bench, *([new_id()] for _ in range(7)))
    assert await read_after(bench.database, None) == []
    assert await sealed(bench.database, at_once=3) == 7
    assert await sealed(bench.database) == 0
    async with bench.database.reading() as connection:
        found = await events.after(Reading(connection), THE_RECORD, None, 100)
    assert [one.event.id for one in found] == ids
    assert [one.position for one in found] == list(range(1, 8))
    assert [list(one.people) for one in found] == [list(one.event.people or ()) for one in found]
    assert await read_after(bench.database, found[3].bookmark) == ids[4:]
    assert await read_after(bench.database, found[3].bookmark, limit=2) == ids[4:6]


async def test_two_that_seal_at_once_give_each_event_one_position(bench: Bench) -> None:
    ids = await written(bench, *([new_id()] for _ in range(40)))
    places = Migrated(bench.database)
    done = await asyncio.gather(*(seal_events(places, at_once=7) for _ in range(3)))
    assert sum(done) == 40
    assert await read_after(bench.database, None) == ids


async def test_how_far_all_is_settled_goes_along_so_that_no_run_looks_through_everything(
    bench: Bench,
) -> None:
    await written(bench, *([new_id()] for _ in range(5)))
    await sealed(bench.database)
    await written(bench, [new_id()])
    await sealed(bench.database)
    assert await settled(bench.database) == 5
    await written(bench, [new_id()])
    await sealed(bench.database)
    assert await settled(bench.database) == 6


@pytest.fixture
async def postgres_desk(postgres: PostgresServer, policy: Policy) -> AsyncIterator[Bench]:
    database = Database(postgres.create_database(), pool_size=12)
    yield Bench(database, policy)
    await database.dispose()


def an_event() -> Event:
    one = new_id()
    return Event(
        id=new_id(),
        type=EventType.decision_signed,
        at=NOW,
        account_id=None,
        organisation_id=None,
        request_id=None,
        subject_id=new_id(),
        contact_id=None,
        person_id=one,
        data={},
        people=[one],
    )


def kept_as(event: Event, **more: object) -> Insert:
    values = {str(one.name): getattr(event, str(one.name)) for one in columns_of(Event)}
    return insert(EVENT).values(**values, **more)


async def test_an_event_that_is_committed_late_is_read_by_who_has_read_later_ones(
    postgres_desk: Bench,
) -> None:
    """Its number was drawn first; others were committed, sealed, read and settled meanwhile."""
    database = postgres_desk.database
    late = an_event()
    async with database.writing() as slow:
        await slow.execute(kept_as(late))
        quick = await written(postgres_desk, [new_id()], [new_id()])
        assert await sealed(database) == 2
        assert await read_after(database, None) == quick
        bookmark = await at_the_end(database)
        for _ in range(3):
            await written(postgres_desk, [new_id()])
            await sealed(database)
        assert await settled(database) == 0, "who writes may yet bring what was begun before"
        await slow.commit()
    assert await sealed(database) == 1
    read = await read_after(database, bookmark)
    assert read[-1] == late.id
    assert len(read) == 4
    # And once it has ended, what it held up is settled.
    for _ in range(3):
        await written(postgres_desk, [new_id()])
        await sealed(database)
    assert await settled(database) >= 6


async def test_a_number_that_was_drawn_and_not_used_yet_is_waited_for(
    postgres_desk: Bench,
) -> None:
    """Between its number and its first row a transaction has none of its own: no snapshot tells."""
    database = postgres_desk.database
    late = an_event()
    async with database.writing() as slow:
        await slow.execute(text("LOCK TABLE event IN ROW EXCLUSIVE MODE"))
        drawn = (await slow.execute(text("SELECT nextval('event_sequence_seq')"))).scalar_one()
        for _ in range(4):
            await written(postgres_desk, [new_id()])
            await sealed(database)
        bookmark = await at_the_end(database)
        assert await settled(database) < drawn
        await slow.execute(kept_as(late, sequence=drawn))
        await slow.commit()
    assert await sealed(database) == 1
    assert await read_after(database, bookmark) == [late.id]


async def test_of_many_writers_at_once_a_reader_misses_none_and_reads_none_twice(
    postgres_desk: Bench,
) -> None:
    """Some commit late, some give up; two seal and one reads all the while."""
    database, chance = postgres_desk.database, random.Random(7)
    committed: list[UUID] = []
    read: list[UUID] = []
    writing = True

    async def write() -> None:
        for _ in range(12):
            one = an_event()
            async with database.writing() as connection:
                await connection.execute(kept_as(one))
                await asyncio.sleep(chance.choice([0, 0, 0.02, 0.2, 0.4]))
                if chance.random() < 0.9:
                    await connection.commit()
                    committed.append(one.id)

    async def seal() -> None:
        while writing:
            await sealed(database, at_once=5)
            await asyncio.sleep(0)

    async def follow() -> None:
        bookmark: Bookmark | None = None
        while True:
            over = not writing
            async with database.reading() as connection:
                found = await events.after(Reading(connection), THE_RECORD, bookmark, 3)
            read.extend(one.event.id for one in found)
            if found:
                bookmark = found[-1].bookmark
            elif over:
                return
            await asyncio.sleep(0)

    async with AsyncExitStack() as stack:
        sealers = [asyncio.create_task(seal()) for _ in range(2)]
        reader = asyncio.create_task(follow())
        stack.callback(reader.cancel)
        await asyncio.gather(*(write() for _ in range(6)))
        await sealed(database)
        writing = False
        await asyncio.gather(*sealers, reader)
    assert len(read) == len(set(read))
    assert set(read) == set(committed)
    async with database.reading() as connection:
        numbers = await connection.execute(
            text("SELECT sequence FROM event_place ORDER BY position")
        )
        found = list(numbers.scalars())
    assert found != sorted(found), "nothing came late: this proves nothing"


async def test_what_happened_a_moment_ago_is_found_by_its_child_before_it_has_a_position(
    bench: Bench,
) -> None:
    ada, bea, subject = new_id(), new_id(), new_id()
    [both] = await written(bench, [ada, bea])
    await sealed(bench.database)
    [alone] = await written(bench, [ada], subject=subject)

    async def about(person_id: UUID, **which: int) -> list[tuple[UUID, int | None]]:
        async with bench.database.reading() as connection:
            found = await events.about_person(
                Reading(connection), THE_RECORD, person_id, limit=10, **which
            )
        return [(one.event.id, one.position) for one in found]

    assert await about(ada) == [(alone, None), (both, 1)]
    assert await about(bea) == [(both, 1)]
    assert await about(ada, before=2) == [(both, 1)]
    await sealed(bench.database)
    assert await about(ada) == [(alone, 2), (both, 1)]
    async with bench.database.reading() as connection:
        of_subject = await events.about_subject(Reading(connection), THE_RECORD, subject, limit=10)
    assert [one.event.id for one in of_subject] == [alone]


async def test_a_reader_of_another_record_is_told_so(bench: Bench) -> None:
    """As after a restoration: the position is there, and is that of another event."""
    await written(bench, [new_id()], [new_id()])
    await sealed(bench.database)
    for bookmark in (Bookmark(2, new_id()), Bookmark(3, new_id())):
        with pytest.raises(events.AnotherRecord):
            await read_after(bench.database, bookmark)


async def test_who_sees_nothing_of_a_child_reads_no_event_of_it(bench: Bench) -> None:
    ada = new_id()
    await written(bench, [ada])
    await sealed(bench.database)
    nobody = Sight(frozenset({Reach.EARLY_HELP}), None, new_id())

    async def ask(reading: Asking) -> tuple[int, int]:
        every = await events.after(reading, nobody, None, 10)
        return len(every), len(await events.about_person(reading, nobody, ada, limit=10))

    async with bench.database.reading() as connection:
        assert await ask(Reading(connection)) == (0, 0)


async def test_the_oldest_without_a_position_tells_how_far_readers_are_behind(bench: Bench) -> None:
    async def oldest() -> object:
        async with bench.database.reading() as connection:
            return await events.oldest_without_position(Reading(connection))

    assert await oldest() is None
    await written(bench, [new_id()])
    async with Work(bench.database, now=NOW + timedelta(hours=1), policy=bench.policy) as later:
        later.record(EventType.access_suspended, None, new_id(), about=Whom.nobody)
        await later.commit()
    assert await oldest() == NOW
    await sealed(bench.database)
    assert await oldest() is None


async def test_an_event_of_the_release_before_gets_its_children_with_its_position(
    bench: Bench,
) -> None:
    ada = new_id()
    before = replace(an_event(), people=None, person_id=ada)
    async with bench.database.writing() as connection:
        values = {
            str(one.name): getattr(before, str(one.name))
            for one in columns_of(Event)
            if one.name != "people"
        }
        await connection.execute(insert(EVENT).values(**values))
        await connection.commit()
    await sealed(bench.database)
    async with bench.database.reading() as connection:
        [found] = await events.about_person(Reading(connection), THE_RECORD, ada, limit=10)
        kept = (await connection.execute(select(EVENT.c.people))).scalar_one()
    assert (found.event.id, list(found.people)) == (before.id, [ada])
    assert kept is None, "what is on record is not written over"
