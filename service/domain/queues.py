"""Queues: what waits for somebody, soonest deadline first, and what to do about it next."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from uuid import UUID

from service.domain.accountabilities import CareService
from service.domain.challenges import ChallengedThing, ChallengeState
from service.domain.contact_kinds import DECIDED_KINDS, ContactKind
from service.domain.contacts import Channel, ContactState
from service.domain.dangers import DangerTold
from service.domain.deadlines import Rating
from service.domain.flags import SubjectKind
from service.domain.people import YesNo
from service.domain.police_notifications import Risk
from service.domain.section_47_enquiries import EnquiryState
from service.domain.strategy_meetings import MeetingState
from service.domain.transfer_lists import ChallengeInShort, ListedTransfer
from service.domain.transfer_waits import WaitsFor

# Sorts after everything that is due: a line without a running clock comes last.
NEVER = datetime(9999, 12, 31, tzinfo=UTC)

# Sorts before everything that is due: what cannot be reckoned yet is asked for first.
FIRST = datetime(1970, 1, 1, tzinfo=UTC)

BEFORE_ALL_ELSE, IN_ITS_TURN = 0, 1
"""The ranks of lines in a queue: what a red contact waits for comes before all else."""


class Queue(StrEnum):
    """The desks of the front door."""

    contacts = "contacts"
    sign_off = "sign-off"
    allocation = "allocation"
    information_requests = "information-requests"
    step_up = "step-up"
    step_down = "step-down"
    challenges = "challenges"
    strategy = "strategy"
    pre_birth = "pre-birth"
    mine = "mine"


class NextAction(StrEnum):
    """What somebody has to do next."""

    rate = "rate"
    answer_possible_match = "answer_possible_match"
    assign = "assign"
    decide = "decide"
    chase_or_decide = "chase_or_decide"
    sign_off = "sign_off"
    revise_decision = "revise_decision"
    allocate = "allocate"
    answer = "answer"
    read_late_answer = "read_late_answer"
    work_case = "work_case"
    open_transfer = "open_transfer"
    answer_transfer = "answer_transfer"
    agree_to_refusal = "agree_to_refusal"
    answer_challenge = "answer_challenge"
    accept_or_escalate = "accept_or_escalate"
    accept_transfer = "accept_transfer"
    ask_family = "ask_family"
    make_first_visit = "make_first_visit"
    complete_transfer = "complete_transfer"
    decide_returned = "decide_returned"
    decide_anew = "decide_anew"
    call_strategy_meeting = "call_strategy_meeting"
    invite_to_strategy_meeting = "invite_to_strategy_meeting"
    hold_strategy_meeting = "hold_strategy_meeting"
    conclude_strategy_meeting = "conclude_strategy_meeting"
    circulate_strategy_minutes = "circulate_strategy_minutes"
    see_child = "see_child"
    record_enquiry_outcome = "record_enquiry_outcome"
    hold_conference = "hold_conference"
    sign_off_no_conference = "sign_off_no_conference"
    ask_expected_delivery = "ask_expected_delivery"
    ask_whether_born = "ask_whether_born"
    begin_assessment = "begin_assessment"
    authorise_assessment = "authorise_assessment"
    acknowledge_referrer = "acknowledge_referrer"
    read_police_update = "read_police_update"
    answer_passed_concern = "answer_passed_concern"
    end_contact = "end_contact"


IN_WORDS = {
    NextAction.rate: "Rate it red, amber or green.",
    NextAction.answer_possible_match: "Say whether each child is the one on file.",
    NextAction.assign: "Take it, or give it to a worker.",
    NextAction.decide: "Decide for each child.",
    NextAction.chase_or_decide: "Chase the agencies that have not answered, or decide without.",
    NextAction.sign_off: "A manager other than the decider agrees or returns the decision.",
    NextAction.revise_decision: "The decision was returned: read why, and decide anew.",
    NextAction.allocate: "Give it to a worker.",
    NextAction.answer: "The agency answers, or somebody chases it.",
    NextAction.read_late_answer: "It came after the decision: read it, and say what follows.",
    NextAction.work_case: "Work with the child and family.",
    NextAction.open_transfer: "Open it: who is to answer has not seen it yet.",
    NextAction.answer_transfer: "Accept it, or refuse it with a coded reason and an explanation.",
    NextAction.agree_to_refusal: "The manager of who asked agrees to the refusal or challenges it.",
    NextAction.answer_challenge: "The manager of the role that is named answers the challenge.",
    NextAction.accept_or_escalate: "It stands: who raised it accepts the answer or escalates.",
    NextAction.accept_transfer: "The refusal was overturned: accept it, naming who takes it on.",
    NextAction.ask_family: "Ask the family, and record whether they agree.",
    NextAction.make_first_visit: "Early help makes the first visit and records it.",
    NextAction.complete_transfer: "Social care completes it, which closes the referral.",
    NextAction.decide_returned: "It came back: social care asks again or keeps the child.",
    NextAction.decide_anew: "The challenge led to a change: draft the new decision.",
    NextAction.call_strategy_meeting: "A manager calls the strategy meeting, for today.",
    NextAction.invite_to_strategy_meeting: "Say who is invited to the meeting, and why one is not.",
    NextAction.hold_strategy_meeting: "Hold the strategy meeting, and record who came.",
    NextAction.conclude_strategy_meeting: (
        "Conclude it: the enquiry, a medical, what happens next, what the child is told."
    ),
    NextAction.circulate_strategy_minutes: "Circulate the minutes of the strategy meeting.",
    NextAction.see_child: "See the child and speak to the child alone, or record why not.",
    NextAction.record_enquiry_outcome: "Record what the section 47 enquiry found.",
    NextAction.hold_conference: "Hold the initial child protection conference, and record it.",
    NextAction.sign_off_no_conference: (
        "Another manager agrees that no conference is needed, or returns it."
    ),
    NextAction.ask_expected_delivery: "Ask for the expected date of delivery, and record it.",
    NextAction.ask_whether_born: "The date has passed: ask whether the child is born, record it.",
    NextAction.begin_assessment: "Begin the pre-birth assessment.",
    NextAction.acknowledge_referrer: (
        "Every child is decided: tell the referrer that it arrived, and what came of it."
    ),
    NextAction.read_police_update: (
        "Read what the police sent later of this incident, and record what follows from it."
    ),
    NextAction.answer_passed_concern: (
        "A new concern about a child who is open: read it, and say what you will do."
    ),
    NextAction.end_contact: (
        "Take the steps that this kind of contact asks for, and end it; or say of which kind it is."
    ),
    NextAction.authorise_assessment: "Complete the pre-birth assessment; a manager authorises it.",
}


@dataclass(frozen=True, slots=True)
class QueueFilters:
    """What a queue can be narrowed by."""

    source_codes: Sequence[str] = ()
    ratings: Sequence[Rating] = ()
    assignee_id: UUID | None = None
    unassigned: bool = False
    worker_suspended: bool = False
    town: str | None = None
    kinds: Sequence[ContactKind] = ()


@dataclass(frozen=True, slots=True)
class OwnDesk:
    """What stands in the queue of what is somebody's own, beside the cases and contacts they hold.

    `transfers`: what they have to do for one; `concerns`: those passed to them as case holders.
    `manages` are the sides whose concerns are theirs where nobody holds the case: those of their
    team, `team_id`, or of the whole side where they are of none.
    """

    transfers: bool
    concerns: bool
    manages: frozenset[CareService] = frozenset()
    team_id: str | None = None

    @property
    def shape(self) -> Hashable:
        """What of it makes a statement another one."""
        return self.transfers, self.concerns, self.manages, self.team_id is not None


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing that waits, with the contact behind it. `due_at` is NEVER when no clock runs.

    `rank`: what a red contact waits for stands before all else.
    `returned` is a decision that was sent back, or an answer that came back after the decision;
    `worker_suspended`: the worker's access is suspended, so that they can do nothing about it. The
    last five are of a contact that is a police notification.
    """

    subject_kind: SubjectKind
    subject_id: UUID
    rank: int
    due_at: datetime
    returned: bool
    reference: str
    contact_id: UUID
    child_id: UUID | None
    contact_state: ContactState
    contact_kind: ContactKind
    channel: Channel
    received_at: datetime
    source_code: str
    rating: Rating | None
    town: str | None
    immediate_danger: bool
    danger: DangerTold | None
    team_id: str
    worker_id: UUID | None
    worker_name: str | None
    worker_suspended: bool
    organisation_id: str | None
    notification_id: UUID | None
    police_risk: Risk | None
    children_present: YesNo | None
    police_risk_now: Risk | None
    police_unread: bool


