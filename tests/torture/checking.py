"""What is on file laid beside what was acknowledged: nothing lost, doubled, torn or forgotten."""

import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path
from uuid import UUID

from sqlalchemy import text

from service.bootstrap import House
from service.clock import system_clock
from service.domain.access import THE_RECORD
from service.domain.decisions import DecisionState
from service.domain.events import CONCERNS_NOBODY, Bookmark, EventType
from service.domain.flags import Severity
from service.persistence.repositories import events
from service.usecases.jobs import seal_events
from tests.support import invariants
from tests.support.clocks import FixedClock
from tests.support.houses import open_house
from tests.support.invariants import Record, read_record
from tests.support.processes import until
from tests.torture.senders import Witness

CLOCKS_OF_A_NEW_CONTACT = 3


async def whats_wrong(database_url: str, folder: Path, witness: Witness) -> list[str]:
    """Every fault as a sentence; the first word says its kind: lost, doubled, torn, late."""
    async with open_house(database_url, FixedClock(system_clock()), folder) as house:
        record = await read_record(house)
        return [
            *witness.wrong,
            *_lost(record, witness),
            *_doubled(record),
            *_torn(record),
            *(f"torn: {fault}" for fault in invariants.faults(record)),
            *[fault async for fault in _answers(house, record)],
            *[fault async for fault in _files(house)],
            *[fault async for fault in _events(house, record)],
        ]


async def flagged(database_url: str, folder: Path, witness: Witness) -> list[str]:
    """Waits until every limit that has passed has its flag, and says which were said twice."""
    late = {life.contact_id for life in witness.lives.values() if life.late}
    async with open_house(database_url, FixedClock(system_clock()), folder) as house:
        due = {
            one.id
            for one in (await read_record(house)).deadlines
            if str(one.contact_id) in late and one.due_at <= house.clock()
        }

        async def all_flagged() -> bool:
            flags = (await read_record(house)).flags
            return due <= {one.deadline_id for one in flags if one.severity is Severity.breach}

        try:
            await until(all_flagged, what="a flag for each limit that has passed")
        except AssertionError as never:
            return [f"late: {never}"]
        if len(due) < len(late):
            return ["late: a contact of yesterday has no clock that is due"]
        said = Counter(
            (flag.deadline_id, flag.severity) for flag in (await read_record(house)).flags
        )
    return [f"doubled: {times} flags on one clock" for times in said.values() if times > 1]


def _lost(record: Record, witness: Witness) -> Iterator[str]:
    contacts = {str(one.id): one for one in record.contacts}
    decisions = {str(one.id): one for one in record.decisions}
    for life in witness.lives.values():
        contact = contacts.get(life.contact_id)
        if contact is None:
            yield f"lost: contact {life.contact_id} was acknowledged and is not there"
            continue
        if life.rated and contact.rating is None:
            yield f"lost: the rating of contact {life.contact_id} was acknowledged"
        decision = decisions.get(life.decision_id)
        if life.decision_id and decision is None:
            yield f"lost: decision {life.decision_id} was acknowledged and is not there"
        if life.signed and decision is not None and decision.state is not DecisionState.signed:
            yield f"lost: the signature under decision {life.decision_id} was acknowledged"


def _doubled(record: Record) -> Iterator[str]:
    for key, times in Counter(one.concern[-36:] for one in record.contacts).items():
        if times > 1:
            yield f"doubled: {times} contacts of one key, {key}"
    for child, times in Counter(one.child_id for one in record.decisions).items():
        if times > 1:
            yield f"doubled: {times} decisions about child {child}"


def _torn(record: Record) -> Iterator[str]:
    events = Counter((one.type, one.subject_id) for one in record.events)
    children = Counter(one.contact_id for one in record.children)
    clocks = Counter(one.contact_id for one in record.deadlines)
    opened = {one.decision_id for one in record.referrals}
    for contact in record.contacts:
        if events[EventType.contact_received, contact.id] != 1:
            yield f"torn: contact {contact.id} without its event"
        if children[contact.id] != 2:
            yield f"torn: contact {contact.id} with {children[contact.id]} children of 2"
        if clocks[contact.id] < CLOCKS_OF_A_NEW_CONTACT:
            yield f"torn: contact {contact.id} with {clocks[contact.id]} clocks"
        rated = events[EventType.contact_triaged, contact.id]
        if rated != (contact.rating is not None):
            yield f"torn: contact {contact.id} rated without its event, or the event without it"
    for decision in record.decisions:
        signed = decision.state is DecisionState.signed
        if events[EventType.decision_drafted, decision.id] != 1:
            yield f"torn: decision {decision.id} without its event"
        if events[EventType.decision_signed, decision.id] != signed:
            yield f"torn: decision {decision.id} signed without its event, or the event without it"
        if signed != (decision.id in opened):
            yield f"torn: decision {decision.id} signed without its referral, or it without that"


async def _answers(house: House, record: Record) -> AsyncIterator[str]:
    async with house.database.reading() as connection:
        bodies = (await connection.execute(text("SELECT body FROM answer"))).scalars().all()
    kept = {json.loads(bytes(body)).get("id") for body in bodies}
    for one in (*record.contacts, *record.decisions):
        if str(one.id) not in kept:
            yield f"torn: {one.id} without the answer that its key would be given"


async def _files(house: House) -> AsyncIterator[str]:
    if not house.database.is_sqlite:
        return
    async with house.database.reading() as connection:
        for look in ("integrity_check", "foreign_key_check"):
            found = (await connection.execute(text(f"PRAGMA {look}"))).scalars().all()
            if found not in ([], ["ok"]):
                yield f"torn: {look} of the file finds something"


async def _events(house: House, record: Record) -> AsyncIterator[str]:
    """Readers of events are given each once, and each says whom it concerns."""
    await seal_events(house)
    read: list[UUID] = []
    named: set[UUID] = set()
    bookmark: Bookmark | None = None
    while found := await house.ask(
        partial(events.after, sight=THE_RECORD, bookmark=bookmark, limit=500)
    ):
        bookmark = found[-1].bookmark
        read += [one.event.id for one in found]
        named |= {one.event.id for one in found if one.people}
    if sorted(read) != sorted(one.id for one in record.events):
        yield f"lost: readers are given {len(read)} of {len(record.events)} events"
    nobody = [
        one for one in record.events if one.type not in CONCERNS_NOBODY and one.id not in named
    ]
    if nobody:
        yield f"torn: {len(nobody)} events say nothing of whom they concern"
