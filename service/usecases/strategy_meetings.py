"""Strategy meetings: called, invited to, held, concluded and minuted (rule 13)."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from service.domain.access import Caller, Permission
from service.domain.calendar import london_date
from service.domain.decisions import StatutoryBasis, stock_phrase_fault
from service.domain.errors import Problem
from service.domain.events import EventType
from service.domain.flags import Deadline, SubjectKind
from service.domain.instants import lies_ahead
from service.domain.references import new_reference
from service.domain.referrals import CaseState, Referral
from service.domain.strategy_conclusions import (
    ChildConclusion,
    Conclusion,
    Standing,
    faults_in_conclusion,
    standing_of,
)
from service.domain.strategy_invitations import ChildOnFile, Holding, proposals
from service.domain.strategy_meetings import (
    BEGINS_AN_ENQUIRY,
    STRATEGY_MEETING,
    Agency,
    Attendance,
    EnquiryDecision,
    Harm,
    Invitation,
    InvitationsUnanswered,
    InvitedBecause,
    MeetingAction,
    MeetingChild,
    MeetingFilters,
    MeetingInStory,
    MeetingState,
    MeetingStep,
    Missing,
    StrategyMeeting,
    alleged_before,
    incomplete,
    is_quorate,
    possible_actions,
    still_missing,
    unanswered,
    without_attendance,
)
from service.domain.transfers import NotAccountable
from service.domain_services.section_47_enquiries import begin_enquiry
from service.domain_services.strategy_meetings import (
    HeldMeeting,
    hold_children,
    hold_meeting,
    keep_meeting_step,
    move_meeting,
    record_meeting_event,
    refuse_while_meeting_under_way,
)
from service.persistence.asking import Asking
from service.persistence.clocks import start_clock, stop_clocks
from service.persistence.repositories import (
    accountabilities,
    cases,
    contacts,
    deadlines,
    decisions,
    section_47_enquiries,
    strategy_meetings,
)
from service.persistence.repositories.cases import REFERRALS
from service.persistence.units_of_work import Work, new_id

# Refusals from below that routes name in the contract.
MeetingNotFound = strategy_meetings.MeetingNotFound
ReferralNotFound = cases.ReferralNotFound

Move = Callable[[Work], Awaitable[StrategyMeeting]]
"""One move of a meeting, with all its terms: the meeting as it is after it."""

_HOLDING = "strategy_meeting"

MOST_INVITATIONS = 100
"""How many lines the list of a meeting may have."""


@dataclass(frozen=True, slots=True)
class NewMeetingChild:
    """A child for whom a meeting is called, by social care's open case."""

    referral_id: UUID
    alleged: Sequence[Harm]
    in_hospital: bool = False


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


@dataclass(frozen=True, slots=True)
class Attended:
    """What came of one invitation; and who came, where that is said."""

    invitation_id: UUID
    attendance: Attendance
    information: str | None = None
    name: str | None = None
    role: str | None = None


@dataclass(frozen=True, slots=True)
class WholeMeeting:
    """A meeting with its children, its list, its history and its clocks.

    `others` are the other meetings about these children: together they are one story.
    """

    meeting: StrategyMeeting
    children: Sequence[MeetingChild]
    invitations: Sequence[Invitation]
    steps: Sequence[MeetingStep]
    deadlines: Sequence[Deadline]
    others: Sequence[MeetingInStory]

    @property
    def missing(self) -> list[Missing]:
        """What has to be recorded before it is finished."""
        return still_missing(self.meeting, self.children, self.invitations, self.others)

    @property
    def possible_actions(self) -> tuple[MeetingAction, ...]:
        """What somebody can do now."""
        return possible_actions(self.meeting, self.invitations)


@dataclass(frozen=True, slots=True)
class ListedMeeting:
    """A meeting in a list, with its children and the soonest limit that runs on it."""

    meeting: StrategyMeeting
    children: Sequence[MeetingChild]
    due_at: datetime | None


# ---- Calling, moving, cancelling -----------------------------------------------------------------


