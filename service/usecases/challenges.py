"""Challenges: raised, answered in stages, escalated, ended; by people and by their own clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from service.domain.access import Caller, Permission, Role
from service.domain.challenges import (
    CHALLENGE,
    Challenge,
    ChallengeAction,
    ChallengeAnswer,
    ChallengedThing,
    ChallengeFilters,
    ChallengeOfOwnDecision,
    ChallengeOutcome,
    ChallengeState,
    ChallengeStep,
    LastStage,
    NothingToChallenge,
    NotYourChallenge,
    NotYoursToAnswer,
    UnderReview,
    allowed,
    challenger_role_of,
    require_received,
)
from service.domain.deadlines import Deadline
from service.domain.decisions import Decision
from service.domain.errors import Stale
from service.domain.events import EventType
from service.domain.states import WrongState
from service.domain.transfers import ANSWERER, Transfer, TransferAction
from service.domain_services.cases import moved_on
from service.domain_services.challenge_moves import (
    answered_finally,
    end_challenge,
    escalate_to_next_stage,
    raise_challenge,
    require_challenge_words,
    require_reasons,
    stands,
    take_back_challenge,
    transfer_of,
)
from service.domain_services.challenges import (
    move_challenge,
    record_challenge,
    start_challenge_clock,
)
from service.domain_services.lives import refuse_stale
from service.domain_services.one_by_one import deal_with_each
from service.domain_services.transfers import move_transfer
from service.persistence.asking import Asking
from service.persistence.keysets import Place
from service.persistence.repositories import (
    accountabilities,
    challenges,
    contacts,
    deadlines,
    decisions,
)
from service.persistence.units_of_work import Performing, Work
from service.policy import Policy

# Refusals from below that routes name in the contract.
ChallengeNotFound = challenges.ChallengeNotFound
DecisionNotFound = decisions.DecisionNotFound
MultiAgencyReferralNotFound = contacts.MultiAgencyReferralNotFound

# So many are looked up at once by the job; each is moved in a transaction of its own.
BATCH = 100
_ACTION = {
    ChallengeAnswer.agreed: ChallengeAction.agree,
    ChallengeAnswer.upheld: ChallengeAction.uphold,
    ChallengeAnswer.changed: ChallengeAction.change,
}
_ANSWERS = frozenset({*_ACTION.values(), ChallengeAction.uphold_finally})


@dataclass(frozen=True, slots=True)
class Raised:
    """The challenge of a decision, and whether it had been raised before."""

    challenge: Challenge
    before: bool


@dataclass(frozen=True, slots=True)
class WholeChallenge:
    """A challenge with every move, its clocks, and what can be done with it now."""

    challenge: Challenge
    steps: Sequence[ChallengeStep]
    deadlines: Sequence[Deadline]
    allowed: Sequence[ChallengeAction]


@dataclass(frozen=True, slots=True)
class DatedChallenge:
    """A challenge in a list, with the limit that runs on it; None when none runs."""

    challenge: Challenge
    due_at: datetime | None


async def challenge_decision(work: Work, who: Caller, decision_id: UUID, *, words: str) -> Raised:
    """Raises a challenge of a signed decision that stands; the MASH manager answers first (rule 8).

    It is for the side to which the decision sent the child. Raised again while one is open, the
    open one comes back. Raises NothingToChallenge, NotYoursToChallenge, UnderReview when somebody
    else's is open, ChallengeOfOwnDecision, ChallengeFaulty.
    """
    who.require(Permission.challenge_decision)
    found = await decisions.get(work, who.sight, decision_id)
    await contacts.held(work, who.sight, found.contact_id)
    await accountabilities.held(work, found.person_id)
    decision = await decisions.get(work, who.sight, decision_id)
    if who.account_id in (decision.drafted_by, decision.answered_by):
        raise ChallengeOfOwnDecision(
            "You drafted or signed this decision. A changed mind is a new decision that supersedes "
            "it; a challenge is somebody else's to raise."
        )
    whose = await accountabilities.whose(work, found.person_id)
    require_received(who.acts_for, decision.outcome, whose)
    before = await challenges.open_of_decision(work, decision.id)
    if before is not None:
        if before.raised_by != who.account_id:
            # Their words are not somebody else's, and are not to be lost without a word.
            raise UnderReview(
                f"Challenge {before.reference} of this decision is open: read it, and tell who "
                "answers it, or who raised it, what you know. What you sent was not kept.",
                state=before.state,
                allowed=(),
            )
        return Raised(before, before=True)
    await _refuse_nothing_to_challenge(work, decision)
    require_reasons(work, words)
    await contacts.renew(work, decision.contact_id)
    role = challenger_role_of(who.roles)
    return Raised(raise_challenge(work, who, decision, words, role), before=False)


async def _refuse_nothing_to_challenge(work: Work, decision: Decision) -> None:
    if not stands(decision):
        raise NothingToChallenge(
            "Only a signed decision that stands is challenged. Read the contact for the decision "
            "that stands now.",
            state=decision.state,
            allowed=(),
        )
    if await answered_finally(work, decision):
        raise NothingToChallenge(
            "A challenge of this decision was answered at the last stage, and that answer is "
            "final. Log what is new as a contact, or ask for a step-up or a step-down.",
            state=decision.state,
            allowed=(),
        )
    if await moved_on(work, decision, await accountabilities.of_person(work, decision.person_id)):
        raise NothingToChallenge(
            "Since this decision was signed the child has moved between early help and social "
            "care, so it decides nothing any more. Ask for a step-up or a step-down instead.",
            state=decision.state,
            allowed=(),
        )


async def _hold(work: Work, who: Caller, challenge_id: UUID) -> Challenge:
    found = await challenges.get(work, who.sight, challenge_id)
    await contacts.renew(work, found.contact_id)
    await accountabilities.held(work, found.person_id)
    return await challenges.held(work, challenge_id)


def _refuse_impossible(work: Work, challenge: Challenge, action: ChallengeAction) -> None:
    possible = allowed(challenge, work.policy.challenges.last_stage)
    if action in possible:
        return
    could = ", ".join(possible) or "nothing more"
    state = challenge.state
    if challenge.thing is ChallengedThing.refusal and state is ChallengeState.awaiting_change:
        raise WrongState(
            "The refusal was overturned, and the transfer waits to be accepted: the challenge ends "
            "with that, or with the withdrawal of the transfer itself.",
            state=state,
            allowed=possible,
        )
    if action is ChallengeAction.escalate and (state, action) in CHALLENGE.moves:
        raise LastStage(
            f"This is the last stage: its answer is final. Possible now: {could}.",
            state=state,
            allowed=possible,
        )
    raise WrongState(
        f"This challenge is {state.replace('_', ' ')}; {action} is not possible now. "
        f"Possible now: {could}.",
        state=state,
        allowed=possible,
    )


async def answer_challenge(
    work: Work,
    who: Caller,
    challenge_id: UUID,
    version: int,
    *,
    answer: ChallengeAnswer,
    words: str,
) -> Challenge:
    """Answers a challenge at its stage: both sides agree, it is upheld against, or it changes.

    `upheld` ends it at the last stage; before that, and when it is `agreed`, the challenger accepts
    the answer or escalates, within a clock: nobody makes a refusal final alone (rule 10). `changed`
    waits for a superseding decision, or for the transfer to be accepted. Raises NotYoursToAnswer,
    WrongState, Stale, ChallengeFaulty.
    """
    who.require(Permission.answer_challenge)
    challenge = await _hold(work, who, challenge_id)
    action = _ACTION[answer]
    _refuse_impossible(work, challenge, action)
    refuse_stale(challenge, version)
    transfer = await transfer_of(work, challenge)
    await _refuse_wrong_answerer(work, who, challenge, transfer)
    require_reasons(work, words)
    last = challenge.stage >= work.policy.challenges.last_stage
    if answer is ChallengeAnswer.changed:
        moved = await _change(work, who, challenge, transfer, words)
    elif answer is ChallengeAnswer.upheld and last:
        moved = await end_challenge(
            work,
            who,
            challenge,
            transfer,
            ChallengeAction.uphold_finally,
            ChallengeOutcome.upheld,
            words,
        )
    else:
        moved = await move_challenge(work, who, challenge, action, words=words)
        partner = moved.challenger_role == Role.partner_system
        # A partner is nobody's to command here: the role that the policy names tells them.
        owner = None if partner else moved.challenger_role
        start_challenge_clock(work, moved, "challenge_response", owner)
    record_challenge(work, who, EventType.challenge_answered, moved, answer=answer)
    return moved


async def _refuse_wrong_answerer(
    work: Work, who: Caller, challenge: Challenge, transfer: Transfer | None
) -> None:
    if challenge.answering_role not in who.roles:
        raise NotYoursToAnswer(
            f"Stage {challenge.stage} is answered by another role: "
            f"{challenge.answering_role.replace('_', ' ')}."
        )
    if challenge.raised_by == who.account_id:
        raise NotYoursToAnswer("You raised this challenge, so somebody else must answer it.")
    if challenge.stage == 1:
        return
    before = await _who_took_part(work, challenge, transfer)
    if who.account_id in before:
        raise NotYoursToAnswer(
            "You decided this, or answered it at an earlier stage. This stage is answered by "
            "somebody new: ask a colleague of the same role."
        )


async def _who_took_part(
    work: Work, challenge: Challenge, transfer: Transfer | None
) -> set[UUID | None]:
    """Who answered an earlier stage, and who decided what is challenged.

    A last stage that the policy puts to the role of the stage before may be answered by who
    answered that: an authority may have one head of service alone.
    """
    rules, again = work.policy.challenges, None
    if (
        challenge.stage == rules.last_stage
        and rules.answered_by(challenge.stage - 1) == challenge.answering_role
    ):
        again = challenge.stage - 1
    steps = await challenges.steps_of(work, challenge.id)
    found = {step.by for step in steps if step.action in _ANSWERS and step.stage != again}
    if transfer is not None:
        found.add(transfer.answered_by)
    for decision in await decisions.of_child(work, challenge.child_id):
        if decision.id == challenge.decision_id:
            found |= {decision.drafted_by, decision.answered_by}
    return found


async def _change(
    work: Work, who: Caller, challenge: Challenge, transfer: Transfer | None, words: str
) -> Challenge:
    owner = None
    if transfer is not None:
        owner = ANSWERER[transfer.direction, transfer.asked_by]
        await move_transfer(work, who, transfer, TransferAction.overturn_refusal, words=words)
    moved = await move_challenge(work, who, challenge, ChallengeAction.change, words=words)
    start_challenge_clock(work, moved, "challenge_change", owner)
    return moved


async def escalate_challenge(
    work: Work, who: Caller, challenge_id: UUID, version: int, *, words: str
) -> Challenge:
    """The challenger's side puts a challenge to the next stage: unanswered, agreed or upheld.

    Raises NotYourChallenge, LastStage, WrongState, Stale, ChallengeFaulty.
    """
    challenge = await _pursued(work, who, challenge_id, version, ChallengeAction.escalate)
    require_reasons(work, words)
    return await escalate_to_next_stage(work, who, challenge, words)


async def _pursued(
    work: Work, who: Caller, challenge_id: UUID, version: int, action: ChallengeAction
) -> Challenge:
    who.require(Permission.pursue_challenge)
    challenge = await _hold(work, who, challenge_id)
    _refuse_impossible(work, challenge, action)
    refuse_stale(challenge, version)
    if challenge.raised_by_organisation_id is not None:
        raise NotYourChallenge(
            "A partner agency raised this. It alone takes it further or withdraws it; else the "
            "challenge goes on by its own clock."
        )
    if challenge.raised_by != who.account_id and challenge.challenger_role not in who.roles:
        raise NotYourChallenge(
            "This is for who raised the challenge, or for a manager of the same side."
        )
    return challenge


async def accept_challenge_answer(
    work: Work, who: Caller, challenge_id: UUID, version: int, *, words: str
) -> Challenge:
    """The challenger's side takes the answer that it stands, agreed or upheld: it ends so."""
    challenge = await _pursued(work, who, challenge_id, version, ChallengeAction.accept)
    require_challenge_words(work, words)
    transfer = await transfer_of(work, challenge)
    agreed = challenge.state is ChallengeState.agreed
    outcome = ChallengeOutcome.agreed if agreed else ChallengeOutcome.upheld
    moved = await end_challenge(
        work, who, challenge, transfer, ChallengeAction.accept, outcome, words
    )
    record_challenge(work, who, EventType.challenge_accepted, moved)
    return moved


