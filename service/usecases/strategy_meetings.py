"""Strategy meetings: called, invited to, held, concluded and minuted (rule 13)."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from service.domain.access import Caller, Permission
from service.domain.calendar import london_date
from service.domain.deadlines import Deadline
from service.domain.errors import Problem
from service.domain.events import EventType
from service.domain.own_words import own_words_faults
from service.domain.references import ReferenceKind, new_reference
from service.domain.referrals import CaseState, Referral
from service.domain.strategy_invitations import ChildOnFile, Holding, Proposal, proposals
from service.domain.strategy_meetings import (
    STRATEGY_MEETING,
    Harm,
    Invitation,
    MeetingAction,
    MeetingChild,
    MeetingFilters,
    MeetingInStory,
    MeetingState,
    MeetingStep,
    Missing,
    StrategyMeeting,
    before_contact,
    incomplete,
    possible_actions,
    still_missing,
)
from service.domain.transfers import NotAccountable
from service.domain_services.strategy_meetings import (
    children_told_of_at,
    hold_children,
    hold_meeting,
    keep_meeting_step,
    move_meeting,
    new_invitation,
    record_meeting_event,
    refuse_while_meeting_under_way,
)
from service.persistence.asking import Asking
from service.persistence.ids import new_id
from service.persistence.keysets import Place
from service.persistence.repositories import (
    accountabilities,
    cases,
    deadlines,
    strategy_meetings,
)
from service.persistence.repositories.cases import REFERRALS
from service.persistence.units_of_work import Work

# Refusals from below that routes name in the contract.
MeetingNotFound = strategy_meetings.MeetingNotFound
ReferralNotFound = cases.ReferralNotFound

Move = Callable[[Work], Awaitable[StrategyMeeting]]
"""One move of a meeting, with all its terms: the meeting as it is after it."""


@dataclass(frozen=True, slots=True)
class NewMeetingChild:
    """A child for whom a meeting is called, by social care's open case."""

    referral_id: UUID
    alleged: Sequence[Harm]
    in_hospital: bool = False


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
    found = [await REFERRALS.get(work, who.sight, one.referral_id) for one in children]
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
        raise incomplete([before_contact("/planned_for")])
    meeting = _new_meeting(work, who, planned_for, referrals[0].contact_id)
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
    work.add(*(_proposed(meeting, place, one) for place, one in enumerate(proposed)))
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


def _proposed(meeting: StrategyMeeting, place: int, one: Proposal) -> Invitation:
    return new_invitation(
        meeting,
        place,
        one.agency,
        one.because,
        organisation_id=one.organisation_id,
        name=one.name,
        role=one.role,
    )


def _new_meeting(
    work: Work, who: Caller, planned_for: datetime, contact_id: UUID
) -> StrategyMeeting:
    """A meeting as it is when it is called."""
    return StrategyMeeting(
        id=new_id(),
        reference=new_reference(ReferenceKind.strategy_meeting),
        contact_id=contact_id,
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


async def rearrange_strategy_meeting(
    work: Work, who: Caller, meeting_id: UUID, version: int, *, planned_for: datetime, because: str
) -> StrategyMeeting:
    """Moves a meeting to another time, in one's own words why; its clock goes on running."""
    who.require(Permission.call_strategy_meeting)
    held = await hold_meeting(work, who, meeting_id, version, MeetingAction.rearrange)
    problems = own_words_faults(work.policy.rationale, ("/because", because))
    if planned_for == held.meeting.planned_for:
        problems.append(
            Problem("/planned_for", "It is planned for this time already.", "not_moved")
        )
    if planned_for < await children_told_of_at(work, held.children):
        problems.append(before_contact("/planned_for"))
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
    problems = own_words_faults(work.policy.rationale, ("/because", because))
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


# ---- Read ----------------------------------------------------------------------------------------


async def list_strategy_meetings(
    ask: Asking,
    who: Caller,
    filters: MeetingFilters,
    *,
    limit: int,
    after: Place | None = None,
) -> list[ListedMeeting]:
    """Meetings that the caller may see, newest first, from after a place on."""
    who.require(Permission.read_strategy_meetings)
    found = await strategy_meetings.list_newest_first(
        ask, who.sight, filters, limit=limit, after=after
    )
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
    return await whole_strategy_meeting(
        ask, await strategy_meetings.get(ask, who.sight, meeting_id)
    )


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