async def call_strategy_meeting(
    work: Work, who: Caller, planned_for: datetime, children: Sequence[NewMeetingChild]
) -> StrategyMeeting:
    """Calls a meeting about one child or several, each with an open referral that answers for it.

    Who must be invited is proposed from what is on file. It may be called after it was held: what
    cannot wait is not held up by the record. Raises ReferralNotFound; MeetingIncomplete;
    NotAccountable where social care does not answer for a child; MeetingUnderWay naming another
    meeting about a child that is not concluded.
    """
    who.require(Permission.call_strategy_meeting)
    found = [await REFERRALS.get(work, who, one.referral_id) for one in children]
    _refuse_one_child_twice(found)
    await hold_children(work, [one.contact_id for one in found], [one.person_id for one in found])
    held = {
        one.id: await REFERRALS.read_held(work, one.id)
        for one in sorted(found, key=lambda one: one.id)
    }
    referrals = [held[one.id] for one in found]
    for place, referral in enumerate(referrals):
        await _require_answering(work, referral, place)
        await refuse_while_meeting_under_way(work, referral.person_id, f"/children/{place}")
    files = [await strategy_meetings.filed(work, one) for one in referrals]
    received_at = max(file.contact.received_at for file in files)
    if planned_for < received_at:
        raise incomplete([_before_contact("/planned_for")])
    meeting = StrategyMeeting(
        id=new_id(),
        reference=new_reference("M"),
        contact_id=referrals[0].contact_id,
        state=STRATEGY_MEETING.start,
        called_at=work.now,
        called_by=who.account_id,
        planned_for=planned_for,
        held_at=None,
        quorate=None,
        not_quorate_because=None,
        actions=[],
        concluded_at=None,
        concluded_by=None,
        minutes=None,
        minutes_circulated_at=None,
        minutes_circulated_by=None,
        cancelled_at=None,
        cancelled_by=None,
        cancelled_because=None,
        version=1,
    )
    about = [
        _child_of(meeting, place, told, referral)
        for place, (told, referral) in enumerate(zip(children, referrals, strict=True))
    ]
    on_file = [
        await _on_file(work, told, referral, file)
        for told, referral, file in zip(children, referrals, files, strict=True)
    ]
    work.add(meeting, *about)
    proposed = proposals(
        on_file, work.policy.organisations, work.policy.strategy_meetings, london_date(work.now)
    )
    work.add(
        *(
            _line(
                meeting,
                place,
                one.agency,
                one.because,
                organisation_id=one.organisation_id,
                name=one.name,
                role=one.role,
            )
            for place, one in enumerate(proposed)
        )
    )
    keep_meeting_step(work, who, meeting, MeetingAction.call, planned_for=meeting.planned_for)
    record_meeting_event(
        work,
        who,
        EventType.strategy_meeting_called,
        meeting,
        about,
        planned_for=planned_for.isoformat(),
        proposed=[one.agency for one in proposed],
    )
    return meeting


def _refuse_one_child_twice(referrals: Sequence[Referral]) -> None:
    seen: set[UUID] = set()
    problems: list[Problem] = []
    for place, one in enumerate(referrals):
        if one.person_id in seen:
            problems.append(
                Problem(
                    f"/children/{place}/referral_id",
                    "This child is on the list already: name each child once.",
                    "listed_twice",
                )
            )
        seen.add(one.person_id)
    if problems:
        raise incomplete(problems)


async def _require_answering(work: Work, referral: Referral, place: int) -> None:
    """Raises NotAccountable unless this referral answers for its child now."""
    answers = await accountabilities.of_person(work, referral.person_id)
    if answers is not None and answers.case_id == referral.id:
        return
    if referral.state is CaseState.handing_over:
        why = (
            "is being handed over to early help, which answers for the child: early help asks for "
            "a step-up first, or the step-down comes back."
        )
    else:
        why = (
            "is closed: a new concern is logged as a contact, and its decision opens the child to "
            "social care again."
        )
    raise NotAccountable(
        f"The referral at /children/{place}/referral_id {why}", state=referral.state, allowed=()
    )


def _before_contact(pointer: str) -> Problem:
    return Problem(
        pointer,
        "The front door had not been told of the child then. Check the time, or the time at which "
        "the contact was received.",
        "before_contact",
    )


def _child_of(
    meeting: StrategyMeeting, place: int, told: NewMeetingChild, referral: Referral
) -> MeetingChild:
    return MeetingChild(
        id=new_id(),
        meeting_id=meeting.id,
        position=place,
        referral_id=referral.id,
        contact_id=referral.contact_id,
        child_id=referral.child_id,
        person_id=referral.person_id,
        in_hospital=told.in_hospital,
        alleged=[harm for harm in Harm if harm in told.alleged],
        enquiry=None,
        enquiry_reason=None,
        medical=None,
        medical_reason=None,
        told=None,
        enquiry_id=None,
    )


