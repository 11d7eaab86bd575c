"""Strategy meetings that were held: who came, and whether that made them quorate."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from service.domain.access import Caller, Permission
from service.domain.errors import Problem
from service.domain.events import EventType
from service.domain.flags import SubjectKind
from service.domain.instants import lies_ahead
from service.domain.own_words import own_words_faults
from service.domain.strategy_invitations import faults_in_line
from service.domain.strategy_meetings import (
    HOLDING_CLOCK,
    Attendance,
    Invitation,
    InvitationsUnanswered,
    MeetingAction,
    MeetingChild,
    StrategyMeeting,
    before_contact,
    incomplete,
    is_quorate,
    possible_actions,
    unanswered,
    without_attendance,
)
from service.domain_services.strategy_meetings import (
    HeldMeeting,
    children_told_of_at,
    hold_meeting,
    move_meeting,
    record_meeting_event,
)
from service.persistence.clocks import start_clock, stop_clocks
from service.persistence.repositories import (
    deadlines,
    decisions,
    strategy_meetings,
)
from service.persistence.units_of_work import Work


@dataclass(frozen=True, slots=True)
class Attended:
    """What came of one invitation; and who came, where that is said."""

    invitation_id: UUID
    attendance: Attendance
    information: str | None = None
    name: str | None = None
    role: str | None = None


async def record_strategy_meeting(
    work: Work,
    who: Caller,
    meeting_id: UUID,
    version: int,
    *,
    held_at: datetime | None,
    attendance: Sequence[Attended],
    not_quorate_because: str | None,
) -> StrategyMeeting:
    """Records that a meeting was held, who came, and who sent what; whether it was quorate.

    Not while it is open of somebody on the list whether they are invited. The first time stops the
    clock of holding it on every child's referral and starts that of the minutes, both by when it
    was held; recorded again, it corrects who came, and not when. What the front door was told
    after the meeting was not spoken of there: for that, another one is owed. Raises
    InvitationsUnanswered.
    """
    who.require(Permission.record_strategy_meeting)
    held = await hold_meeting(work, who, meeting_id, version, MeetingAction.record_attendance)
    meeting = held.meeting
    _refuse_unanswered(meeting, held.invitations)
    told = {one.invitation_id: one for one in attendance}
    problems = await _faults_in_held_at(work, held, held_at)
    problems += _faults_in_attendance(work, held.invitations, attendance)
    came = [
        one if one.id not in told else _with_attendance(one, told[one.id])
        for one in held.invitations
    ]
    quorate = is_quorate(work.policy.strategy_meetings.quorum, came)
    because = not_quorate_because or (None if quorate else meeting.not_quorate_because)
    if not problems:
        problems += _faults_in_quorum(work, quorate=quorate, because=because)
    when = meeting.held_at or held_at
    if problems or when is None:
        raise incomplete(problems)
    await _keep_attendance(work, held.invitations, came)
    first = meeting.held_at is None
    moved = await move_meeting(
        work,
        who,
        meeting,
        MeetingAction.record_attendance,
        happened_at=when,
        held_at=when,
        quorate=quorate,
        not_quorate_because=because,
    )
    if first:
        for child in held.children:
            await _stop_waiting(work, child, when)
        kind, contact_id = SubjectKind.strategy_meeting, meeting.contact_id
        start_clock(work, "strategy_minutes", kind, meeting.id, contact_id, when)
    record_meeting_event(
        work,
        who,
        EventType.strategy_meeting_held
        if first
        else EventType.strategy_meeting_attendance_corrected,
        moved,
        held.children,
        happened_at=when if first else None,
        held_at=when.isoformat(),
        quorate=quorate,
        attended=[one.agency for one in came if one.attendance is Attendance.attended],
    )
    return moved


async def _keep_attendance(
    work: Work, invitations: Sequence[Invitation], came: Sequence[Invitation]
) -> None:
    for before, after in zip(invitations, came, strict=True):
        if after != before:
            await strategy_meetings.change_invitation(
                work,
                before,
                attendance=after.attendance,
                information=after.information,
                name=after.name,
                role=after.role,
            )


async def _stop_waiting(work: Work, child: MeetingChild, held_at: datetime) -> None:
    """Stops the clock of holding a meeting; it runs on, or anew, for a concern told of since."""
    since = [
        one.signed_at
        for one in await decisions.concerns_behind(work, child.referral_id)
        if one.told_at > held_at
    ]
    clocks = await deadlines.of_subject(work, child.contact_id, child.referral_id)
    runs_since = [
        one.started_at for one in clocks if one.kind == HOLDING_CLOCK and one.stopped_at is None
    ]
    if since and runs_since and min(runs_since) >= min(since):
        return
    await stop_clocks(
        work, child.contact_id, child.referral_id, [HOLDING_CLOCK], "held", happened_at=held_at
    )
    if since:
        start_clock(
            work,
            HOLDING_CLOCK,
            SubjectKind.referral,
            child.referral_id,
            child.contact_id,
            min(since),
        )


def _refuse_unanswered(meeting: StrategyMeeting, invitations: Sequence[Invitation]) -> None:
    waiting = unanswered(invitations)
    if waiting:
        agencies = ", ".join(dict.fromkeys(one.agency.replace("_", " ") for one in waiting))
        raise InvitationsUnanswered(
            f"Say first whether these are invited, or why they are not: {agencies}.",
            state=meeting.state,
            allowed=possible_actions(meeting, invitations),
        )


def _with_attendance(line: Invitation, told: Attended) -> Invitation:
    return replace(
        line,
        attendance=told.attendance,
        information=told.information,
        name=told.name or line.name,
        role=told.role or line.role,
    )


async def _faults_in_held_at(
    work: Work, held: HeldMeeting, held_at: datetime | None
) -> list[Problem]:
    at = "/held_at"
    if held.meeting.held_at is not None:
        if held_at in (None, held.meeting.held_at):
            return []
        return [
            Problem(
                at,
                "When it was held is on the record, and its clocks run from it: leave it out.",
                "held_at_settled",
            )
        ]
    if held_at is None:
        return [Problem(at, "Say when the meeting was held.", "missing")]
    if lies_ahead(held_at, work.now):
        return [Problem(at, "This is still to come: record the meeting once it was held.", "ahead")]
    if held_at < await children_told_of_at(work, held.children):
        return [before_contact(at)]
    return []


def _faults_in_attendance(
    work: Work, invitations: Sequence[Invitation], attendance: Sequence[Attended]
) -> list[Problem]:
    problems: list[Problem] = []
    lines = {one.id: one for one in invitations}
    seen: set[UUID] = set()
    for place, one in enumerate(attendance):
        at = f"/attendance/{place}"
        problems += faults_in_line(lines, seen, one.invitation_id, at)
        line = lines.get(one.invitation_id)
        stayed_away = one.attendance in (Attendance.sent_apologies, Attendance.absent)
        if line is not None and line.invited_at is None and stayed_away:
            problems.append(
                Problem(
                    f"{at}/attendance",
                    "They were not invited, so they are neither absent nor excused. Leave the "
                    "line out, or say what they brought or sent all the same.",
                    "not_invited",
                )
            )
        if one.attendance is Attendance.sent_information and one.information is None:
            problems.append(
                Problem(f"{at}/information", "Write down what they sent.", "information_missing")
            )
        if stayed_away and one.information is not None:
            problems.append(
                Problem(
                    f"{at}/attendance",
                    "Who sent what they know has sent information: say sent_information.",
                    "sent_information",
                )
            )
        problems += own_words_faults(work.policy.rationale, (f"{at}/information", one.information))
    problems += [
        Problem(
            "/attendance",
            f"Say whether {line.agency.replace('_', ' ')} came: invitation {line.id}.",
            "attendance_missing",
        )
        for line in without_attendance(invitations)
        if line.id not in seen
    ]
    return problems


def _faults_in_quorum(work: Work, *, quorate: bool, because: str | None) -> list[Problem]:
    at = "/not_quorate_because"
    if quorate:
        if because is None:
            return []
        return [Problem(at, "The meeting was quorate: leave it out.", "surplus")]
    if because is None:
        quorum = ", ".join(
            agency.replace("_", " ") for agency in work.policy.strategy_meetings.quorum
        )
        return [
            Problem(
                at,
                f"Not everybody came who makes a meeting quorate ({quorum}): say why it went "
                "ahead.",
                "not_quorate",
            )
        ]
    return own_words_faults(work.policy.rationale, (at, because))
