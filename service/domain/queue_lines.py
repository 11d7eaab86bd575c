"""Lines of queues: what is shown with each, and what comes next for it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from service.domain.flags import SubjectKind
from service.domain.queues import (
    NextAction,
    Queue,
    QueueItem,
    RunningClock,
    Waiting,
    next_action,
    next_action_of_challenge,
    next_action_of_enquiry,
    next_action_of_meeting,
    next_action_of_transfer,
    with_possible_matches,
)
from service.domain.section_47_enquiries import EnquiryState
from service.domain.strategy_meetings import MeetingChild, MeetingState
from service.domain.transfer_lists import ChallengeInShort, ListedTransfer

OF_HOLDING = "strategy_meeting"
"""The clock of holding a strategy meeting, which runs on each child's referral."""


@dataclass(frozen=True, slots=True)
class MeetingInLine:
    """What a queue reads of a strategy meeting: what it waits for, and about which children."""

    state: MeetingState
    unanswered: bool
    children: Sequence[MeetingChild]


@dataclass(frozen=True, slots=True)
class EnquiryInLine:
    """As much of a section 47 enquiry as says what it waits for."""

    state: EnquiryState
    waits_for_agreement: bool


class ChildInLine(NamedTuple):
    """A child in a line: who, how many on file may be the child, the how many-th contact it is."""

    child_id: UUID
    name: str
    possible_matches: int
    nth_contact: int = 1


@dataclass(frozen=True, slots=True)
class ShownWithLines:
    """What is shown with the lines of a page, by the id of what it hangs on."""

    meetings: Mapping[UUID, MeetingInLine]
    enquiries: Mapping[UUID, EnquiryInLine]
    running: Mapping[UUID, Sequence[RunningClock]]
    children: Mapping[UUID, Sequence[ChildInLine]]
    flags: Mapping[UUID, Mapping[str, int]]
    transfers: Mapping[UUID, ListedTransfer]
    challenges: Mapping[UUID, ChallengeInShort]
    asked: Collection[UUID]
    chasers: Mapping[UUID, int]


def line_of(one: Waiting, shown: ShownWithLines, queue: Queue) -> QueueItem:
    """A line with its clocks, children and flags, and what comes next for it."""
    meeting = shown.meetings.get(one.subject_id)
    clocks, flagged = _clocks_and_flags(one, meeting, shown, queue)
    whom = [(one.contact_id, one.child_id)]
    if meeting is not None:
        whom = [(child.contact_id, child.child_id) for child in meeting.children]
    children = [
        child
        for contact_id, meant in whom
        for child in shown.children.get(contact_id, ())
        if meant in (None, child.child_id)
    ]
    action, possible, nth = _next_action(one, shown, clocks, queue), 0, 1
    if one.subject_kind in (SubjectKind.contact, SubjectKind.decision):
        nth = max((child.nth_contact for child in children), default=1)
    if one.subject_kind is SubjectKind.contact:
        possible = sum(child.possible_matches for child in children)
        action = with_possible_matches(action, possible)
    return QueueItem(
        waiting=one,
        next_action=action,
        deadlines=sorted(clocks, key=lambda clock: clock.due_at),
        children=[child.name for child in children],
        flags=flagged,
        possible_matches=possible,
        nth_contact=nth,
        transfer=shown.transfers.get(one.subject_id),
        challenge=shown.challenges.get(one.subject_id),
        chasers=shown.chasers.get(one.subject_id, 0) if one.subject_id in shown.asked else None,
    )


def _clocks_and_flags(
    one: Waiting, meeting: MeetingInLine | None, shown: ShownWithLines, queue: Queue
) -> tuple[Sequence[RunningClock], int]:
    clocks = shown.running.get(one.subject_id, ())
    flagged = sum(shown.flags.get(one.subject_id, {}).values())
    if one.subject_kind is SubjectKind.decision:
        # It is sorted by the contact's clocks as well: they stop when it is signed.
        clocks = [*clocks, *shown.running.get(one.contact_id, ())]
        flagged += sum(shown.flags.get(one.contact_id, {}).values())
    if meeting is not None:
        # The clock of holding it, and its flags, hang on the referrals of the children.
        for child in meeting.children if meeting.state is MeetingState.called else ():
            clocks = [*clocks, *_of_holding(shown.running.get(child.referral_id, ()))]
            flagged += shown.flags.get(child.referral_id, {}).get(OF_HOLDING, 0)
    elif queue is Queue.strategy and one.subject_kind is SubjectKind.referral:
        clocks = _of_holding(clocks)
    return clocks, flagged


def _next_action(
    one: Waiting, shown: ShownWithLines, clocks: Sequence[RunningClock], queue: Queue
) -> NextAction:
    subject_id = one.subject_id
    if subject_id in shown.meetings:
        meeting = shown.meetings[subject_id]
        return next_action_of_meeting(meeting.state, unanswered=meeting.unanswered)
    if subject_id in shown.enquiries:
        enquiry = shown.enquiries[subject_id]
        return next_action_of_enquiry(
            enquiry.state, clocks, waits_for_agreement=enquiry.waits_for_agreement
        )
    if queue is Queue.strategy:
        return NextAction.call_strategy_meeting
    if subject_id in shown.transfers:
        return next_action_of_transfer(shown.transfers[subject_id])
    if subject_id in shown.challenges:
        return next_action_of_challenge(shown.challenges[subject_id])
    return next_action(one)


def _of_holding(clocks: Sequence[RunningClock]) -> list[RunningClock]:
    return [clock for clock in clocks if clock.kind == OF_HOLDING]
