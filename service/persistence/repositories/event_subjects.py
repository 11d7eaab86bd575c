"""Whom a thing concerns, by its own rows: for an event where no child is at hand."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, select

from service.domain.challenges import Challenge
from service.domain.contacts import Child
from service.domain.daily_meetings import MeetingItem
from service.domain.deadlines import Deadline
from service.domain.decisions import Decision
from service.domain.early_help_episodes import EarlyHelpEpisode
from service.domain.emergency_acts import EmergencyAct
from service.domain.flags import Flag, SubjectKind
from service.domain.information_requests import InformationRequest
from service.domain.missing_episodes import MissingEpisode
from service.domain.passed_concerns import PassedConcern
from service.domain.referrals import Referral
from service.domain.section_47_enquiries import Section47Enquiry
from service.domain.strategy_meetings import MeetingChild
from service.domain.transfers import Transfer
from service.persistence.asking import Asking
from service.persistence.prepared import Makeable, any_of, made_once
from service.persistence.records import table_of
from service.persistence.units_of_work import Work

CHILD = table_of(Child)
REQUEST = table_of(InformationRequest)
ITEM = table_of(MeetingItem)

People = Mapping[UUID, Sequence[UUID]]
"""The children whom things concern, by the id of the thing."""

# Which table says of whom each thing is, by which of its columns, and in which order.
SAID_BY: Final[Mapping[SubjectKind, tuple[type, str, str]]] = {
    SubjectKind.contact: (Child, "contact_id", "position"),
    SubjectKind.decision: (Decision, "id", "id"),
    SubjectKind.referral: (Referral, "id", "id"),
    SubjectKind.early_help_episode: (EarlyHelpEpisode, "id", "id"),
    SubjectKind.transfer: (Transfer, "id", "id"),
    SubjectKind.challenge: (Challenge, "id", "id"),
    SubjectKind.strategy_meeting: (MeetingChild, "meeting_id", "position"),
    SubjectKind.section_47_enquiry: (Section47Enquiry, "id", "id"),
    SubjectKind.missing_episode: (MissingEpisode, "id", "id"),
    SubjectKind.passed_concern: (PassedConcern, "id", "id"),
    SubjectKind.emergency_act: (EmergencyAct, "id", "id"),
}


async def people_of(ask: Asking | Work, kind: SubjectKind, ids: Collection[UUID]) -> People:
    """The children whom things of a kind concern. A thing that is not there is left out."""
    if not ids:
        return {}
    if kind is SubjectKind.information_request:
        return await _of_requests(ask, ids)
    record, by, order = SAID_BY[kind]
    return _gathered(await ask.all(_said_by(record, by, order), things=list(ids)))


@made_once
def _said_by(record: type, by: str, order: str) -> Makeable:
    table = table_of(record)
    return (
        select(table.c[by], table.c.person_id)
        .where(any_of(table.c[by], "things"))
        .order_by(table.c[order], table.c.id)
    )


def _gathered(rows: Iterable[Sequence[Any]]) -> dict[UUID, list[UUID]]:
    found: dict[UUID, list[UUID]] = defaultdict(list)
    for thing, person_id in rows:
        found[thing].append(person_id)
    return found


async def _of_requests(ask: Asking | Work, ids: Collection[UUID]) -> People:
    rows = await ask.all(_children_asked_about(), things=list(ids))
    asked = {row[0]: row[1] for row in rows}
    people = await people_of_children(ask, {one for each in asked.values() for one in each})
    return {
        request: [people[one] for one in children if one in people]
        for request, children in asked.items()
    }


@made_once
def _children_asked_about() -> Makeable:
    return select(REQUEST.c.id, REQUEST.c.child_ids).where(any_of(REQUEST.c.id, "things"))


async def people_of_children(
    ask: Asking | Work, child_ids: Collection[UUID]
) -> Mapping[UUID, UUID]:
    """Which child on file each child of a contact is."""
    if not child_ids:
        return {}
    rows = await ask.all(_of_children(), things=list(child_ids))
    return {row[0]: row[1] for row in rows}


@made_once
def _of_children() -> Makeable:
    return select(CHILD.c.id, CHILD.c.person_id).where(any_of(CHILD.c.id, "things"))


async def people_behind_flags(ask: Asking | Work, flags: Sequence[Flag]) -> People:
    """The children whom flags concern: those whom the thing concerns that is late."""
    return await _people_behind(ask, flags)


async def people_behind_clocks(ask: Asking | Work, clocks: Sequence[Deadline]) -> People:
    """The children whom clocks concern: those whom the thing concerns on which each runs."""
    return await _people_behind(ask, clocks)


async def _people_behind(ask: Asking | Work, told: Sequence[Flag] | Sequence[Deadline]) -> People:
    things: dict[SubjectKind, set[UUID]] = defaultdict(set)
    for one in told:
        things[one.subject_kind].add(one.subject_id)
    people = {kind: await people_of(ask, kind, ids) for kind, ids in things.items()}
    return {one.id: people[one.subject_kind].get(one.subject_id, ()) for one in told}


async def people_on_agenda(ask: Asking | Work, days: Collection[date]) -> Mapping[date, list[UUID]]:
    """The children who were on the agendas of the daily meetings of some days."""
    found: dict[date, dict[UUID, None]] = defaultdict(dict)
    for day in days:
        for (person_id,) in await ask.all(_on_agenda(), day=day):
            found[day][person_id] = None
    return {day: list(people) for day, people in found.items()}


@made_once
def _on_agenda() -> Makeable:
    return (
        select(CHILD.c.person_id)
        .join(ITEM, ITEM.c.child_id == CHILD.c.id)
        .where(ITEM.c.meeting_on == bindparam("day"))
        .order_by(ITEM.c.id)
    )
