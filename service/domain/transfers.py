"""Transfers: step-ups and step-downs of one child, from asking to the end (rules 9 to 12)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated
from uuid import UUID

from service.domain.access import Permission, Role
from service.domain.decisions import StatutoryBasis
from service.domain.errors import Conflict, Invalid, NotAllowed, Problem
from service.domain.fields import Id, PersonId, Reference, Version, plain, sensitive
from service.domain.own_words import RationaleRules, own_words_faults
from service.domain.states import StateTable, WrongState


class Direction(StrEnum):
    """Early help to social care, or social care to early help."""

    step_up = "step_up"
    step_down = "step_down"


class Party(StrEnum):
    """The two sides of a transfer: who holds the child, and who is to."""

    sender = "sender"
    receiver = "receiver"


class FamilyAgreement(StrEnum):
    """Whether the family agrees to early help; not the lawful basis for sharing (rules 11, 15)."""

    not_yet_asked = "not_yet_asked"
    asked = "asked"
    given = "given"
    refused = "refused"
    withdrawn = "withdrawn"


# How social care's case ends by a step-down: after an assessment that referred the child to early
# help, or since the child is no longer in need. The child lives on in early help.
STEP_DOWN_CLOSURES = ("RC9", "RC7")

NO_AGREEMENT = frozenset({FamilyAgreement.refused, FamilyAgreement.withdrawn})


class TransferState(StrEnum):
    """Where a transfer stands."""

    requested = "requested"
    opened = "opened"
    refusal_pending = "refusal_pending"
    refusal_challenged = "refusal_challenged"
    refusal_overturned = "refusal_overturned"
    accepted = "accepted"
    returned = "returned"
    completed = "completed"
    refused = "refused"
    withdrawn = "withdrawn"
    superseded = "superseded"


class TransferAction(StrEnum):
    """What can be done to a transfer."""

    open = "open"
    accept = "accept"
    refuse = "refuse"
    agree_to_refusal = "agree_to_refusal"
    challenge_refusal = "challenge_refusal"
    uphold_refusal = "uphold_refusal"
    overturn_refusal = "overturn_refusal"
    send_back = "send_back"
    request_again = "request_again"
    keep = "keep"
    complete = "complete"
    withdraw = "withdraw"
    supersede = "supersede"
    request = "request"
    record_family_agreement = "record_family_agreement"
    record_first_visit = "record_first_visit"
    redirect = "redirect"
    record_strategy_discussion = "record_strategy_discussion"


_S, _A = TransferState, TransferAction
_ENDED = frozenset({_S.completed, _S.refused, _S.withdrawn, _S.superseded})
TRANSFER = StateTable(
    noun="transfer",
    start=_S.requested,
    moves={
        (_S.requested, _A.open): _S.opened,
        (_S.opened, _A.accept): _S.accepted,
        (_S.opened, _A.refuse): _S.refusal_pending,
        (_S.refusal_pending, _A.agree_to_refusal): _S.refused,
        (_S.refusal_pending, _A.challenge_refusal): _S.refusal_challenged,
        (_S.refusal_challenged, _A.uphold_refusal): _S.refused,
        (_S.refusal_challenged, _A.overturn_refusal): _S.refusal_overturned,
        (_S.refusal_overturned, _A.accept): _S.accepted,
        (_S.requested, _A.record_family_agreement): _S.requested,
        (_S.opened, _A.record_family_agreement): _S.opened,
        (_S.refusal_overturned, _A.record_family_agreement): _S.refusal_overturned,
        (_S.accepted, _A.record_family_agreement): _S.accepted,
        (_S.requested, _A.send_back): _S.returned,
        (_S.opened, _A.send_back): _S.returned,
        (_S.refusal_overturned, _A.send_back): _S.returned,
        (_S.accepted, _A.send_back): _S.returned,
        (_S.returned, _A.request_again): _S.requested,
        (_S.returned, _A.keep): _S.withdrawn,
        (_S.accepted, _A.record_first_visit): _S.accepted,
        (_S.accepted, _A.complete): _S.completed,
        (_S.requested, _A.withdraw): _S.withdrawn,
        (_S.opened, _A.withdraw): _S.withdrawn,
        (_S.refusal_overturned, _A.withdraw): _S.withdrawn,
        (_S.requested, _A.supersede): _S.superseded,
        (_S.opened, _A.supersede): _S.superseded,
        (_S.refusal_pending, _A.supersede): _S.superseded,
        (_S.refusal_challenged, _A.supersede): _S.superseded,
        (_S.refusal_overturned, _A.supersede): _S.superseded,
        (_S.accepted, _A.supersede): _S.superseded,
        (_S.returned, _A.supersede): _S.superseded,
        # Disclosed harm owes a strategy meeting, in whatever state: `allowed` says while it does.
        **{(state, _A.record_strategy_discussion): state for state in _S if state not in _ENDED},
        # A team that the policy takes away is replaced by who takes over; it stands where it stood.
        **{(state, _A.redirect): state for state in _S if state not in _ENDED},
    },
    final=_ENDED,
    by_itself=frozenset(
        {_A.supersede, _A.send_back, _A.uphold_refusal, _A.overturn_refusal, _A.redirect}
    ),
)


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One line of a step-down plan: the outcome expected, the action, who does it and by when."""

    outcome: str
    action: str
    who: str
    by_on: date


