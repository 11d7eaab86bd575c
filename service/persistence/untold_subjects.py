"""Whom events concern that do not say so: those that a release before 0.4.0 wrote.

By what they say in columns and codes, else by the rows of what they happened to.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from service.domain.assessments import Assessment
from service.domain.events import CONCERNS_NOBODY, Event, EventType
from service.domain.flags import Flag, SubjectKind
from service.persistence.asking import Asking
from service.persistence.records import columns_of, read, table_of
from service.persistence.repositories.event_subjects import (
    people_behind_flags,
    people_of,
    people_of_children,
    people_on_agenda,
)

EVENT: Final = table_of(Event)
FLAG: Final = table_of(Flag)
ASSESSMENT: Final = table_of(Assessment)
_CONTACT: Final = columns_of(Event).index(EVENT.c.contact_id)


@dataclass(frozen=True, slots=True)
class LinkedAnew:
    """A child of a contact turned out to be another on file than it was taken for."""

    sequence: int
    contact_id: UUID
    child_id: UUID
    left: UUID
    to: UUID


@dataclass(frozen=True, slots=True)
class Corrections:
    """What was put right of the children on some contacts: who moved, and who was taken off.

    `gone` are those who are not on a contact any more, each with the sequence of the event by
    which they went.
    """

    moves: Sequence[LinkedAnew]
    gone: Mapping[UUID, Sequence[tuple[int, UUID]]]


async def corrections_on(ask: Asking, contact_ids: Collection[UUID]) -> Corrections:
    """What was put right of the children on these contacts, in order."""
    moves: list[LinkedAnew] = []
    gone: dict[UUID, list[tuple[int, UUID]]] = defaultdict(list)
    if not contact_ids:
        return Corrections(moves, gone)
    rows = await ask.all(
        select(EVENT.c.sequence, *columns_of(Event))
        .where(
            EVENT.c.contact_id.in_(contact_ids),
            EVENT.c.type.in_([EventType.contact_child_moved, EventType.contact_child_removed]),
        )
        .order_by(EVENT.c.sequence)
    )
    for sequence, *columns in rows:
        event = read(Event, columns)
        contact_id = columns[_CONTACT]
        if event.type is EventType.contact_child_removed:
            gone[contact_id] += [(sequence, one) for one in event.people or _said(event)]
            continue
        to, left = _id(event.data.get("to")) or event.person_id, _id(event.data.get("was"))
        if to is not None and left is not None:
            moves.append(LinkedAnew(sequence, contact_id, event.subject_id, left, to))
            gone[contact_id].append((sequence, left))
    return Corrections(moves, gone)


async def people_untold(
    ask: Asking, untold: Sequence[tuple[int, Event]], corrections: Corrections
) -> dict[UUID, Sequence[UUID]]:
    """The children whom events concern that do not say so, by the event's id.

    Raises no alarm where nobody is found: the contact may be about an adult alone.
    """
    found: dict[UUID, Sequence[UUID]] = {}
    for noun, events in _by_noun(untold).items():
        asked = await _of_noun(ask, noun, [one for _, one in events])
        for sequence, event in events:
            people = list(asked.get(event.id, ()))
            if noun in _OF_THE_WHOLE_CONTACT and event.contact_id is not None:
                gone = corrections.gone.get(event.contact_id, ())
                people += [one for went, one in gone if went > sequence]
            found[event.id] = tuple(dict.fromkeys([*_said(event), *people]))
    return found


# Nouns whose events are about every child on the contact, unless they say more.
_OF_THE_WHOLE_CONTACT: Final = frozenset({"contact", "police_notification"})
_OF_CASES: Final = {
    "decision": SubjectKind.decision,
    "referral": SubjectKind.referral,
    "early_help_episode": SubjectKind.early_help_episode,
    "transfer": SubjectKind.transfer,
    "challenge": SubjectKind.challenge,
    "strategy_meeting": SubjectKind.strategy_meeting,
    "section_47_enquiry": SubjectKind.section_47_enquiry,
    "missing_episode": SubjectKind.missing_episode,
    "information": SubjectKind.information_request,
    "information_request": SubjectKind.information_request,
}
# What these say is all: the rest of the contact is not concerned.
_SAY_ALL: Final = frozenset(
    {
        EventType.contact_child_moved,
        EventType.contact_child_removed,
        EventType.contact_match_answered,
    }
)


def _by_noun(untold: Iterable[tuple[int, Event]]) -> dict[str, list[tuple[int, Event]]]:
    found: dict[str, list[tuple[int, Event]]] = defaultdict(list)
    for sequence, event in untold:
        if event.type in CONCERNS_NOBODY:
            noun = "nobody"
        elif (
            event.type in _SAY_ALL
            or isinstance(event.data.get("people"), list)
            or (_said(event) and event.type.noun in _OF_CASES)
        ):
            noun = "said"
        else:
            noun = event.type.noun
        found[noun].append((sequence, event))
    return found


def _id(value: object) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _said(event: Event) -> list[UUID]:
    """The children whom an event names in its columns and in what it kept."""
    data = event.data
    lists = [data.get(name) for name in ("people", "person_ids")]
    several = [one for each in lists if isinstance(each, list) for one in each]
    names = [*several, data.get("own_person_id"), data.get("person_id")]
    if event.type is EventType.contact_child_moved:
        names += [data.get("to"), data.get("was")]
    own = [] if event.person_id is None else [event.person_id]
    return [*own, *(found for name in names if (found := _id(name)) is not None)]


async def _of_noun(
    ask: Asking, noun: str, events: Sequence[Event]
) -> Mapping[UUID, Sequence[UUID]]:
    if noun in ("nobody", "said"):
        return {}
    if noun in _OF_CASES:
        people = await people_of(ask, _OF_CASES[noun], {one.subject_id for one in events})
        return {one.id: people.get(one.subject_id, ()) for one in events}
    if noun == "flag":
        return await _of_flags(ask, events)
    if noun == "daily_meeting":
        return await _of_daily_meetings(ask, events)
    if noun == "assessment":
        return await _of_assessments(ask, events)
    if noun == "person":
        return {one.id: (one.subject_id,) for one in events}
    contacts = {one.contact_id for one in events if one.contact_id is not None}
    people = await people_of(ask, SubjectKind.contact, contacts)
    return {one.id: people.get(one.contact_id, ()) for one in events if one.contact_id}


async def _of_flags(ask: Asking, events: Sequence[Event]) -> Mapping[UUID, Sequence[UUID]]:
    ids = {one.subject_id for one in events}
    rows = await ask.all(select(*columns_of(Flag)).where(FLAG.c.id.in_(ids)))
    people = await people_behind_flags(ask, [read(Flag, row) for row in rows])
    return {one.id: people.get(one.subject_id, ()) for one in events}


async def _of_assessments(ask: Asking, events: Sequence[Event]) -> Mapping[UUID, Sequence[UUID]]:
    rows = await ask.all(
        select(ASSESSMENT.c.id, ASSESSMENT.c.person_id).where(
            ASSESSMENT.c.id.in_({one.subject_id for one in events})
        )
    )
    people: dict[UUID, Any] = {row[0]: (row[1],) for row in rows}
    return {one.id: people.get(one.subject_id, ()) for one in events}


async def _of_daily_meetings(ask: Asking, events: Sequence[Event]) -> Mapping[UUID, Sequence[UUID]]:
    children = {one.id: _id(one.data.get("child_id")) for one in events}
    known = await people_of_children(ask, {one for one in children.values() if one is not None})
    days = {
        one.id: date.fromisoformat(str(one.data["meeting_on"]))
        for one in events
        if one.type is EventType.daily_meeting_concluded
    }
    agendas = await people_on_agenda(ask, set(days.values()))
    found: dict[UUID, Sequence[UUID]] = {
        id_: (known[child_id],)
        for id_, child_id in children.items()
        if child_id is not None and child_id in known
    }
    return found | {id_: agendas.get(day, ()) for id_, day in days.items()}
