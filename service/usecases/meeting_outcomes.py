"""The daily meeting's outcomes in one act: many incidents decided, each wholly or not at all."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from service.domain.access import Caller, Permission
from service.domain.daily_meetings import ITEM, ItemAction, MeetingItem
from service.domain.decisions import Decision
from service.domain.errors import Conflict, NotFound, Problem
from service.domain.meeting_outcomes import (
    REFUSED,
    IncidentRefused,
    IncidentSaid,
    IncidentSettled,
    IncidentsMovedOn,
    MeetingSettled,
    OutcomesNotPossible,
    drafts_of,
    faults_of_naming,
    problems_of,
    refuse_unless_asked,
)
from service.domain_services.drafts import draft_decisions
from service.persistence.repositories import contacts, daily_meetings
from service.persistence.units_of_work import Work


async def record_meeting_outcomes(
    work: Work,
    who: Caller,
    day: date,
    incidents: Sequence[IncidentSaid],
    *,
    those_that_can: bool,
) -> MeetingSettled:
    """Drafts the decisions for many children on an agenda in one act, which settles their items.

    Of an incident all named children are decided or none. Where one incident is refused nothing is
    done, unless `those_that_can` are asked for; every fault of every incident is named at once.
    Raises OutcomesNotPossible, and IncidentsMovedOn where nothing is wrong with what was said.
    """
    who.require(Permission.decide)
    twice = faults_of_naming(incidents)
    if twice:
        raise OutcomesNotPossible("Put right what is named and send it again.", problems=twice)
    await contacts.hold_all(work, who.sight, [one.contact_id for one in incidents])
    named = [one.item_id for incident in incidents for one in incident.items]
    items = await daily_meetings.several(work, who.sight, day, named)
    drafted: list[UUID] = []
    refused: list[IncidentRefused] = []
    made: dict[UUID, Sequence[Decision]] = {}
    for place, incident in enumerate(incidents):
        at = f"/incidents/{place}"
        try:
            async with work.part():
                await contacts.held(work, who.sight, incident.contact_id, incident.contact_version)
                _refuse_items(incident, items, at)
                drafts = drafts_of(incident, items, at)
                made[incident.contact_id] = await draft_decisions(
                    work, who, incident.contact_id, drafts
                )
        except REFUSED as refusal:
            refused.append(
                IncidentRefused(place, incident.contact_id, refusal, problems_of(refusal, at))
            )
        else:
            drafted.append(incident.contact_id)
    refuse_unless_asked(refused, bool(drafted) and those_that_can)
    after = await contacts.several(work, who.sight, drafted)
    return MeetingSettled([IncidentSettled(after[one], made[one]) for one in drafted], refused)


def _refuse_items(incident: IncidentSaid, items: Mapping[UUID, MeetingItem], at: str) -> None:
    """Raises IncidentsMovedOn with every item that does not wait on this contact."""
    problems: list[Problem] = []
    for number, one in enumerate(incident.items):
        item = items.get(one.item_id)
        try:
            if item is None or item.contact_id != incident.contact_id:
                raise daily_meetings.item_missing()
            ITEM.after(item.state, ItemAction.decide)
        except (Conflict, NotFound) as refusal:
            problems.append(Problem(f"{at}/items/{number}", refusal.detail, refusal.code))
    if problems:
        raise IncidentsMovedOn("Read the agenda again.", problems=problems)