@dataclass(frozen=True, slots=True)
class Transfer:
    """The passing of one child between early help and social care, asked for by one side."""

    id: Id
    reference: Reference
    direction: Annotated[Direction, plain("step_up or step_down.")]
    asked_by: Annotated[
        Party, plain("sender (who hands over) or receiver (who asks for the case).")
    ]
    contact_id: Annotated[UUID, plain("The contact it all began with.")]
    child_id: Annotated[UUID, plain("The child on that contact.")]
    person_id: PersonId
    referral_id: Annotated[
        UUID | None, plain("Social care's case: the sender's, or the receiver's once accepted.")
    ]
    early_help_episode_id: Annotated[
        UUID | None, plain("Early help's case: the sender's, or the receiver's once accepted.")
    ]
    state: Annotated[TransferState, plain("Where it stands.")]
    reason_code: Annotated[str, plain("Why it was asked for, coded by the policy.")]
    evidence: Annotated[str, sensitive("The evidence against the threshold, in words.")]
    sender_team_id: Annotated[str, plain("The team that held the child when it was asked.")]
    receiver_team_id: Annotated[str, plain("The team that is to hold the child.")]
    receiver_worker_id: Annotated[UUID | None, plain("The named receiving practitioner.")]
    statutory_basis: Annotated[
        StatutoryBasis | None, sensitive("section_17 or section_47, for a step-up.")
    ]
    plan: Annotated[
        Sequence[PlanLine],
        sensitive("The step-down plan: outcomes, actions, who, by when."),
    ]
    family_agreement: Annotated[FamilyAgreement, plain("Whether the family agrees to early help.")]
    requested_at: Annotated[datetime, plain("When it was asked for.")]
    requested_by: Annotated[UUID, plain("Who asked.")]
    opened_at: Annotated[datetime | None, plain("When the other side first saw it.")]
    answered_at: Annotated[datetime | None, plain("When it was last accepted or refused.")]
    answered_by: Annotated[UUID | None, plain("Who accepted or refused it.")]
    refusal_code: Annotated[str | None, plain("Why it was refused, coded by the policy.")]
    refusal_agreed_at: Annotated[datetime | None, plain("When who asked agreed to the refusal.")]
    accepted_at: Annotated[
        datetime | None, plain("When it was accepted: responsibility moves at this instant.")
    ]
    family_agreed_at: Annotated[datetime | None, plain("When the family agreed.")]
    first_visit_at: Annotated[datetime | None, plain("When early help first visited.")]
    returned_at: Annotated[datetime | None, plain("When it last went back to the sender.")]
    completed_at: Annotated[datetime | None, plain("When it was complete.")]
    ended_at: Annotated[datetime | None, plain("When it ended, in whichever way.")]
    version: Version
    meeting_owed_since: Annotated[
        datetime | None,
        plain("Since when a strategy meeting is owed, because harm was disclosed."),
    ] = None
    meeting_settled_at: Annotated[
        datetime | None,
        plain("When that was recorded, found not to be needed, or taken on by a referral."),
    ] = None
    meeting_held_at: Annotated[
        datetime | None, plain("When the strategy discussion was held, when it was.")
    ] = None

    @property
    def owes_meeting(self) -> bool:
        """Harm was disclosed, and no strategy meeting has been held; ended or not."""
        return self.meeting_owed_since is not None and self.meeting_settled_at is None

    @property
    def sender_case_id(self) -> UUID:
        """The case that the child leaves."""
        found = (
            self.early_help_episode_id if self.direction is Direction.step_up else self.referral_id
        )
        if found is None:
            raise ValueError("a transfer without a sender")
        return found


