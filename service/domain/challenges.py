"""Challenges: professional disagreement in the open, in stages, to a recorded outcome (rule 8)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

from service.domain.access import Role
from service.domain.accountabilities import CareService, Whose
from service.domain.decisions import Outcome
from service.domain.errors import Conflict, Invalid, NotAllowed
from service.domain.fields import Id, PersonId, Reference, Version, plain, sensitive
from service.domain.measure_cases import CountedFilters
from service.domain.measures import Counted
from service.domain.states import StateTable


class ChallengedThing(StrEnum):
    """What somebody disagrees with."""

    decision = "decision"
    refusal = "refusal"


class ChallengeState(StrEnum):
    """Where a challenge stands. `agreed`: so the answerer says; who challenged confirms it."""

    raised = "raised"
    agreed = "agreed"
    upheld = "upheld"
    awaiting_change = "awaiting_change"
    ended = "ended"


class ChallengeAction(StrEnum):
    """What can be done to a challenge."""

    agree = "agree"
    uphold = "uphold"
    uphold_finally = "uphold_finally"
    change = "change"
    escalate = "escalate"
    accept = "accept"
    lapse = "lapse"
    withdraw = "withdraw"
    carry_out = "carry_out"
    overtake = "overtake"
    raise_ = "raise"


class ChallengeAnswer(StrEnum):
    """What a stage answers: both sides agree that it stands, it stands, or it changes."""

    agreed = "agreed"
    upheld = "upheld"
    changed = "changed"


class ChallengeOutcome(StrEnum):
    """How a challenge ended. A change is a new, superseding decision, or an acceptance."""

    agreed = "agreed"
    upheld = "upheld"
    changed = "changed"
    withdrawn = "withdrawn"
    overtaken = "overtaken"


_S, _A = ChallengeState, ChallengeAction
CHALLENGE = StateTable(
    noun="challenge",
    start=_S.raised,
    moves={
        (_S.raised, _A.agree): _S.agreed,
        (_S.raised, _A.uphold): _S.upheld,
        (_S.raised, _A.uphold_finally): _S.ended,
        (_S.raised, _A.change): _S.awaiting_change,
        (_S.raised, _A.escalate): _S.raised,
        (_S.raised, _A.withdraw): _S.ended,
        (_S.agreed, _A.accept): _S.ended,
        (_S.agreed, _A.escalate): _S.raised,
        (_S.agreed, _A.lapse): _S.ended,
        (_S.agreed, _A.withdraw): _S.ended,
        (_S.upheld, _A.accept): _S.ended,
        (_S.upheld, _A.escalate): _S.raised,
        (_S.upheld, _A.lapse): _S.ended,
        (_S.upheld, _A.withdraw): _S.ended,
        (_S.awaiting_change, _A.carry_out): _S.ended,
        (_S.awaiting_change, _A.withdraw): _S.ended,
        (_S.raised, _A.overtake): _S.ended,
        (_S.agreed, _A.overtake): _S.ended,
        (_S.upheld, _A.overtake): _S.ended,
        (_S.awaiting_change, _A.overtake): _S.ended,
    },
    final=frozenset({_S.ended}),
    by_itself=frozenset({_A.uphold_finally, _A.lapse, _A.carry_out, _A.overtake}),
)


@dataclass(frozen=True, slots=True)
class Challenge:
    """One disagreement with a signed decision or with the refusal of a transfer.

    `answering_role` is whose manager answers the stage it is at; `stage` counts from 1.
    `challenger_role` is the manager of the side that raised it, or a partner's system.
    """

    id: Id
    reference: Reference
    thing: Annotated[ChallengedThing, plain("decision or refusal.")]
    decision_id: Annotated[UUID | None, plain("The decision challenged.")]
    transfer_id: Annotated[UUID | None, plain("The transfer whose refusal is challenged.")]
    contact_id: Annotated[UUID, plain("The contact behind it.")]
    child_id: Annotated[UUID, plain("The child on that contact.")]
    person_id: PersonId
    state: Annotated[ChallengeState, plain("raised, agreed, upheld, awaiting_change, ended.")]
    stage: Annotated[int, plain("The stage it is at, from 1.")]
    answering_role: Annotated[str, plain("The role that answers at this stage.")]
    raised_at: Annotated[datetime, plain("When it was raised.")]
    raised_by: Annotated[UUID, plain("Who raised it.")]
    raised_by_organisation_id: Annotated[
        str | None, plain("The partner agency that raised it, if one did.")
    ]
    challenger_role: Annotated[
        str, plain("The manager of the side that raised it, or partner_system.")
    ]
    stage_began_at: Annotated[datetime, plain("When this stage began.")]
    outcome: Annotated[
        ChallengeOutcome | None, plain("agreed, upheld, changed, withdrawn, overtaken.")
    ]
    changed_to_decision_id: Annotated[UUID | None, plain("The new decision that it led to.")]
    ended_at: Annotated[datetime | None, plain("When it ended.")]
    version: Version


@dataclass(frozen=True, slots=True)
class ChallengeStep:
    """One move of a challenge, never changed: who did what, at which stage, in which words."""

    id: Id
    challenge_id: Annotated[UUID, plain("The challenge.")]
    action: Annotated[ChallengeAction, plain("What was done.")]
    state: Annotated[ChallengeState, plain("The state that it led to.")]
    stage: Annotated[int, plain("The stage it was done at.")]
    at: Annotated[datetime, plain("When.")]
    by: Annotated[UUID | None, plain("Who; empty when the service itself.")]
    organisation_id: Annotated[str | None, plain("The partner agency, if one did it.")]
    words: Annotated[str | None, sensitive("In their own words.")]


@dataclass(frozen=True, slots=True)
class ChallengeFilters(CountedFilters):
    """What a list of challenges can be narrowed by; times are half-open: from, up to, not with."""

    counted: ClassVar[Counted] = Counted.challenges

    states: Sequence[str] = ()
    is_open: bool | None = None
    stage: int | None = None
    outcomes: Sequence[str] = ()
    thing: ChallengedThing | None = None
    answering_role: str | None = None
    person_id: UUID | None = None
    contact_id: UUID | None = None
    raised_from: datetime | None = None
    raised_to: datetime | None = None


def allowed(challenge: Challenge, last_stage: int) -> tuple[ChallengeAction, ...]:
    """The actions that somebody can do now: the last stage goes no further up.

    A refusal that was overturned is carried out by the acceptance of its transfer, or ends with
    the withdrawal of that.
    """
    impossible = set()
    if challenge.stage >= last_stage:
        impossible.add(ChallengeAction.escalate)
    if challenge.thing is ChallengedThing.refusal and challenge.state is _S.awaiting_change:
        impossible.add(ChallengeAction.withdraw)
    return tuple(one for one in CHALLENGE.allowed(challenge.state) if one not in impossible)


_SIDES = (
    (
        Role.early_help_spoc_manager,
        frozenset({Role.early_help_spoc_manager, Role.early_help_worker}),
    ),
    (
        Role.assessment_team_manager,
        frozenset({Role.assessment_team_manager, Role.assessment_team_worker}),
    ),
)


def challenger_role_of(roles: Collection[Role]) -> Role:
    """The manager of the side that somebody of these roles challenges a decision for."""
    return next(
        (manager for manager, side in _SIDES if not side.isdisjoint(roles)), Role.partner_system
    )


CLOCKS = (
    "challenge_stage_1",
    "challenge_stage_2",
    "challenge_stage_3",
    "challenge_response",
    "challenge_change",
)
"""Every clock that can run on any challenge."""

HARM_CLOCK = "challenge_of_harm"
"""The clock beside that of a stage where a step-up was refused for which harm was disclosed."""


class ChallengeOpen(Conflict):
    """While a challenge is open the case stays where it is, and somebody is accountable."""

    code = "challenge_open"
    title = "A challenge is open"


class ChallengeFaulty(Invalid):
    """A challenge or an answer that does not say why."""

    code = "challenge_incomplete"
    title = "Say why"


class NotYoursToAnswer(NotAllowed):
    """A stage is answered by the role that it is put to, and never by whoever raised it.

    From the second stage on it is also somebody who neither made the decision or the refusal nor
    answered a stage before. Whoever signed may answer the first: it asks them to look again.
    """

    code = "not_yours_to_answer"
    title = "Answered by somebody else"


class NothingToChallenge(Conflict):
    """Only a signed decision that stands, or a refusal that waits to be agreed, is challenged."""

    code = "nothing_to_challenge"
    title = "Nothing to challenge"


class ChallengeOfOwnDecision(NotAllowed):
    """A decision is challenged by somebody who neither drafted nor signed it."""

    code = "challenge_of_own_decision"
    title = "This is your own decision"


class NotYoursToChallenge(NotAllowed):
    """A decision is challenged by the side that it sent the child to (rule 8)."""

    code = "not_yours_to_challenge"
    title = "Challenged by who received it"


_RECEIVED_BY = {
    Outcome.early_help: CareService.early_help,
    Outcome.referral: CareService.social_care,
}


def require_received(acts_for: Collection[CareService], outcome: Outcome, whose: Whose) -> None:
    """Raises NotYoursToChallenge unless somebody of these sides received what was decided.

    What sent the child to nobody is anybody's to challenge who may read it; but while others hold
    the child it is theirs, since a challenge keeps their case where it is.
    """
    received_by = _RECEIVED_BY.get(outcome)
    mine = frozenset(acts_for)
    if received_by in mine:
        return
    if received_by is None and (not whose.open_to or mine & whose.open_to):
        return
    raise NotYoursToChallenge(
        "This decision sent the child to another side, or another side holds the child, and a "
        "challenge would keep their case where it is. Tell them, or the front door, what you know."
    )


class NotYourChallenge(NotAllowed):
    """A challenge is escalated, accepted and withdrawn by the side that raised it."""

    code = "not_your_challenge"
    title = "Raised by somebody else"


class LastStage(Conflict):
    """The last stage's answer is final: there is nobody further up to put a challenge to."""

    code = "last_stage"
    title = "The last stage"


class NoSuchChild(ChallengeFaulty):
    """A place in `children` at which the sender sent no child."""

    code = "no_such_child"
    title = "No such child on this referral"


class NothingOpen(Conflict):
    """No disagreement of the sender's is open with which this can be done."""

    code = "no_disagreement_open"
    title = "No disagreement is open for this"


class UnderReview(Conflict):
    """The front door itself is looking at this decision again already."""

    code = "under_review"
    title = "Being looked at again already"
