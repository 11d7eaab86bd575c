"""What a strategy meeting concludes: enquiries begin, actions are kept, minutes go round."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from service.domain.access import Caller, Permission
from service.domain.emergency_acts import EmergencyActKind
from service.domain.errors import Problem
from service.domain.events import EventType
from service.domain.instants import lies_ahead
from service.domain.own_words import own_words_faults
from service.domain.strategy_conclusions import (
    ChildConclusion,
    Conclusion,
    OnFileOfChild,
    faults_in_conclusion,
    standing_of,
)
from service.domain.strategy_meetings import (
    BEGINS_AN_ENQUIRY,
    EnquiryDecision,
    Invitation,
    MeetingAction,
    MeetingChild,
    MeetingInStory,
    StrategyMeeting,
    alleged_before,
    incomplete,
    without_attendance,
)
from service.domain_services.cases import make_section_47
from service.domain_services.emergency_acts import (
    act_alone,
    refuse_within_office_hours,
    stands_alone,
)
from service.domain_services.section_47_enquiries import begin_enquiry
from service.domain_services.strategy_meetings import (
    hold_meeting,
    move_meeting,
    record_meeting_event,
)
from service.persistence.clocks import stop_clocks
from service.persistence.repositories import (
    section_47_enquiries,
    strategy_meetings,
)
from service.persistence.repositories.cases import REFERRALS
from service.persistence.units_of_work import Work

_INSTEAD = (
    "Have the manager of the MASH or of the assessment team conclude this meeting; who came and "
    "what was said can be recorded by you."
)


async def conclude_strategy_meeting(
    work: Work, who: Caller, meeting_id: UUID, version: int, conclusion: Conclusion
) -> StrategyMeeting:
    """Concludes a meeting, for every child: the enquiry, a medical, what the child will be told.

    And what happens next. A single or joint enquiry begins by when the meeting was held; one that
    is open goes on, joint from now on where that is decided. An emergency duty worker does so for a
    meeting that was held out of hours: it has effect at once, and a manager signs off that it had,
    for each child. Raises MeetingIncomplete naming every gap, WithinOfficeHours.
    """
    who.require(Permission.conclude_strategy_meeting)
    held = await hold_meeting(work, who, meeting_id, version, MeetingAction.conclude)
    meeting = held.meeting
    held_at = meeting.held_at
    if held_at is None:
        raise LookupError("a meeting to conclude that was never held")
    alone = stands_alone(who)
    if alone:
        refuse_within_office_hours(work, held_at, _INSTEAD)
    others = await strategy_meetings.story(
        work, meeting.id, [one.person_id for one in held.children]
    )
    standings = [await _standing(work, meeting, child, others) for child in held.children]
    problems = _attendance_missing(held.invitations)
    problems += faults_in_conclusion(conclusion, standings, held_at, work.policy.rationale)
    if problems:
        raise incomplete(problems)
    told_of = [(one, standing_of(one, standings)) for one in conclusion.children]
    decided, begun = await _carry_out_all(work, who, meeting.id, held_at, told_of)
    alone_by: dict[str, Any] = {}
    if alone:
        alone_by["emergency_act_ids"] = _acted_alone(work, who, meeting.id, held_at, told_of)
    moved = await move_meeting(
        work,
        who,
        meeting,
        MeetingAction.conclude,
        actions=list(conclusion.actions),
        concluded_at=work.now,
        concluded_by=who.account_id,
    )
    record_meeting_event(
        work,
        who,
        EventType.strategy_meeting_concluded,
        moved,
        held.children,
        held_at=held_at.isoformat(),
        enquiries=decided,
        enquiry_ids=begun,
        **alone_by,
    )
    return moved


async def _carry_out_all(
    work: Work,
    who: Caller,
    meeting_id: UUID,
    held_at: datetime,
    told_of: Sequence[tuple[ChildConclusion, OnFileOfChild | None]],
) -> tuple[list[EnquiryDecision], list[UUID]]:
    """Writes down what was decided for each child; what was, and the enquiries that began."""
    begun: list[UUID] = []
    decided: list[EnquiryDecision] = []
    for told, standing in sorted(
        ((told, standing) for told, standing in told_of if standing is not None),
        key=lambda pair: pair[1].child.position,
    ):
        enquiry_id = await _carry_out(work, who, meeting_id, held_at, told, standing)
        if told.enquiry in BEGINS_AN_ENQUIRY and enquiry_id is not None:
            begun.append(enquiry_id)
        if told.enquiry is not None:
            decided.append(told.enquiry)
    return decided, begun


def _acted_alone(
    work: Work,
    who: Caller,
    meeting_id: UUID,
    held_at: datetime,
    told_of: Sequence[tuple[ChildConclusion, OnFileOfChild | None]],
) -> list[UUID]:
    """Keeps of each child that one person concluded this alone, on a clock from the meeting."""
    return [
        act_alone(
            work,
            who,
            EmergencyActKind.strategy_meeting,
            (standing.child.contact_id, standing.child.child_id, standing.child.person_id),
            told.enquiry_reason or "",
            held_at,
            strategy_meeting_id=meeting_id,
        ).id
        for told, standing in told_of
        if standing is not None
    ]


def _attendance_missing(invitations: Sequence[Invitation]) -> list[Problem]:
    return [
        Problem(
            "/attendance",
            f"Record first whether {line.agency.replace('_', ' ')} came: invitation {line.id}.",
            "attendance_missing",
        )
        for line in without_attendance(invitations)
    ]


async def _standing(
    work: Work,
    meeting: StrategyMeeting,
    child: MeetingChild,
    others: Sequence[MeetingInStory],
) -> OnFileOfChild:
    enquiry = await section_47_enquiries.open_of_person(work, child.person_id)
    return OnFileOfChild(
        child=child,
        before=alleged_before(meeting, child.person_id, others),
        under_way=None if enquiry is None else enquiry.kind,
        began_at=await strategy_meetings.last_begun_at(work, child.person_id),
    )


async def _carry_out(
    work: Work,
    who: Caller,
    meeting_id: UUID,
    held_at: datetime,
    told: ChildConclusion,
    standing: OnFileOfChild,
) -> UUID | None:
    """Writes down what was decided for one child; the enquiry that it began or let go on."""
    child = standing.child
    enquiry_id: UUID | None = None
    if told.enquiry in BEGINS_AN_ENQUIRY:
        referral = await REFERRALS.read_held(work, child.referral_id)
        await make_section_47(work, referral)
        enquiry = await begin_enquiry(work, who, meeting_id, held_at, referral, told.enquiry)
        enquiry_id = enquiry.id
    elif told.enquiry is EnquiryDecision.continues:
        going_on = await section_47_enquiries.open_of_person(work, child.person_id)
        enquiry_id = None if going_on is None else going_on.id
    await strategy_meetings.change_child(
        work,
        child,
        alleged=standing.now(told),
        enquiry=told.enquiry,
        enquiry_reason=told.enquiry_reason,
        medical=told.medical,
        medical_reason=told.medical_reason,
        told=told.told,
        enquiry_id=enquiry_id,
    )
    return enquiry_id


async def circulate_strategy_minutes(
    work: Work,
    who: Caller,
    meeting_id: UUID,
    version: int,
    *,
    minutes: str,
    circulated_at: datetime,
) -> StrategyMeeting:
    """Records the minutes of a concluded meeting, and when they were circulated."""
    who.require(Permission.circulate_strategy_minutes)
    held = await hold_meeting(work, who, meeting_id, version, MeetingAction.circulate_minutes)
    meeting = held.meeting
    problems = own_words_faults(work.policy.rationale, ("/minutes", minutes))
    if lies_ahead(circulated_at, work.now):
        problems.append(
            Problem(
                "/circulated_at", "This is still to come: record it once they are sent.", "ahead"
            )
        )
    if meeting.held_at is not None and circulated_at < meeting.held_at:
        problems.append(
            Problem(
                "/circulated_at",
                "Minutes are circulated after the meeting was held, not before it.",
                "before_meeting",
            )
        )
    if problems:
        raise incomplete(problems)
    await stop_clocks(
        work,
        meeting.contact_id,
        meeting.id,
        ["strategy_minutes"],
        "circulated",
        happened_at=circulated_at,
    )
    moved = await move_meeting(
        work,
        who,
        meeting,
        MeetingAction.circulate_minutes,
        happened_at=circulated_at,
        minutes=minutes,
        minutes_circulated_at=circulated_at,
        minutes_circulated_by=who.account_id,
    )
    record_meeting_event(
        work,
        who,
        EventType.strategy_meeting_minutes_circulated,
        moved,
        held.children,
        happened_at=circulated_at,
        circulated_at=circulated_at.isoformat(),
    )
    return moved