@dataclass(frozen=True, slots=True)
class TransferStep:
    """One move of a transfer, never changed: who did what, when, and in which words."""

    id: Id
    transfer_id: Annotated[UUID, plain("The transfer.")]
    action: Annotated[TransferAction, plain("What was done.")]
    state: Annotated[TransferState, plain("The state that it led to.")]
    at: Annotated[datetime, plain("When.")]
    by: Annotated[UUID | None, plain("Who; empty when the service itself.")]
    code: Annotated[str | None, plain("A coded reason, or the family's agreement.")]
    words: Annotated[str | None, sensitive("In their own words.")]


OF_STEP_DOWNS = frozenset(
    {_A.record_family_agreement, _A.record_first_visit, _A.complete, _A.request_again, _A.keep}
)


def allowed(transfer: Transfer) -> tuple[TransferAction, ...]:
    """The actions that somebody can do now: a step-up knows fewer than a step-down.

    The first visit is recorded once, and a step-down is complete when the family has agreed and
    the first visit was made.
    """
    not_now: set[TransferAction] = set()
    if transfer.direction is Direction.step_up:
        not_now |= OF_STEP_DOWNS
    if transfer.first_visit_at is not None:
        not_now.add(_A.record_first_visit)
    if transfer.first_visit_at is None or transfer.family_agreement is not FamilyAgreement.given:
        not_now.add(_A.complete)
    if not transfer.owes_meeting:
        not_now.add(_A.record_strategy_discussion)
    could = TRANSFER.allowed(transfer.state)
    if transfer.state in TRANSFER.final and transfer.owes_meeting:
        # No refusal stops the clock of a meeting, so the meeting is recorded after one too.
        could = (*could, _A.record_strategy_discussion)
    return tuple(one for one in could if one not in not_now)


def after(transfer: Transfer, action: TransferAction) -> TransferState:
    """The state that an action takes a transfer to.

    Raises WrongState, naming the state and the actions that are possible in this direction.
    """
    could = allowed(transfer)
    if action is not _A.record_strategy_discussion:
        return TRANSFER.after(transfer.state, action, could=could)
    if action not in could:
        raise WrongState(
            "No strategy meeting is owed by this transfer: it was not asked for because harm was "
            "disclosed, or the meeting is recorded, or the child's referral owes it.",
            state=transfer.state,
            allowed=could,
        )
    return transfer.state


def accountable_party(transfer: Transfer) -> Party | None:
    """Which side answers for the child while the transfer is open; None once it has ended.

    Responsibility moves on acceptance (rule 9); an accepted step-up is complete at once.
    """
    if transfer.state in TRANSFER.final:
        return None
    return Party.receiver if transfer.state is TransferState.accepted else Party.sender


@dataclass(frozen=True, slots=True)
class TransferTerms:
    """Who does what in one sort of transfer, and which clocks run on it."""

    request: Permission
    open: Permission
    answer: Permission
    agree_to_refusal: Permission
    opened_clock: str
    answered_clock: str


MANNERS: Mapping[tuple[Direction, Party], TransferTerms] = MappingProxyType(
    {
        (Direction.step_up, Party.sender): TransferTerms(
            request=Permission.request_step_up,
            open=Permission.open_step_up,
            answer=Permission.answer_step_up,
            agree_to_refusal=Permission.agree_to_refused_step_up,
            opened_clock="step_up_opened",
            answered_clock="step_up_answered",
        ),
        (Direction.step_up, Party.receiver): TransferTerms(
            request=Permission.ask_for_early_help_case,
            open=Permission.give_up_early_help_case,
            answer=Permission.give_up_early_help_case,
            agree_to_refusal=Permission.ask_for_early_help_case,
            opened_clock="step_up_opened",
            answered_clock="step_up_answered",
        ),
        (Direction.step_down, Party.sender): TransferTerms(
            request=Permission.request_step_down,
            open=Permission.answer_step_down,
            answer=Permission.answer_step_down,
            agree_to_refusal=Permission.agree_to_refused_step_down,
            opened_clock="step_down_opened",
            answered_clock="step_down_answered",
        ),
        (Direction.step_down, Party.receiver): TransferTerms(
            request=Permission.ask_for_referral,
            open=Permission.give_up_referral,
            answer=Permission.give_up_referral,
            agree_to_refusal=Permission.ask_for_referral,
            opened_clock="step_down_opened",
            answered_clock="step_down_answered",
        ),
    }
)