async def _on_file(
    work: Work, told: NewMeetingChild, referral: Referral, file: strategy_meetings.Filed
) -> ChildOnFile:
    def named(team_id: str) -> str:
        team = work.policy.find_team(team_id)
        return team_id if team is None else team.name

    help_ = await strategy_meetings.early_help_of(work, referral)
    return ChildOnFile(
        contact=file.contact,
        child=file.child,
        person=file.person,
        in_hospital=told.in_hospital,
        social_care=Holding(named(referral.team_id), file.worker_name),
        early_help=None if help_ is None else Holding(named(help_[0]), help_[1]),
    )


def _line(
    meeting: StrategyMeeting,
    place: int,
    agency: Agency,
    because: InvitedBecause,
    *,
    organisation_id: str | None,
    name: str | None,
    role: str | None,
    invited_at: datetime | None = None,
) -> Invitation:
    return Invitation(
        id=new_id(),
        meeting_id=meeting.id,
        position=place,
        agency=agency,
        because=because,
        organisation_id=organisation_id,
        name=name,
        role=role,
        invited_at=invited_at,
        not_invited_because=None,
        attendance=None,
        information=None,
    )


async def rearrange_strategy_meeting(
    work: Work, who: Caller, meeting_id: UUID, version: int, *, planned_for: datetime, because: str
) -> StrategyMeeting:
    """Moves a meeting to another time, in one's own words why; its clock goes on running."""
    who.require(Permission.call_strategy_meeting)
    held = await hold_meeting(work, who, meeting_id, version, MeetingAction.rearrange)
    problems = _own_words(work, ("/because", because))
    if planned_for == held.meeting.planned_for:
        problems.append(
            Problem("/planned_for", "It is planned for this time already.", "not_moved")
        )
    if planned_for < await _told_at(work, held.children):
        problems.append(_before_contact("/planned_for"))
    if problems:
        raise incomplete(problems)
    moved = await move_meeting(
        work, who, held.meeting, MeetingAction.rearrange, words=because, planned_for=planned_for
    )
    record_meeting_event(
        work,
        who,
        EventType.strategy_meeting_rearranged,
        moved,
        held.children,
        planned_for=planned_for.isoformat(),
        was_planned_for=held.meeting.planned_for.isoformat(),
    )
    return moved


async def cancel_strategy_meeting(
    work: Work, who: Caller, meeting_id: UUID, version: int, *, because: str
) -> StrategyMeeting:
    """Cancels a meeting that was not held; the clock of holding one goes on running."""
    who.require(Permission.call_strategy_meeting)
    held = await hold_meeting(work, who, meeting_id, version, MeetingAction.cancel)
    problems = _own_words(work, ("/because", because))
    if problems:
        raise incomplete(problems)
    moved = await move_meeting(
        work,
        who,
        held.meeting,
        MeetingAction.cancel,
        words=because,
        cancelled_at=work.now,
        cancelled_by=who.account_id,
        cancelled_because=because,
    )
    record_meeting_event(work, who, EventType.strategy_meeting_cancelled, moved, held.children)
    return moved


def _own_words(work: Work, *texts: tuple[str, str | None]) -> list[Problem]:
    faults = (stock_phrase_fault(text, work.policy.rationale, pointer) for pointer, text in texts)
    return [fault for fault in faults if fault is not None]


async def _told_at(work: Work, children: Sequence[MeetingChild]) -> datetime:
    """When the front door had been told of every child of a meeting."""
    return max(
        [
            (await contacts.held_for_answer(work, contact_id)).received_at
            for contact_id in sorted({one.contact_id for one in children})
        ]
    )


