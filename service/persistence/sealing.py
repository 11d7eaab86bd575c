"""Gives each event that can be seen its position, once, and notes whom it concerns.

Events are written by any number of processes at once, and become visible in another order than
they were begun: whoever reads by that order misses those that were committed late. So one job
after the other gives positions to what it sees and has none yet, in one transaction at a time.
Nobody who writes an event waits for it. No number of a transaction is kept: those begin anew where
a backup is restored.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Protocol, TypeVar
from uuid import UUID

from sqlalchemy import Executable, Table, case, func, insert, literal, or_, select, text, update

from service.domain.events import Event
from service.domain.missing_episodes import MissingEpisode
from service.domain.strategy_meetings import MeetingChild
from service.persistence.asking import Asking
from service.persistence.places import Places
from service.persistence.records import columns_of, read, table_of
from service.persistence.repositories.events import (
    EVENT,
    PLACE,
    SEALING,
    SUBJECT,
    settled_now,
    without_position,
)
from service.persistence.untold_subjects import (
    Corrections,
    LinkedAnew,
    corrections_on,
    people_untold,
)

Found = TypeVar("Found")

MEETING_CHILD: Final = table_of(MeetingChild)
MISSING: Final = table_of(MissingEpisode)

SINCE_STEP: Final = "0021"
"""The schema step that brought positions, and whom an event concerns."""

AT_ONCE: Final = 500
"""So many events get their position in one transaction."""


class Sealing(Asking, Protocol):
    """A transaction in which positions are given."""

    @property
    def is_sqlite(self) -> bool:
        """Whether it is SQLite's, who has one writer at a time."""
        ...

    async def execute(self, statement: Executable) -> Any:
        """Carries out a change."""
        ...

    async def insert_all(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Writes rows of a table."""
        ...


async def seal_events(places: Places[Sealing], *, at_once: int = AT_ONCE) -> int:
    """Gives every event that can be seen and has no position its own. Returns how many got one.

    In short transactions; two at once take turns. What is interrupted is gone on with.
    """
    done = 0
    if await places.ask_at_length(_something_waits):
        full = True
        # No longer than until all is done that was there: others write meanwhile.
        while full:
            sealed = await places.perform(partial(_seal_some, at_once=at_once))
            done += sealed
            full = sealed == at_once
    return done


@dataclass(frozen=True, slots=True)
class _State:
    settled: int
    noticed: int | None
    writers: frozenset[str]


async def _something_waits(ask: Asking) -> bool:
    settled = await settled_now(ask)
    return await ask.first(without_position(settled, EVENT.c.sequence).limit(1)) is not None


async def _seal_some(work: Sealing, *, at_once: int) -> int:
    # Whoever comes second waits here, and sees then what the first has done.
    row = await work.first(
        select(SEALING.c.settled, SEALING.c.noticed, SEALING.c.writers).with_for_update()
    )
    if row is None:
        raise LookupError("The row of event_sealing is gone: see docs/problems.md.")
    state = _State(row[0], row[1], frozenset(row[2] or ()))
    # First who writes, and then what is there: who has ended in between is seen by the second.
    ended = not state.writers or not state.writers & await _writers(work)
    found = [
        (sequence, read(Event, columns))
        for sequence, *columns in await work.all(
            without_position(state.settled, EVENT.c.sequence, *columns_of(Event))
            .order_by(EVENT.c.sequence)
            .limit(at_once)
        )
    ]
    settled, noticed, writers = state.settled, state.noticed, state.writers
    last = found[-1][0] if found else settled
    if noticed is not None and ended:
        settled = noticed if len(found) < at_once else max(settled, min(noticed, last))
        noticed = None
    if noticed is None and last > settled:
        noticed, writers = last, await _writers(work)
    if found:
        await _place(work, found)
    now = _State(settled, noticed, writers if noticed is not None else frozenset())
    if now != state:
        await work.execute(
            update(SEALING).values(
                settled=now.settled, noticed=now.noticed, writers=sorted(now.writers) or None
            )
        )
    return len(found)


_WRITERS: Final = text(
    "SELECT virtualtransaction FROM pg_locks WHERE locktype = 'relation' AND granted "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
    "AND relation = 'event'::regclass AND pid <> pg_backend_pid() "
    "AND mode IN ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', "
    "'AccessExclusiveLock')"
)


async def _writers(work: Sealing) -> frozenset[str]:
    """Who is writing events now and has not ended: what they have begun may yet appear.

    A transaction takes the table before it draws a number for an event, and gives it back after
    what it wrote can be seen. SQLite has one writer at a time: nobody beside who asks.
    """
    if work.is_sqlite:
        return frozenset()
    return frozenset(str(row[0]) for row in await work.all(_WRITERS))


async def _place(work: Sealing, found: Sequence[tuple[int, Event]]) -> None:
    row = await work.first(select(func.max(PLACE.c.position)))
    first = 1 + (row[0] or 0 if row is not None else 0)
    corrections = await corrections_on(
        work, {one.contact_id for _, one in found if one.contact_id is not None}
    )
    people = await _people(work, found, corrections)
    await work.insert_all(
        PLACE,
        [
            {"position": position, "sequence": sequence, "subject_id": event.subject_id}
            for position, (sequence, event) in enumerate(found, first)
        ],
    )
    named = [
        {"position": position, "person_id": person_id, "since": position}
        for position, (_, event) in enumerate(found, first)
        for person_id in people[event.id]
    ]
    if named:
        await work.insert_all(SUBJECT, named)
    for move in corrections.moves:
        await _let_follow(work, move)


async def _people(
    work: Sealing, found: Sequence[tuple[int, Event]], corrections: Corrections
) -> Mapping[UUID, Sequence[UUID]]:
    untold = [(sequence, event) for sequence, event in found if event.people is None]
    told = {event.id: event.people for _, event in found if event.people is not None}
    return told | await people_untold(work, untold, corrections) if untold else told


async def _let_follow(work: Sealing, move: LinkedAnew) -> None:
    """Notes whom the child of a contact turned out to be, for what had happened to it before.

    Whom it was taken for stays named: that is what was known then. Nothing, while the move itself
    has no position.
    """
    of_child = (
        select(MEETING_CHILD.c.meeting_id)
        .where(MEETING_CHILD.c.child_id == move.child_id)
        .union(select(MISSING.c.id).where(MISSING.c.child_id == move.child_id))
    )
    moved, named = PLACE.alias("moved"), SUBJECT.alias("named")
    here = PLACE.alias("here")
    await work.execute(
        insert(SUBJECT).from_select(
            ["position", "person_id", "since"],
            select(
                named.c.position,
                literal(move.to, SUBJECT.c.person_id.type),
                case(
                    (moved.c.position > named.c.position, moved.c.position),
                    else_=named.c.position,
                ),
            )
            .select_from(EVENT)
            .join(here, here.c.sequence == EVENT.c.sequence)
            .join(named, named.c.position == here.c.position)
            .join(moved, moved.c.sequence == move.sequence)
            .where(
                or_(EVENT.c.contact_id == move.contact_id, EVENT.c.subject_id.in_(of_child)),
                EVENT.c.sequence < move.sequence,
                named.c.person_id == move.left,
                ~select(literal(1))
                .where(SUBJECT.c.position == named.c.position, SUBJECT.c.person_id == move.to)
                .exists(),
            ),
        )
    )
