"""Section 47 enquiries: read, whole and alone, and listed."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, literal, select, tuple_

from service.domain.access import Sight
from service.domain.errors import NotFound
from service.domain.section_47_enquiries import (
    DatedEnquiry,
    EnquiryFilters,
    EnquiryStep,
    MeetingBehind,
    Section47Enquiry,
    WholeEnquiry,
)
from service.domain.strategy_meetings import EnquiryDecision, MeetingChild, StrategyMeeting
from service.persistence.asking import Asking
from service.persistence.records import columns_of, read, table_of
from service.persistence.repositories import deadlines, measures, unborn
from service.persistence.statements import all_of, one_seen
from service.persistence.units_of_work import Work
from service.persistence.visibility import protection_visible_to

ENQUIRY = table_of(Section47Enquiry)
STEP = table_of(EnquiryStep)
MEETING = table_of(StrategyMeeting)
MEETING_CHILD = table_of(MeetingChild)


class EnquiryNotFound(NotFound):
    """No such enquiry, or not one that the caller may know of."""

    code = "section_47_enquiry_not_found"
    title = "No such section 47 enquiry"


async def open_of_person(ask: Asking | Work, person_id: UUID) -> Section47Enquiry | None:
    """The enquiry about a child that has not ended: there is at most one."""
    row = await ask.first(
        select(*columns_of(Section47Enquiry)).where(
            ENQUIRY.c.person_id == person_id, ENQUIRY.c.ended_at.is_(None)
        )
    )
    return None if row is None else read(Section47Enquiry, row)


async def get(ask: Asking | Work, sight: Sight, enquiry_id: UUID) -> Section47Enquiry:
    """One enquiry. Raises EnquiryNotFound for what is not there and what may not be seen."""
    row = await ask.first(one_seen(sight, Section47Enquiry, protection_visible_to), id=enquiry_id)
    if row is None:
        raise EnquiryNotFound(
            "There is no section 47 enquiry with this id that you may see. Check the id."
        )
    return read(Section47Enquiry, row)


async def whole(ask: Asking | Work, enquiry: Section47Enquiry) -> WholeEnquiry:
    """What hangs on an enquiry that the caller may see."""
    steps = await ask.all(all_of(EnquiryStep, "enquiry_id", "id"), of=enquiry.id)
    meetings = await ask.all(
        select(MEETING.c.id, MEETING.c.reference, STEP.c.happened_at, STEP.c.code)
        .join(STEP, STEP.c.meeting_id == MEETING.c.id)
        .where(STEP.c.enquiry_id == enquiry.id)
        .order_by(STEP.c.id)
    )
    return WholeEnquiry(
        enquiry=enquiry,
        unborn=await unborn.is_unborn(ask, enquiry.person_id),
        meetings=[
            MeetingBehind(id_, reference, held_at, EnquiryDecision(kind))
            for id_, reference, held_at, kind in meetings
        ],
        steps=[read(EnquiryStep, row) for row in steps],
        deadlines=await deadlines.of_subject(ask, enquiry.contact_id, enquiry.id),
    )


async def list_newest_first(
    ask: Asking,
    sight: Sight,
    filters: EnquiryFilters,
    *,
    limit: int,
    after_place: tuple[datetime, UUID] | None = None,
) -> list[DatedEnquiry]:
    """Enquiries by when they were opened, newest first, from after a place on."""
    statement = (
        select(*columns_of(Section47Enquiry))
        .where(protection_visible_to(sight), *_conditions(filters))
        .order_by(ENQUIRY.c.opened_at.desc(), ENQUIRY.c.id.desc())
        .limit(limit)
    )
    if after_place is not None:
        opened_at, enquiry_id = after_place
        statement = statement.where(
            tuple_(ENQUIRY.c.opened_at, ENQUIRY.c.id)
            < tuple_(
                literal(opened_at, ENQUIRY.c.opened_at.type),
                literal(enquiry_id, ENQUIRY.c.id.type),
            )
        )
    found = [read(Section47Enquiry, row) for row in await ask.all(statement)]
    due = await deadlines.soonest(ask, [(one.contact_id, one.id) for one in found])
    return [DatedEnquiry(one, due[one.id]) for one in found]


def _conditions(filters: EnquiryFilters) -> Sequence[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.states:
        found.append(ENQUIRY.c.state.in_(filters.states))
    for name in ("person_id", "referral_id", "contact_id"):
        value = getattr(filters, name)
        if value is not None:
            found.append(ENQUIRY.c[name] == value)
    if filters.behind is not None:
        found.append(measures.cases(filters.behind))
    return found