# ---- Who is invited ------------------------------------------------------------------------------


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
        line = lines[answer.invitation_id]
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
    added = [
        _line(
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
        problems += _faults_in_line(lines, seen, one.invitation_id, at)
        problems += _organisation_fault(work, one.organisation_id, f"{at}/organisation_id")
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
        problems += _own_words(work, (f"{at}/because", one.because))
    return problems


def _faults_in_line(
    lines: Mapping[UUID, Invitation], seen: set[UUID], invitation_id: UUID, at: str
) -> list[Problem]:
    problems: list[Problem] = []
    if invitation_id not in lines:
        problems.append(
            Problem(
                f"{at}/invitation_id",
                "This is no line of this meeting's list: read the meeting for their ids.",
                "invitation_unknown",
            )
        )
    if invitation_id in seen:
        problems.append(
            Problem(at, "This line is there already: say all of it once.", "listed_twice")
        )
    seen.add(invitation_id)
    return problems


def _faults_in_others(work: Work, others: Sequence[AlsoInvited], there: int) -> list[Problem]:
    problems: list[Problem] = []
    for place, one in enumerate(others):
        at = f"/others/{place}"
        problems += _organisation_fault(work, one.organisation_id, f"{at}/organisation_id")
        if one.organisation_id is None and one.name is None and one.role is None:
            problems.append(
                Problem(at, "Say who: an organisation, a name or a role.", "nobody_named")
            )
    if there + len(others) > MOST_INVITATIONS:
        problems.append(
            Problem("/others", f"A meeting has at most {MOST_INVITATIONS} invitations.", "too_many")
        )
    return problems


def _organisation_fault(work: Work, organisation_id: str | None, pointer: str) -> list[Problem]:
    if organisation_id is None or work.policy.find_organisation(organisation_id) is not None:
        return []
    return [
        Problem(
            pointer,
            "The policy names no such organisation: GET /v1/organisations lists them.",
            "organisation_unknown",
        )
    ]


# ---- Held ----------------------------------------------------------------------------------------


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
    for before, after in zip(held.invitations, came, strict=True):
        if after != before:
            await strategy_meetings.change_invitation(
                work,
                before,
                attendance=after.attendance,
                information=after.information,
                name=after.name,
                role=after.role,
            )
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
        start_clock(
            work,
            "strategy_minutes",
            SubjectKind.strategy_meeting,
            meeting.id,
            meeting.contact_id,
            when,
        )
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


async def _stop_waiting(work: Work, child: MeetingChild, held_at: datetime) -> None:
    """Stops the clock of holding a meeting; it runs on, or anew, for a concern told of since."""
    since = [
        one.signed_at
        for one in await decisions.concerns_behind(work, child.referral_id)
        if one.told_at > held_at
    ]
    clocks = await deadlines.of_subject(work, child.contact_id, child.referral_id)
    runs_since = [
        one.started_at for one in clocks if one.kind == _HOLDING and one.stopped_at is None
    ]
    if since and runs_since and min(runs_since) >= min(since):
        return
    await stop_clocks(
        work, child.contact_id, child.referral_id, [_HOLDING], "held", happened_at=held_at
    )
    if since:
        start_clock(
            work,
            _HOLDING,
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
    if held_at < await _told_at(work, held.children):
        return [_before_contact(at)]
    return []


def _faults_in_attendance(
    work: Work, invitations: Sequence[Invitation], attendance: Sequence[Attended]
) -> list[Problem]:
    problems: list[Problem] = []
    lines = {one.id: one for one in invitations}
    seen: set[UUID] = set()
    for place, one in enumerate(attendance):
        at = f"/attendance/{place}"
        problems += _faults_in_line(lines, seen, one.invitation_id, at)
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
        problems += _own_words(work, (f"{at}/information", one.information))
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
    return _own_words(work, (at, because))


# ---- Concluded -----------------------------------------------------------------------------------


async def conclude_strategy_meeting(
    work: Work, who: Caller, meeting_id: UUID, version: int, conclusion: Conclusion
) -> StrategyMeeting:
    """Concludes a meeting, for every child: the enquiry, a medical, what the child will be told.

    And what happens next. A single or joint enquiry begins now, or begins anew by when the meeting
    was held. Raises MeetingIncomplete naming every gap.
    """
    who.require(Permission.conclude_strategy_meeting)
    held = await hold_meeting(work, who, meeting_id, version, MeetingAction.conclude)
    meeting = held.meeting
    held_at = meeting.held_at
    if held_at is None:
        raise LookupError("a meeting to conclude that was never held")
    others = await strategy_meetings.story(
        work, meeting.id, [one.person_id for one in held.children]
    )
    standings = [await _standing(work, meeting, child, others) for child in held.children]
    problems = [
        Problem(
            "/attendance",
            f"Record first whether {line.agency.replace('_', ' ')} came: invitation {line.id}.",
            "attendance_missing",
        )
        for line in without_attendance(held.invitations)
    ]
    problems += faults_in_conclusion(conclusion, standings, held_at, work.policy.rationale)
    if problems:
        raise incomplete(problems)
    begun: list[UUID] = []
    decided: list[EnquiryDecision] = []
    told_of = [(one, standing_of(one, standings)) for one in conclusion.children]
    for told, standing in sorted(
        ((told, standing) for told, standing in told_of if standing is not None),
        key=lambda pair: pair[1].child.position,
    ):
        enquiry_id = await _carry_out(work, who, meeting.id, held_at, told, standing)
        if told.enquiry in BEGINS_AN_ENQUIRY and enquiry_id is not None:
            begun.append(enquiry_id)
        if told.enquiry is not None:
            decided.append(told.enquiry)
    moved = await move_meeting(
        work,
        who,
        meeting,
        MeetingAction.conclude,
        actions=_kept_actions(conclusion),
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
    )
    return moved


async def _standing(
    work: Work,
    meeting: StrategyMeeting,
    child: MeetingChild,
    others: Sequence[MeetingInStory],
) -> Standing:
    enquiry = await section_47_enquiries.open_of_person(work, child.person_id)
    return Standing(
        child=child,
        before=alleged_before(meeting, child.person_id, others),
        under_way=enquiry is not None,
        began_at=await strategy_meetings.last_begun_at(work, child.person_id),
    )


async def _carry_out(
    work: Work,
    who: Caller,
    meeting_id: UUID,
    held_at: datetime,
    told: ChildConclusion,
    standing: Standing,
) -> UUID | None:
    """Writes down what was decided for one child; the enquiry that it began or let go on."""
    child = standing.child
    enquiry_id: UUID | None = None
    if told.enquiry in BEGINS_AN_ENQUIRY:
        referral = await REFERRALS.read_held(work, child.referral_id)
        if referral.statutory_basis is not StatutoryBasis.section_47:
            await work.change(
                Referral,
                referral.id,
                referral.version,
                statutory_basis=StatutoryBasis.section_47,
            )
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


def _kept_actions(conclusion: Conclusion) -> list[Mapping[str, Any]]:
    return [
        {
            "what": one.what,
            "owner": one.owner,
            "due_at": None if one.due_at is None else one.due_at.isoformat(),
        }
        for one in conclusion.actions
    ]


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
    problems = _own_words(work, ("/minutes", minutes))
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


# ---- Read ----------------------------------------------------------------------------------------


async def list_strategy_meetings(
    ask: Asking,
    who: Caller,
    filters: MeetingFilters,
    *,
    limit: int,
    after: tuple[datetime, UUID] | None = None,
) -> list[ListedMeeting]:
    """Meetings that the caller may see, newest first, from after a place on."""
    who.require(Permission.read_strategy_meetings)
    found = await strategy_meetings.list_newest_first(ask, who, filters, limit=limit, after=after)
    children = await strategy_meetings.children_of(ask, [one.id for one in found])
    clocks = await deadlines.of_subjects(
        ask,
        [
            *((one.contact_id, one.id) for one in found),
            *((one.contact_id, one.referral_id) for some in children.values() for one in some),
        ],
    )
    return [
        ListedMeeting(one, children[one.id], _due_at(one, children[one.id], clocks))
        for one in found
    ]


def _due_at(
    meeting: StrategyMeeting,
    children: Sequence[MeetingChild],
    clocks: Mapping[UUID, Sequence[Deadline]],
) -> datetime | None:
    """The soonest limit that runs: of holding the meeting, then of circulating its minutes."""
    running = [clock for clock in clocks[meeting.id] if clock.stopped_at is None]
    if meeting.state is MeetingState.called:
        running += [
            clock
            for child in children
            for clock in clocks[child.referral_id]
            if clock.stopped_at is None and clock.kind == "strategy_meeting"
        ]
    return min((clock.due_at for clock in running), default=None)


async def read_strategy_meeting(ask: Asking, who: Caller, meeting_id: UUID) -> WholeMeeting:
    """One meeting, whole. Raises MeetingNotFound."""
    who.require(Permission.read_strategy_meetings)
    return await whole_strategy_meeting(ask, await strategy_meetings.get(ask, who, meeting_id))


async def whole_strategy_meeting(ask: Asking, meeting: StrategyMeeting) -> WholeMeeting:
    """What hangs on a meeting that the caller may see."""
    children = (await strategy_meetings.children_of(ask, [meeting.id]))[meeting.id]
    return WholeMeeting(
        meeting=meeting,
        children=children,
        invitations=await strategy_meetings.invitations_of(ask, meeting.id),
        steps=await strategy_meetings.steps_of(ask, meeting.id),
        deadlines=await strategy_meetings.clocks_of(ask, meeting, children),
        others=await strategy_meetings.story(ask, meeting.id, [one.person_id for one in children]),
    )