async def withdraw_challenge(
    work: Work, who: Caller, challenge_id: UUID, version: int, *, words: str
) -> Challenge:
    """The challenger's side takes a challenge back: the decision or the refusal stands."""
    challenge = await _pursued(work, who, challenge_id, version, ChallengeAction.withdraw)
    require_challenge_words(work, words)
    return await take_back_challenge(work, who, challenge, words)


async def move_challenges(house: Performing) -> int:
    """Moves the challenges whose clock has run out. Returns how many it moved.

    A stage below the last that nobody answered goes to the next; an answer, agreed or upheld, that
    nobody took up ends as upheld. The last stage waits for its answer, with its flag. It looks at
    what is due, not at when it last ran; each challenge is moved in its own transaction, once, if
    it is due still. So it is right with two at once, and after days of downtime a challenge takes
    one step alone, for nobody could have answered the next.
    """
    last = house.policy.challenges.last_stage
    kinds = ["challenge_response", *(f"challenge_stage_{stage}" for stage in range(1, last))]

    async def find(ask: Asking, after: challenges.Overdue | None) -> Sequence[challenges.Overdue]:
        return await challenges.overdue(ask, house.clock(), kinds, limit=BATCH, after=after)

    async def move(work: Work, found: challenges.Overdue) -> None:
        await _move_by_its_clock(work, found.challenge_id, kinds)

    return await deal_with_each(house, find, move, batch=BATCH)


