"""Events, as they are read: after a position, about a child, about what they happened to."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Select, func, literal, or_, select

from service.domain.access import Sight
from service.domain.events import Bookmark, Event, PlacedEvent
from service.persistence.asking import Asking
from service.persistence.columns import among
from service.persistence.records import columns_of, read, table_of
from service.persistence.tables import metadata
from service.persistence.visibility import events_visible_to

EVENT: Final = table_of(Event)
PLACE: Final = metadata.tables["event_place"]
SUBJECT: Final = metadata.tables["event_subject"]
SEALING: Final = metadata.tables["event_sealing"]


class AnotherRecord(Exception):
    """A reader has read events that are not on this record: it was restored from a backup.

    What has happened since the backup is numbered anew: it begins again from an event that it read
    before the backup was made.
    """


async def settled_now(ask: Asking) -> int:
    """Up to which sequence every event has its position, and none can appear any more."""
    row = await ask.first(select(SEALING.c.settled))
    return 0 if row is None else int(row[0])


def without_position(settled: int, *columns: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
    """What can be seen and has no position yet: of these the table is not looked through whole."""
    placed = select(literal(1)).where(
        PLACE.c.sequence == EVENT.c.sequence, PLACE.c.sequence > settled
    )
    return select(*columns).where(EVENT.c.sequence > settled, ~placed.correlate(EVENT).exists())


async def oldest_without_position(ask: Asking) -> datetime | None:
    """When the oldest event happened that has no position yet; None where all have one."""
    row = await ask.first(without_position(await settled_now(ask), func.min(EVENT.c.at)))
    return None if row is None else row[0]


async def last_bookmark(ask: Asking) -> Bookmark | None:
    """Where a reader stands who has read everything that has a position; None before the first."""
    row = await ask.first(
        select(PLACE.c.position, EVENT.c.id)
        .join(EVENT, EVENT.c.sequence == PLACE.c.sequence)
        .order_by(PLACE.c.position.desc())
        .limit(1)
    )
    return None if row is None else Bookmark(row[0], row[1])


async def after(
    ask: Asking, sight: Sight, bookmark: Bookmark | None, limit: int
) -> list[PlacedEvent]:
    """The events after a bookmark, in the order in which they could be seen; None: from the first.

    Whoever goes on from the last that it was given misses none, however late it was committed.
    Raises AnotherRecord for a bookmark that is not on this record.
    """
    if bookmark is not None:
        await _require(ask, bookmark)
    position = 0 if bookmark is None else bookmark.position
    rows = await ask.all(
        _placed(sight).where(PLACE.c.position > position).order_by(PLACE.c.position).limit(limit)
    )
    return await _with_people(ask, rows)


async def _require(ask: Asking, bookmark: Bookmark) -> None:
    found = await ask.first(
        select(EVENT.c.id)
        .join(PLACE, PLACE.c.sequence == EVENT.c.sequence)
        .where(PLACE.c.position == bookmark.position)
    )
    if found is None or found[0] != bookmark.event_id:
        raise AnotherRecord(bookmark.position)


async def about_person(
    ask: Asking, sight: Sight, person_id: UUID, *, limit: int, before: int | None = None
) -> list[PlacedEvent]:
    """The events that concern a child, the latest first; `before`: from a position downwards.

    What happened a moment ago and has no position yet stands in front.
    """
    found: list[PlacedEvent] = []
    if before is None:
        # What has no position is few, and looked at one by one.
        named = or_(EVENT.c.person_id == person_id, among(person_id, EVENT.c.people))
        found = await _just_now(ask, sight, named, limit)
    rows = await ask.all(
        _placed(sight)
        .join(SUBJECT, SUBJECT.c.position == PLACE.c.position)
        .where(SUBJECT.c.person_id == person_id, *_below(before))
        .order_by(PLACE.c.position.desc())
        .limit(limit - len(found))
    )
    return [*found, *await _with_people(ask, rows)]


async def about_subject(
    ask: Asking, sight: Sight, subject_id: UUID, *, limit: int, before: int | None = None
) -> list[PlacedEvent]:
    """The events that happened to one thing, the latest first; `before` as in `about_person`."""
    found: list[PlacedEvent] = []
    if before is None:
        found = await _just_now(ask, sight, EVENT.c.subject_id == subject_id, limit)
    rows = await ask.all(
        _placed(sight)
        .where(PLACE.c.subject_id == subject_id, *_below(before))
        .order_by(PLACE.c.position.desc())
        .limit(limit - len(found))
    )
    return [*found, *await _with_people(ask, rows)]


def _placed(sight: Sight) -> Select[*tuple[Any, ...]]:
    joined: FromClause = PLACE.join(EVENT, EVENT.c.sequence == PLACE.c.sequence)
    return (
        select(PLACE.c.position, *columns_of(Event))
        .select_from(joined)
        .where(events_visible_to(sight, EVENT))
    )


def _below(position: int | None) -> Sequence[ColumnElement[bool]]:
    return () if position is None else (PLACE.c.position < position,)


async def _just_now(
    ask: Asking, sight: Sight, which: ColumnElement[bool], limit: int
) -> list[PlacedEvent]:
    rows = await ask.all(
        without_position(await settled_now(ask), *columns_of(Event))
        .where(which, events_visible_to(sight, EVENT))
        .order_by(EVENT.c.sequence.desc())
        .limit(limit)
    )
    events = [read(Event, row) for row in rows]
    return [
        PlacedEvent(one, None, one.people or tuple(filter(None, (one.person_id,))))
        for one in events
    ]


async def _with_people(ask: Asking, rows: Collection[Sequence[Any]]) -> list[PlacedEvent]:
    people: dict[int, list[UUID]] = defaultdict(list)
    if rows:
        named = await ask.all(
            select(SUBJECT.c.position, SUBJECT.c.person_id)
            .where(SUBJECT.c.position.in_([row[0] for row in rows]))
            .order_by(SUBJECT.c.position, SUBJECT.c.since, SUBJECT.c.person_id)
        )
        for position, person_id in named:
            people[position].append(person_id)
    return [PlacedEvent(read(Event, row[1:]), row[0], people[row[0]]) for row in rows]