def permissions_to(do: str) -> Sequence[Permission]:
    """What lets somebody do one thing (a name of `Manners`) to a transfer of one sort or another.

    Who has none of them may do it to no transfer.
    """
    found: list[Permission] = [getattr(one, do) for one in MANNERS.values()]
    return found


ANSWERER: Mapping[tuple[Direction, Party], Role] = MappingProxyType(
    {
        (Direction.step_up, Party.sender): Role.mash_manager,
        (Direction.step_up, Party.receiver): Role.early_help_spoc_manager,
        (Direction.step_down, Party.sender): Role.early_help_spoc_manager,
        (Direction.step_down, Party.receiver): Role.assessment_team_manager,
    }
)
"""The manager who answers each sort of transfer, and the first stage of what is said against it."""

ASKER: Mapping[tuple[Direction, Party], Role] = MappingProxyType(
    {
        (Direction.step_up, Party.sender): Role.early_help_spoc_manager,
        (Direction.step_up, Party.receiver): Role.mash_manager,
        (Direction.step_down, Party.sender): Role.assessment_team_manager,
        (Direction.step_down, Party.receiver): Role.early_help_spoc_manager,
    }
)
"""The manager of who asked for each sort of transfer: agrees to its refusal, or challenges it."""

CLOCKS = (
    "step_up_opened",
    "step_up_answered",
    "step_up_refusal_agreed",
    "step_down_opened",
    "step_down_answered",
    "step_down_refusal_agreed",
    "step_down_family_agreement",
    "step_down_first_visit",
    "step_down_completed",
    "step_down_returned",
)
"""Every clock that can run on any transfer."""

STRATEGY_CLOCK = "step_up_strategy_meeting"
"""The clock of the strategy meeting that a step-up owes whose reason is that harm was disclosed.

It outlives the step-up: no refusal, agreed to or not, no withdrawal and no closing stops it.
"""


class TransferUnderWay(Conflict):
    """Another transfer of this child is under way."""

    code = "transfer_under_way"
    title = "Another transfer is under way"


class NotAccountable(Conflict):
    """The case does not answer for the child now, so it cannot be handed over."""

    code = "not_accountable"
    title = "Another case answers for the child"


class TransferIncomplete(Invalid):
    """The request or the answer leaves out what is needed; each gap is named."""

    code = "transfer_incomplete"
    title = "Something is missing"


class OwnTransfer(NotAllowed):
    """A transfer is answered by somebody other than who asked for it."""

    code = "own_transfer"
    title = "Answered by somebody else"


class NotYoursToWithdraw(NotAllowed):
    """A request is taken back by who asked, or by the manager of that side."""

    code = "not_yours_to_withdraw"
    title = "Somebody else's request"


class NotForThisDirection(Conflict):
    """A step-up has no family agreement, first visit or completion of its own."""

    code = "not_for_this_direction"
    title = "Not part of a step-up"


class FirstVisitRecorded(Conflict):
    """The first visit is made once."""

    code = "first_visit_recorded"
    title = "The first visit is recorded"


class StepDownNotReady(Conflict):
    """A step-down is complete when the family has agreed and the first visit was made."""

    code = "step_down_not_ready"
    title = "The step-down is not ready to complete"


class StepDownUnfinished(Conflict):
    """An accepted step-down ends by its completion, its return or a step-up; not by a closure."""

    code = "step_down_unfinished"
    title = "A step-down is unfinished"


def incomplete(problems: Sequence[Problem]) -> TransferIncomplete:
    """The refusal that names everything that is missing or does not fit."""
    return TransferIncomplete(
        "Something is missing or does not fit. Put right what is named and send it again.",
        problems=list(problems),
    )


def unknown_code(code: str, codes: Iterable[str], pointer: str) -> list[Problem]:
    """The fault of a code that is not on its list, which is named; empty when it is."""
    codes = tuple(codes)
    if code in codes:
        return []
    return [Problem(pointer, f"Use one of: {', '.join(codes)}.", "code_unknown")]


def require_words_of_transfer(rules: RationaleRules, words: str) -> None:
    """Raises TransferIncomplete for words that are nothing but stock phrases."""
    faults = own_words_faults(rules, ("/words", words))
    if faults:
        raise incomplete(faults)
