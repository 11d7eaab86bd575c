"""Section 47 enquiries: begun by a strategy meeting, and what they keep from closing."""

from datetime import datetime
from typing import Any
from uuid import UUID

from service.domain.access import Caller
from service.domain.flags import SubjectKind
from service.domain.references import ReferenceKind, new_reference
from service.domain.referrals import Referral
from service.domain.section_47_enquiries import (
    CLOCKS,
    CONFERENCE_CLOCK,
    SECTION_47_ENQUIRY,
    EnquiryAction,
    EnquiryState,
    Section47Enquiry,
    after,
)
from service.domain.strategy_meetings import EnquiryDecision, ProtectionUnderWay
from service.domain_services.assessments import ensure_assessment
from service.domain_services.lives import Ending, Life, Moves
from service.persistence.asking import Asking
from service.persistence.clocks import is_running
from service.persistence.ids import new_id
from service.persistence.repositories import (
    section_47_enquiries,
    strategy_meetings,
    unborn,
)
from service.persistence.units_of_work import Work

ENQUIRIES = Life(
    section_47_enquiries.ENQUIRIES,
    Moves(
        SECTION_47_ENQUIRY,
        section_47_enquiries.STEPS,
        # A child who was not seen by the end is waited for no more.
        Ending(
            CLOCKS,
            lambda action, state: "enquiry_ended" if state is EnquiryState.ended else None,
            dated=True,
        ),
    ),
    SubjectKind.section_47_enquiry,
)
record_enquiry_event = ENQUIRIES.record


async def begin_enquiry(
    work: Work,
    who: Caller,
    meeting_id: UUID,
    held_at: datetime,
    referral: Referral,
    kind: EnquiryDecision,
) -> Section47Enquiry:
    """Begins the enquiry that a strategy meeting decided on, or lets the open one go on.

    The conference is reckoned from the meeting that initiated the enquiry, and the child is to be
    seen within the limit from it: a later one may make a single agency's enquiry joint, and moves
    neither (Working Together). The caller holds the child and has added the meeting.
    """
    found = await section_47_enquiries.open_of_person(work, referral.person_id)
    if found is not None:
        return await _go_on(work, who, found, meeting_id, held_at, kind)
    assessment = await ensure_assessment(work, who, referral)
    enquiry = _new_enquiry(referral, assessment.id, meeting_id, held_at, kind, opened_at=work.now)
    work.add(enquiry)
    ENQUIRIES.moves.keep_step(
        work,
        who,
        enquiry,
        EnquiryAction.begin,
        happened_at=held_at,
        code=kind,
        meeting_id=meeting_id,
    )
    if not await unborn.is_unborn(work, referral.person_id):
        _start(work, enquiry, "child_seen")
    _start(work, enquiry, CONFERENCE_CLOCK)
    return enquiry


def _new_enquiry(
    referral: Referral,
    assessment_id: UUID,
    meeting_id: UUID,
    held_at: datetime,
    kind: EnquiryDecision,
    *,
    opened_at: datetime,
) -> Section47Enquiry:
    """An enquiry as it begins: nobody has seen the child, and nothing is found."""
    return Section47Enquiry(
        id=new_id(),
        reference=new_reference(ReferenceKind.section_47_enquiry),
        meeting_id=meeting_id,
        referral_id=referral.id,
        assessment_id=assessment_id,
        contact_id=referral.contact_id,
        child_id=referral.child_id,
        person_id=referral.person_id,
        kind=kind,
        state=SECTION_47_ENQUIRY.start,
        opened_at=opened_at,
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
        no_conference_because=None,
        no_conference_since_on=None,
        no_conference_words=None,
        no_conference_proposed_at=None,
        no_conference_proposed_by=None,
        no_conference_agreed_at=None,
        no_conference_agreed_by=None,
        no_conference_agreed_words=None,
        ended_at=None,
        version=1,
    )


async def start_clock_to_see(work: Work, person_id: UUID, born_at: datetime) -> None:
    """Starts the clock by which a new-born child is to be seen, when an enquiry is open.

    From the birth, and not before the meeting that began the enquiry.
    """
    found = await section_47_enquiries.open_of_person(work, person_id)
    if (
        found is not None
        and found.seen_at is None
        and not await is_running(work, found.contact_id, found.id, "child_seen")
    ):
        _start(work, found, "child_seen", max(born_at, found.began_at))