async def _move_by_its_clock(work: Work, challenge_id: UUID, kinds: Sequence[str]) -> None:
    """Moves one challenge whose clock has run out. Raises Stale when that is so no longer."""
    found = await challenges.held(work, challenge_id)
    await contacts.renew(work, found.contact_id)
    await accountabilities.held(work, found.person_id)
    challenge = await challenges.held(work, challenge_id)
    if not await challenges.overdue(work, work.now, kinds, limit=1, only=challenge_id):
        raise Stale(challenge.version)
    if challenge.state is ChallengeState.raised:
        await escalate_to_next_stage(work, None, challenge, None)
        return
    transfer = await transfer_of(work, challenge)
    outcome = ChallengeOutcome.upheld
    moved = await end_challenge(
        work, None, challenge, transfer, ChallengeAction.lapse, outcome, None
    )
    record_challenge(work, None, EventType.challenge_lapsed, moved)


async def list_challenges(
    ask: Asking,
    who: Caller,
    filters: ChallengeFilters,
    *,
    limit: int,
    after: Place | None = None,
) -> list[DatedChallenge]:
    """Challenges that the caller may see, newest first, from after a place on."""
    who.require(Permission.read_challenges)
    found = await challenges.LISTED.newest_first(ask, who.sight, filters, limit=limit, after=after)
    clocks = await deadlines.of_subjects(ask, [(one.contact_id, one.id) for one in found])
    return [
        DatedChallenge(
            one, next((clock.due_at for clock in clocks[one.id] if clock.stopped_at is None), None)
        )
        for one in found
    ]


async def read_challenge(
    ask: Asking, who: Caller, policy: Policy, challenge_id: UUID
) -> WholeChallenge:
    """One challenge with its whole history. Raises ChallengeNotFound."""
    who.require(Permission.read_challenges)
    return await whole_challenge(ask, policy, await challenges.get(ask, who.sight, challenge_id))


async def whole_challenge(ask: Asking, policy: Policy, challenge: Challenge) -> WholeChallenge:
    """What hangs on a challenge that the caller may see."""
    return WholeChallenge(
        challenge=challenge,
        steps=await challenges.steps_of(ask, challenge.id),
        deadlines=await deadlines.of_subject(ask, challenge.contact_id, challenge.id),
        allowed=allowed(challenge, policy.challenges.last_stage),
    )
