"""Queues: what waits for somebody, soonest deadline first, and what to do about it next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from service.domain.contacts import Channel, ContactState
from service.domain.deadlines import Rating
from service.domain.flags import SubjectKind

# Sorts after everything that is due: a line without a running clock comes last.
NEVER = datetime(9999, 12, 31, tzinfo=UTC)


class Queue(StrEnum):
    """The desks of the front door."""

    contacts = "contacts"
    sign_off = "sign-off"
    allocation = "allocation"
    information_requests = "information-requests"
    mine = "mine"


class NextAction(StrEnum):
    """What somebody has to do next."""

    rate = "rate"
    assign = "assign"
    decide = "decide"
    chase_or_decide = "chase_or_decide"
    sign_off = "sign_off"
    revise_decision = "revise_decision"
    allocate = "allocate"
    answer = "answer"
    work_case = "work_case"


IN_WORDS = {
    NextAction.rate: "Rate it red, amber or green.",
    NextAction.assign: "Take it, or give it to a worker.",
    NextAction.decide: "Decide for each child.",
    NextAction.chase_or_decide: "Chase the agencies that have not answered, or decide without.",
    NextAction.sign_off: "A manager other than the decider agrees or returns the decision.",
    NextAction.revise_decision: "The decision was returned: read why, and decide anew.",
    NextAction.allocate: "Give it to a worker.",
    NextAction.answer: "The agency answers, or somebody chases it.",
    NextAction.work_case: "Work with the child and family.",
}


@dataclass(frozen=True, slots=True)
class QueueFilters:
    """What a queue can be narrowed by."""

    source_codes: Sequence[str] = ()
    ratings: Sequence[Rating] = ()
    assignee_id: UUID | None = None
    unassigned: bool = False
    town: str | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing that waits, with the contact behind it. `due_at` is NEVER when no clock runs."""

    subject_kind: SubjectKind
    subject_id: UUID
    due_at: datetime
    returned: bool
    reference: str
    contact_id: UUID
    child_id: UUID | None
    contact_state: ContactState
    channel: Channel
    received_at: datetime
    source_code: str
    rating: Rating | None
    town: str | None
    immediate_danger: bool
    team_id: str
    worker_id: UUID | None
    worker_name: str | None
    organisation_id: str | None


@dataclass(frozen=True, slots=True)
class RunningClock:
    """As much of a running deadline as a line shows."""

    kind: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class QueueItem:
    """One line of a queue: what waits, its running clocks, and who the children are."""

    waiting: Waiting
    next_action: NextAction
    deadlines: Sequence[RunningClock]
    children: Sequence[str]
    flags: int


def next_action(waiting: Waiting) -> NextAction:
    """What somebody has to do next about it."""
    if waiting.subject_kind is SubjectKind.decision:
        return NextAction.sign_off
    if waiting.subject_kind is SubjectKind.information_request:
        return NextAction.answer
    if waiting.subject_kind in (SubjectKind.referral, SubjectKind.early_help_episode):
        return NextAction.allocate if waiting.worker_id is None else NextAction.work_case
    if waiting.returned:
        return NextAction.revise_decision
    if waiting.contact_state is ContactState.awaiting_sign_off:
        return NextAction.sign_off
    if waiting.rating is None:
        return NextAction.rate
    if waiting.contact_state is ContactState.awaiting_information:
        return NextAction.chase_or_decide
    if waiting.worker_id is None:
        return NextAction.assign
    return NextAction.decide


def child_in_a_line(given_name: str | None, family_name: str | None, unborn: bool) -> str:
    """A child as a line of a queue names one."""
    name = " ".join(part for part in (given_name, family_name) if part)
    if name:
        return name
    return "Unborn child" if unborn else "Name not known"