@dataclass(frozen=True, slots=True)
class RunningClock:
    """What a line of a queue shows of a running deadline."""

    kind: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class UnbornChild:
    """What a line of a queue shows of an unborn child."""

    person_id: UUID
    expected_delivery_on: date | None


OF_CLOCKS = ("deadlines", "due_at", "overdue", "time_left")
"""What of a line says when something is due."""


@dataclass(frozen=True, slots=True)
class QueueItem:
    """One line of a queue: what waits, its running clocks, and who the children are.

    `not_shown` names what is left out because the reader may not see it.
    """

    waiting: Waiting
    next_action: NextAction
    deadlines: Sequence[RunningClock]
    children: Sequence[str]
    flags: int
    possible_matches: int = 0
    nth_contact: int = 1
    transfer: ListedTransfer | None = None
    challenge: ChallengeInShort | None = None
    pregnancy: UnbornChild | None = None
    chasers: int | None = None
    not_shown: Sequence[str] = ()

    @property
    def place(self) -> tuple[int, datetime, UUID]:
        """Where the line stands: red before all else, then by its limit, and its id.

        An unborn child without a date stands first. Lines of unborn children are told apart by the
        child: twins may be on one contact.
        """
        one = self.waiting
        if self.pregnancy is None:
            return one.rank, one.due_at, one.subject_id
        undated = self.pregnancy.expected_delivery_on is None
        return one.rank, FIRST if undated else one.due_at, one.child_id or one.subject_id

    def next_action_on(self, today: date) -> NextAction:
        """What somebody has to do next, on a London day."""
        if self.pregnancy is None:
            return self.next_action
        expected_on = self.pregnancy.expected_delivery_on
        if expected_on is None:
            return NextAction.ask_expected_delivery
        if expected_on < today:
            return NextAction.ask_whether_born
        running = {one.kind for one in self.deadlines}
        return next(
            (action for kind, action in _OF_PRE_BIRTH.items() if kind in running), self.next_action
        )


