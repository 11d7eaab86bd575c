"""Section 47 enquiries: begun by a strategy meeting, and what they keep from closing."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from service.domain.access import Caller
from service.domain.errors import NotFound
from service.domain.flags import SubjectKind
from service.domain.people import BirthKnowledge, Person
from service.domain.references import new_reference
from service.domain.referrals import Referral
from service.domain.section_47_enquiries import (
    SECTION_47_ENQUIRY,
    EnquiryAction,
    EnquiryStep,
    Section47Enquiry,
)
from service.domain.strategy_meetings import (
    EnquiryDecision,
    MeetingChild,
    MeetingState,
    ProtectionUnderWay,
    StrategyMeeting,
)
from service.persistence.asking import Asking
from service.persistence.records import columns_of, read, table_of
from service.persistence.repositories import assessments, deadlines
from service.persistence.units_of_work import Work, new_id

ENQUIRY = table_of(Section47Enquiry)
MEETING = table_of(StrategyMeeting)
MEETING_CHILD = table_of(MeetingChild)
PERSON = table_of(Person)

_CONFERENCE = "initial_child_protection_conference"


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


async def begin(
    work: Work,
    who: Caller,
    meeting_id: UUID,
    held_at: datetime,
    referral: Referral,
    kind: EnquiryDecision,
) -> Section47Enquiry:
    """Begins the enquiry that a strategy meeting decided on, or begins the open one anew.

    The conference is reckoned from the last meeting that began the enquiry (Working Together); the
    child is to be seen within the limit from the first. The caller holds the child and has added
    the meeting.
    """
    found = await open_of_person(work, referral.person_id)
    if found is not None:
        return await _begin_again(work, who, found, meeting_id, held_at, kind)
    assessment = await assessments.begin(work, who, referral)
    enquiry = Section47Enquiry(
        id=new_id(),
        reference=new_reference("Q"),
        meeting_id=meeting_id,
        referral_id=referral.id,
        assessment_id=assessment.id,
        contact_id=referral.contact_id,
        child_id=referral.child_id,
        person_id=referral.person_id,
        kind=kind,
        state=SECTION_47_ENQUIRY.start,
        opened_at=work.now,
        began_at=held_at,
        seen_at=None,
        seen_by=None,
        seen_alone=None,
        not_alone_because=None,
        not_seen_because=None,
        outcome=None,
        outcome_words=None,
        outcome_at=None,
        outcome_by=None,
        conference_held_at=None,
        conference_outcome=None,
        category_of_abuse_code=None,
        conference_words=None,
        ended_at=None,
        version=1,
    )
    work.add(enquiry)
    keep_step(work, who, enquiry, EnquiryAction.begin, held_at, meeting_id=meeting_id, code=kind)
    unborn = await work.first(
        select(PERSON.c.id).where(
            PERSON.c.id == referral.person_id, PERSON.c.birth_knowledge == BirthKnowledge.unborn
        )
    )
    if unborn is None:
        _start(work, enquiry, "child_seen")
    _start(work, enquiry, _CONFERENCE)
    return enquiry


async def start_to_see(work: Work, person_id: UUID, born_at: datetime) -> None:
    """Starts the clock by which a new-born child is to be seen, when an enquiry is open.

    From the birth, and not before the meeting that began the enquiry.
    """
    found = await open_of_person(work, person_id)
    if (
        found is not None
        and found.seen_at is None
        and not await deadlines.is_running(work, found.contact_id, found.id, "child_seen")
    ):
        _start(work, found, "child_seen", max(born_at, found.began_at))


async def _begin_again(
    work: Work,
    who: Caller,
    enquiry: Section47Enquiry,
    meeting_id: UUID,
    held_at: datetime,
    kind: EnquiryDecision,
) -> Section47Enquiry:
    state = SECTION_47_ENQUIRY.after(enquiry.state, EnquiryAction.begin_again)
    changed = {
        "state": state,
        "meeting_id": meeting_id,
        "began_at": held_at,
        "kind": kind,
        "outcome": None,
        "outcome_words": None,
        "outcome_at": None,
        "outcome_by": None,
    }
    version = await work.change(Section47Enquiry, enquiry.id, enquiry.version, **changed)
    again = replace(enquiry, version=version, **changed)  # type: ignore[arg-type]  # each by its own name
    keep_step(
        work, who, again, EnquiryAction.begin_again, held_at, meeting_id=meeting_id, code=kind
    )
    await deadlines.stop(work, enquiry.contact_id, enquiry.id, [_CONFERENCE], "begun_again")
    _start(work, again, _CONFERENCE)
    return again


def _start(
    work: Work, enquiry: Section47Enquiry, kind: str, started_at: datetime | None = None
) -> None:
    deadlines.start(
        work,
        kind,
        SubjectKind.section_47_enquiry,
        enquiry.id,
        enquiry.contact_id,
        started_at or enquiry.began_at,
    )


def keep_step(
    work: Work,
    who: Caller,
    enquiry: Section47Enquiry,
    action: EnquiryAction,
    happened_at: datetime,
    *,
    meeting_id: UUID | None = None,
    code: str | None = None,
    words: str | None = None,
) -> None:
    """Keeps a line of the history of an enquiry, in the state that it is in now."""
    work.add(
        EnquiryStep(
            id=new_id(),
            enquiry_id=enquiry.id,
            action=action,
            state=enquiry.state,
            at=work.now,
            by=who.account_id,
            happened_at=happened_at,
            meeting_id=meeting_id,
            code=code,
            words=words,
        )
    )


async def refuse_while_under_way(ask: Asking | Work, person_id: UUID) -> None:
    """Raises ProtectionUnderWay while a strategy meeting or enquiry about the child is unfinished.

    What may be significant harm is looked into to its end before the child leaves social care.
    """
    row = await ask.first(
        select(MEETING.c.reference, MEETING.c.state)
        .join(MEETING_CHILD, MEETING_CHILD.c.meeting_id == MEETING.c.id)
        .where(
            MEETING_CHILD.c.person_id == person_id,
            MEETING.c.state.in_([MeetingState.called, MeetingState.held]),
        )
        .limit(1)
    )
    if row is not None:
        raise ProtectionUnderWay(
            f"Strategy meeting {row.reference} about the child is not concluded. Hold and conclude "
            "it, or cancel it with the reason, before the child leaves social care.",
            state=row.state,
            allowed=("conclude", "cancel"),
        )
    enquiry = await open_of_person(ask, person_id)
    if enquiry is not None:
        raise ProtectionUnderWay(
            f"Section 47 enquiry {enquiry.reference} about the child has not ended. Record its "
            "outcome, and the conference where there is to be one, before the child leaves social "
            "care.",
            state=enquiry.state,
            allowed=SECTION_47_ENQUIRY.allowed(enquiry.state),
        )
