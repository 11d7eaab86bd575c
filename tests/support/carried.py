"""What a schema step back and forward makes of whom events concern: from the rows alone."""

from collections import defaultdict
from uuid import UUID

from sqlalchemy import select

from service.domain.events import Event, EventType
from service.persistence.engines import Database
from service.persistence.migrating import migrate_database
from service.persistence.records import table_of
from service.persistence.tables import metadata

EVENT = table_of(Event)
PLACE, SUBJECT = metadata.tables["event_place"], metadata.tables["event_subject"]
BEFORE = "0020"
# The first child of a birth is named by the second's since 0.4.0: no row says of it what that was.
NOT_KNOWN_BEFORE = {EventType.person_born}
Named = dict[UUID, tuple[EventType, frozenset[UUID]]]


async def named_in_events(database: Database) -> Named:
    """Whom each event names in itself."""
    async with database.reading() as connection:
        rows = await connection.execute(select(EVENT.c.id, EVENT.c.type, EVENT.c.people))
        return {row.id: (EventType(row.type), frozenset(row.people)) for row in rows}


async def named_by_position(database: Database) -> Named:
    """Whom each event names by its position, without whom a child turned out to be later."""
    found: Named = {}
    async with database.reading() as connection:
        placed = await connection.execute(
            select(EVENT.c.id, EVENT.c.type, PLACE.c.position).join(
                PLACE, PLACE.c.sequence == EVENT.c.sequence
            )
        )
        named = (
            await connection.execute(
                select(SUBJECT.c.position, SUBJECT.c.person_id).where(
                    SUBJECT.c.since == SUBJECT.c.position
                )
            )
        ).all()
        people: dict[int, set[UUID]] = defaultdict(set)
        for position, person_id in named:
            people[position].add(person_id)
        for row in placed:
            found[row.id] = EventType(row.type), frozenset(people[row.position])
    return found


async def carried(database: Database) -> tuple[Named, Named]:
    """Whom events named, and whom they name once the step was taken back and taken again."""
    before = await named_in_events(database)
    await migrate_database(database, BEFORE)
    await migrate_database(database)
    return before, await named_by_position(database)