_OF_PRE_BIRTH = {
    "pre_birth_assessment_begun": NextAction.begin_assessment,
    "pre_birth_assessment_done": NextAction.authorise_assessment,
}

_OF_TRANSFER = {
    WaitsFor.opening: NextAction.open_transfer,
    WaitsFor.answer: NextAction.answer_transfer,
    WaitsFor.refusal_agreement: NextAction.agree_to_refusal,
    WaitsFor.challenge: NextAction.answer_challenge,
    WaitsFor.acceptance: NextAction.accept_transfer,
    WaitsFor.family_agreement: NextAction.ask_family,
    WaitsFor.first_visit: NextAction.make_first_visit,
    WaitsFor.completion: NextAction.complete_transfer,
    WaitsFor.return_decision: NextAction.decide_returned,
}


def next_action_of_transfer(transfer: ListedTransfer) -> NextAction:
    """What somebody has to do next about a transfer; once it has ended, with the child alone."""
    challenge = transfer.open_challenge
    if transfer.waits_for is WaitsFor.challenge and challenge is not None:
        return next_action_of_challenge(challenge)
    if transfer.waits_for is None:
        return NextAction.work_case
    return _OF_TRANSFER[transfer.waits_for]


def next_action_of_challenge(challenge: ChallengeInShort) -> NextAction:
    """What somebody has to do next about a challenge; once it has ended, with the child alone."""
    if challenge.state is ChallengeState.ended:
        return NextAction.work_case
    if challenge.state in (ChallengeState.agreed, ChallengeState.upheld):
        return NextAction.accept_or_escalate
    if challenge.state is ChallengeState.awaiting_change:
        of_decision = challenge.thing is ChallengedThing.decision
        return NextAction.decide_anew if of_decision else NextAction.accept_transfer
    return NextAction.answer_challenge


