"""Section 47 enquiries: read, whole and alone, and listed."""

from uuid import UUID

from sqlalchemy import select

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
from service.persistence.keysets import Place
from service.persistence.records import columns_of, read, table_of
from service.persistence.repositories import deadlines, unborn
from service.persistence.repositories.lists import Listed
from service.persistence.repositories.things import Steps, Things
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


ENQUIRIES = Things(Section47Enquiry, "section 47 enquiry", protection_visible_to, EnquiryNotFound)
STEPS = Steps(EnquiryStep, "enquiry_id")
get = ENQUIRIES.get


async def whole(ask: Asking | Work, enquiry: Section47Enquiry) -> WholeEnquiry:
    """What hangs on an enquiry that the caller may see."""
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
        steps=await STEPS.all(ask, enquiry.id),
        deadlines=await deadlines.of_subject(ask, enquiry.contact_id, enquiry.id),
    )


_LISTED = Listed(Section47Enquiry, "opened_at", protection_visible_to)


async def list_newest_first(
    ask: Asking,
    sight: Sight,
    filters: EnquiryFilters,
    *,
    limit: int,
    after: Place | None = None,
) -> list[DatedEnquiry]:
    """Enquiries by when they were opened, newest first, from after a place on."""
    found = await _LISTED.newest_first(ask, sight, filters, limit=limit, after=after)
    due = await deadlines.soonest(ask, [(one.contact_id, one.id) for one in found])
    return [DatedEnquiry(one, due[one.id]) for one in found]
