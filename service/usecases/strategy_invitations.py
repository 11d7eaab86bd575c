"""Who is invited to a strategy meeting: the answers, and who comes besides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from service.domain.access import Caller, Permission
from service.domain.errors import Problem
from service.domain.events import EventType
from service.domain.own_words import own_words_faults
from service.domain.strategy_invitations import faults_in_line
from service.domain.strategy_meetings import (
    MOST_INVITATIONS,
    Agency,
    Invitation,
    InvitedBecause,
    MeetingAction,
    MeetingState,
    StrategyMeeting,
    incomplete,
)
from service.domain_services.strategy_meetings import (
    hold_meeting,
    move_meeting,
    new_invitation,
    organisation_fault,
    record_meeting_event,
)
from service.persistence.repositories import (
    strategy_meetings,
)
from service.persistence.units_of_work import Work


@dataclass(frozen=True, slots=True)
class InvitationAnswer:
    """Whether somebody on the list is invited, or why not; and who it is, where that is said."""

    invitation_id: UUID
    invited: bool
    because: str | None = None
    organisation_id: str | None = None
    name: str | None = None
    role: str | None = None


@dataclass(frozen=True, slots=True)
class AlsoInvited:
    """Somebody whom the service did not propose."""

    agency: Agency
    organisation_id: str | None = None
    name: str | None = None
    role: str | None = None


async def invite_to_strategy_meeting(
    work: Work,
    who: Caller,
    meeting_id: UUID,
    version: int,
    *,
    answers: Sequence[InvitationAnswer],
    others: Sequence[AlsoInvited],
) -> StrategyMeeting:
    """Says who of the list is invited, and why somebody is not; adds others.

    A part of the list may be answered now and the rest later. Once the meeting was held, those
    who came without being on the list can be added, and nothing else is changed.
    """
    who.require(Permission.invite_to_strategy_meeting)
    held = await hold_meeting(work, who, meeting_id, version, MeetingAction.invite)
    meeting, lines = held.meeting, {one.id: one for one in held.invitations}
    problems = _faults_in_answers(work, meeting, lines, answers)
    problems += _faults_in_others(work, others, len(lines))
    if not answers and not others:
        problems.append(Problem("", "Say who is invited, or add somebody.", "nothing_said"))
    if problems:
        raise incomplete(problems)
    for answer in answers:
        await _keep_answer(work, lines[answer.invitation_id], answer)
    added = [
        new_invitation(
            meeting,
            len(lines) + place,
            other.agency,
            InvitedBecause.added,
            organisation_id=other.organisation_id,
            name=other.name,
            role=other.role,
            invited_at=work.now,
        )
        for place, other in enumerate(others)
    ]
    work.add(*added)
    moved = await move_meeting(work, who, meeting, MeetingAction.invite)
    record_meeting_event(
        work,
        who,
        EventType.strategy_meeting_invited,
        moved,
        held.children,
        invited=[lines[one.invitation_id].agency for one in answers if one.invited],
        not_invited=[lines[one.invitation_id].agency for one in answers if not one.invited],
        added=[one.agency for one in added],
    )
    return moved


async def _keep_answer(work: Work, line: Invitation, answer: InvitationAnswer) -> None:
    changed = {
        name: value
        for name in ("organisation_id", "name", "role")
        if (value := getattr(answer, name)) is not None
    }
    await strategy_meetings.change_invitation(
        work,
        line,
        **changed,
        invited_at=(line.invited_at or work.now) if answer.invited else None,
        not_invited_because=None if answer.invited else answer.because,
    )


def _faults_in_answers(
    work: Work,
    meeting: StrategyMeeting,
    lines: Mapping[UUID, Invitation],
    answers: Sequence[InvitationAnswer],
) -> list[Problem]:
    problems: list[Problem] = []
    seen: set[UUID] = set()
    for place, one in enumerate(answers):
        at = f"/invitations/{place}"
        problems += faults_in_line(lines, seen, one.invitation_id, at)
        problems += organisation_fault(work, one.organisation_id, f"{at}/organisation_id")
        if meeting.state is MeetingState.held:
            problems.append(
                Problem(
                    at,
                    "The meeting was held: who was invited stays as it is. Add who came besides.",
                    "meeting_held",
                )
            )
        elif one.invited and one.because is not None:
            problems.append(
                Problem(f"{at}/because", "Who is invited needs no reason: leave it out.", "surplus")
            )
        elif not one.invited and one.because is None:
            problems.append(
                Problem(f"{at}/because", "Say why they are not invited.", "reason_missing")
            )
        problems += own_words_faults(work.policy.rationale, (f"{at}/because", one.because))
    return problems


def _faults_in_others(work: Work, others: Sequence[AlsoInvited], there: int) -> list[Problem]:
    problems: list[Problem] = []
    for place, one in enumerate(others):
        at = f"/others/{place}"
        problems += organisation_fault(work, one.organisation_id, f"{at}/organisation_id")
        if one.organisation_id is None and one.name is None and one.role is None:
            problems.append(
                Problem(at, "Say who: an organisation, a name or a role.", "nobody_named")
            )
    if there + len(others) > MOST_INVITATIONS:
        problems.append(
            Problem("/others", f"A meeting has at most {MOST_INVITATIONS} invitations.", "too_many")
        )
    return problems
