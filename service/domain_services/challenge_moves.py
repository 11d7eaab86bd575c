"""Moves of a challenge, by whichever side makes them: raised, taken further, ended."""

from service.domain.access import Caller, Role
from service.domain.challenges import Challenge, ChallengeAction, ChallengeFaulty, ChallengeOutcome
from service.domain.decisions import Decision, DecisionState
from service.domain.events import EventType
from service.domain.own_words import rationale_faults, require_own_words
from service.domain.transfers import Transfer, TransferAction, TransferState
from service.domain_services.challenges import (
    begin_challenge,
    move_challenge,
    record_challenge,
    start_clocks_of_stage,
)
from service.domain_services.transfers import move_transfer
from service.persistence.repositories import challenges, transfers
from service.persistence.units_of_work import Work

_SAY_WHY = "Say why, in your own words."

_FIRST_ANSWER = Role.mash_manager


def stands(decision: Decision) -> bool:
    """Whether a decision is signed, and no other one has taken its place."""
    return decision.state is DecisionState.signed and decision.superseded_at is None


async def answered_finally(work: Work, decision: Decision) -> bool:
    """Whether a decision was challenged and answered at the last stage."""
    last = work.policy.challenges.last_stage
    return await challenges.answered_finally(work, decision.id, last)


def raise_challenge(
    work: Work,
    who: Caller,
    decision: Decision,
    words: str,
    challenger_role: Role,
    organisation_id: str | None = None,
) -> Challenge:
    """Raises a challenge of a decision, which a MASH manager answers first, and records it."""
    challenge = begin_challenge(
        work,
        who,
        decision,
        answering_role=_FIRST_ANSWER,
        challenger_role=challenger_role,
        words=words,
        organisation_id=organisation_id,
    )
    record_challenge(work, who, EventType.challenge_raised, challenge)
    return challenge


def require_reasons(work: Work, words: str) -> None:
    """Raises ChallengeFaulty for words that would be refused as a rationale."""
    faults = rationale_faults(work.policy.rationale, "/words", words)
    if faults:
        raise ChallengeFaulty(_SAY_WHY, problems=faults)


def require_challenge_words(work: Work, words: str) -> None:
    """Raises ChallengeFaulty for words that are nothing but stock phrases."""
    require_own_words(work.policy.rationale, "/words", words, ChallengeFaulty, _SAY_WHY)


async def transfer_of(work: Work, challenge: Challenge) -> Transfer | None:
    """The transfer whose refusal is challenged, held."""
    if challenge.transfer_id is None:
        return None
    found = await transfers.open_of_person(work, challenge.person_id)
    return next((one for one in found if one.id == challenge.transfer_id), None)


async def end_challenge(
    work: Work,
    who: Caller | None,
    challenge: Challenge,
    transfer: Transfer | None,
    action: ChallengeAction,
    outcome: ChallengeOutcome,
    words: str | None,
) -> Challenge:
    """Ends a challenge by which nothing changes: a refusal that was challenged is final with it."""
    if transfer is not None and transfer.state is TransferState.refusal_challenged:
        await move_transfer(
            work,
            who,
            transfer,
            TransferAction.uphold_refusal,
            words=words,
            refusal_agreed_at=work.now,
        )
    return await move_challenge(work, who, challenge, action, words=words, outcome=outcome)


async def escalate_to_next_stage(
    work: Work, who: Caller | None, challenge: Challenge, words: str | None
) -> Challenge:
    """Puts a challenge to whoever answers its next stage, and starts that clock."""
    stage = challenge.stage + 1
    role = work.policy.challenges.answered_by(stage)
    moved = await move_challenge(
        work,
        who,
        challenge,
        ChallengeAction.escalate,
        words=words,
        stage=stage,
        answering_role=role,
        stage_began_at=work.now,
    )
    start_clocks_of_stage(work, moved, await transfer_of(work, moved))
    record_challenge(work, who, EventType.challenge_escalated, moved)
    return moved


async def take_back_challenge(
    work: Work, who: Caller, challenge: Challenge, words: str
) -> Challenge:
    """Ends a challenge that its own side takes back."""
    transfer = await transfer_of(work, challenge)
    outcome = ChallengeOutcome.withdrawn
    moved = await end_challenge(
        work, who, challenge, transfer, ChallengeAction.withdraw, outcome, words
    )
    record_challenge(work, who, EventType.challenge_withdrawn, moved)
    return moved