def next_action_of_meeting(state: MeetingState, *, unanswered: bool) -> NextAction:
    """What somebody has to do next about a strategy meeting; once it has ended, with the child.

    `unanswered`: it is open of somebody whether they are invited.
    """
    if state is MeetingState.called:
        if unanswered:
            return NextAction.invite_to_strategy_meeting
        return NextAction.hold_strategy_meeting
    if state is MeetingState.held:
        return NextAction.conclude_strategy_meeting
    if state is MeetingState.concluded:
        return NextAction.circulate_strategy_minutes
    return NextAction.work_case


def next_action_of_enquiry(
    state: EnquiryState, clocks: Sequence[RunningClock], *, waits_for_agreement: bool
) -> NextAction:
    """What somebody has to do next about a section 47 enquiry: the child is seen first of all.

    `waits_for_agreement`: it is proposed that no conference is needed.
    """
    if waits_for_agreement:
        return NextAction.sign_off_no_conference
    if any(clock.kind == "child_seen" for clock in clocks):
        return NextAction.see_child
    if state is EnquiryState.under_way:
        return NextAction.record_enquiry_outcome
    if state is EnquiryState.awaiting_conference:
        return NextAction.hold_conference
    return NextAction.work_case


def next_action(waiting: Waiting) -> NextAction:
    """What somebody has to do next. What is with a worker without access is with nobody."""
    worked = waiting.worker_id is not None and not waiting.worker_suspended
    if waiting.subject_kind is SubjectKind.decision:
        return NextAction.sign_off
    if waiting.subject_kind is SubjectKind.information_request:
        return NextAction.read_late_answer if waiting.returned else NextAction.answer
    if waiting.subject_kind in (SubjectKind.referral, SubjectKind.early_help_episode):
        return NextAction.work_case if worked else NextAction.allocate
    if waiting.subject_kind is SubjectKind.passed_concern:
        return NextAction.answer_passed_concern
    if waiting.police_unread:
        return NextAction.read_police_update
    if waiting.contact_state in (
        ContactState.decided,
        ContactState.attached,
        ContactState.ended,
    ):
        return NextAction.acknowledge_referrer
    if waiting.returned:
        return NextAction.revise_decision
    if waiting.contact_state is ContactState.awaiting_sign_off:
        return NextAction.sign_off
    if waiting.contact_kind not in DECIDED_KINDS:
        return NextAction.end_contact if worked else NextAction.assign
    if waiting.rating is None:
        return NextAction.rate
    if waiting.contact_state is ContactState.awaiting_information:
        return NextAction.chase_or_decide
    return NextAction.decide if worked else NextAction.assign


def with_possible_matches(action: NextAction, unanswered: int) -> NextAction:
    """What to do next about a contact with children who may be on file: no end before that."""
    waits = action in (NextAction.decide, NextAction.chase_or_decide, NextAction.end_contact)
    return NextAction.answer_possible_match if waits and unanswered else action


def child_in_a_line(given_name: str | None, family_name: str | None, unborn: bool) -> str:
    """A child as a line of a queue names one."""
    name = " ".join(part for part in (given_name, family_name) if part)
    if name:
        return name
    return "Unborn child" if unborn else "Name not known"