async def _go_on(
    work: Work,
    who: Caller,
    enquiry: Section47Enquiry,
    meeting_id: UUID,
    held_at: datetime,
    kind: EnquiryDecision,
) -> Section47Enquiry:
    """An enquiry that is open, as a later meeting leaves it: joint from now on, or as it was."""
    if kind is enquiry.kind:
        return enquiry
    return await ENQUIRIES.moves.move(
        work,
        who,
        enquiry,
        EnquiryAction.become_joint,
        line={"happened_at": held_at, "code": kind, "meeting_id": meeting_id},
        kind=kind,
    )


def _start(
    work: Work, enquiry: Section47Enquiry, kind: str, started_at: datetime | None = None
) -> None:
    ENQUIRIES.start_clock(work, enquiry, kind, since=started_at or enquiry.began_at)


async def hold_enquiry(
    work: Work, who: Caller, enquiry_id: UUID, version: int, action: EnquiryAction
) -> Section47Enquiry:
    """An enquiry on which somebody is about to act, with its contact and its child held.

    Raises EnquiryNotFound; WrongState, ChildUnborn or SightNotRecorded with what is possible; and
    only then Stale: who comes second is told why.
    """

    async def can(enquiry: Section47Enquiry) -> None:
        after(enquiry, action, unborn=await unborn.is_unborn(work, enquiry.person_id))

    return (await ENQUIRIES.hold(work, who, enquiry_id, version, can)).thing


async def move_enquiry(
    work: Work,
    who: Caller,
    enquiry: Section47Enquiry,
    action: EnquiryAction,
    happened_at: datetime,
    *,
    code: str | None = None,
    words: str | None = None,
    visited_by: str | None = None,
    **changed: Any,
) -> Section47Enquiry:
    """Takes an enquiry one step on, with its line of history; its clocks stop when it ends.

    `visited_by` is who saw the child at this very visit. A child who was not seen by the end is
    waited for no more.
    """
    line = {"happened_at": happened_at, "seen_by": visited_by, "code": code, "words": words}
    return await ENQUIRIES.moves.move(work, who, enquiry, action, line=line, **changed)


async def refuse_while_protection_is_owed(work: Work, referral: Referral) -> None:
    """Raises ProtectionUnderWay also while a strategy meeting is owed that nobody has held.

    Who receives a case where significant harm may be suspected does not let it go because they
    think otherwise: the meeting says so, or a new decision supersedes the one behind it (rule 8).
    """
    await refuse_while_protection_is_under_way(work, referral.person_id)
    if await is_running(work, referral.contact_id, referral.id, "strategy_meeting"):
        raise ProtectionUnderWay(
            "A strategy meeting about the child is owed and was not held. Call and hold it, and "
            "conclude that there is no enquiry where that is so; or change the decision behind "
            "the referral by a new one that supersedes it.",
            state=referral.state,
            allowed=("call_strategy_meeting", "supersede"),
        )


async def refuse_while_protection_is_under_way(ask: Asking | Work, person_id: UUID) -> None:
    """Raises ProtectionUnderWay while a strategy meeting or enquiry about the child is unfinished.

    What may be significant harm is looked into to its end before the child leaves social care.
    """
    meeting = await strategy_meetings.under_way(ask, person_id)
    if meeting is not None:
        reference, state = meeting
        raise ProtectionUnderWay(
            f"Strategy meeting {reference} about the child is not concluded. Hold and conclude "
            "it, or cancel it with the reason, before the child leaves social care.",
            state=state,
            allowed=("conclude", "cancel"),
        )
    enquiry = await section_47_enquiries.open_of_person(ask, person_id)
    if enquiry is not None:
        raise ProtectionUnderWay(
            f"Section 47 enquiry {enquiry.reference} about the child has not ended. Record its "
            "outcome, and the conference or that none is needed, before the child leaves social "
            "care. Of a child who died or moved away propose that no conference is needed: another "
            "manager agrees.",
            state=enquiry.state,
            allowed=SECTION_47_ENQUIRY.allowed(enquiry.state),
        )
