"""Challenges: raised, moved with a line of history each, ended; and what they keep in place."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from service.domain.access import Caller
from service.domain.challenges import (
    CHALLENGE,
    CLOCKS,
    HARM_CLOCK,
    Challenge,
    ChallengeAction,
    ChallengedThing,
    ChallengeOpen,
    ChallengeOutcome,
    ChallengeState,
)
from service.domain.decisions import Decision
from service.domain.flags import SubjectKind
from service.domain.references import ReferenceKind, new_reference
from service.domain.transfers import Transfer
from service.domain_services.lives import Ending, Life, Moves
from service.persistence.ids import new_id
from service.persistence.repositories import challenges
from service.persistence.units_of_work import Work


async def refuse_while_challenged(work: Work, person_id: UUID, *, but: UUID | None = None) -> None:
    """Raises ChallengeOpen when a challenge about a child is open, other than `but` (rule 8).

    `but` is the challenge whose change is being carried out. When that is a new decision, others
    that wait for their own change do not refuse it: each would wait for the other. An overturned
    refusal waits for them, since accepting it takes the child from where they can be carried out.
    """
    found = await challenges.open_of_person(work, person_id)
    decided_anew = any(one.id == but and one.thing is ChallengedThing.decision for one in found)
    for one in found:
        waits_too = decided_anew and one.state is ChallengeState.awaiting_change
        if one.id != but and not waits_too:
            raise ChallengeOpen(
                f"Challenge {one.reference} is open: until it ends the case is neither closed nor "
                "stepped down nor given to another team. "
                + (
                    "It led to a change: carry that out, by a new decision or an acceptance."
                    if one.state is ChallengeState.awaiting_change
                    else "Answer it, or have it withdrawn."
                ),
                state=one.state,
                allowed=(),
            )


def _of_a_stage(
    who: Caller | None, challenge: Challenge, action: ChallengeAction
) -> Mapping[str, Any]:
    organisation_id = None if who is None else who.organisation_id
    return {"stage": challenge.stage, "organisation_id": organisation_id}


CHALLENGES = Life(
    challenges.CHALLENGES,
    # Every clock of it stops first, whatever is done.
    Moves(
        CHALLENGE,
        challenges.STEPS,
        Ending((*CLOCKS, HARM_CLOCK), lambda action, state: action, dated=True),
        _of_a_stage,
    ),
    SubjectKind.challenge,
    says=("thing", "decision_id", "transfer_id", "stage", "answering_role", "outcome"),
)
start_challenge_clock = CHALLENGES.start_clock
record_challenge = CHALLENGES.record


def begin_challenge(
    work: Work,
    who: Caller,
    about: Decision | Transfer,
    *,
    answering_role: str,
    challenger_role: str,
    words: str,
    organisation_id: str | None = None,
) -> Challenge:
    """Raises a challenge to a decision, or to the refusal of a transfer, and starts its clock.

    At the first stage, which `answering_role` answers.
    """
    decided = isinstance(about, Decision)
    challenge = Challenge(
        id=new_id(),
        reference=new_reference(ReferenceKind.challenge),
        thing=ChallengedThing.decision if decided else ChallengedThing.refusal,
        decision_id=about.id if decided else None,
        transfer_id=None if decided else about.id,
        contact_id=about.contact_id,
        child_id=about.child_id,
        person_id=about.person_id,
        state=CHALLENGE.start,
        stage=1,
        answering_role=answering_role,
        raised_at=work.now,
        raised_by=who.account_id,
        raised_by_organisation_id=organisation_id,
        challenger_role=challenger_role,
        stage_began_at=work.now,
        outcome=None,
        changed_to_decision_id=None,
        ended_at=None,
        version=1,
    )
    work.add(challenge)
    CHALLENGES.moves.keep_step(work, who, challenge, ChallengeAction.raise_, words=words)
    start_clocks_of_stage(work, challenge, None if isinstance(about, Decision) else about)
    return challenge


def start_clocks_of_stage(work: Work, challenge: Challenge, transfer: Transfer | None) -> None:
    """Starts the clock of the stage that a challenge has come to, for whoever answers it.

    Where a step-up was refused for which harm was disclosed, it is to be answered the same day.
    """
    owner = challenge.answering_role
    start_challenge_clock(work, challenge, f"challenge_stage_{challenge.stage}", owner=owner)
    if transfer is not None and transfer.meeting_owed_since is not None:
        start_challenge_clock(work, challenge, HARM_CLOCK, owner=owner)


async def move_challenge(
    work: Work,
    who: Caller | None,
    challenge: Challenge,
    action: ChallengeAction,
    *,
    words: str | None = None,
    outcome: ChallengeOutcome | None = None,
    **changed: Any,
) -> Challenge:
    """Takes a challenge one step on, with its line of history; every clock of it stops first.

    `outcome` is given when, and only when, the step ends it. Raises WrongState and Stale.
    """
    if outcome is not None:
        changed["outcome"] = outcome
    return await CHALLENGES.moves.move(
        work, who, challenge, action, line={"words": words}, **changed
    )


async def carry_out_challenge(
    work: Work, who: Caller, challenge: Challenge, decision_id: UUID | None = None
) -> Challenge:
    """Ends a challenge by the change that it led to: a new decision, or an acceptance."""
    return await move_challenge(
        work,
        who,
        challenge,
        ChallengeAction.carry_out,
        outcome=ChallengeOutcome.changed,
        changed_to_decision_id=decision_id,
    )


async def take_challenge_back(
    work: Work, who: Caller, challenge: Challenge, words: str
) -> Challenge:
    """Ends a challenge because who raised it takes it back."""
    return await move_challenge(
        work,
        who,
        challenge,
        ChallengeAction.withdraw,
        words=words,
        outcome=ChallengeOutcome.withdrawn,
    )


async def overtake_challenges(
    work: Work, who: Caller | None, person_id: UUID, *, but: UUID | None = None
) -> list[UUID]:
    """Ends the open challenges about a child whom social care has taken on meanwhile.

    All but one about the refusal of the transfer `but`, which ends in its own way.
    """
    return await _overtake(
        work,
        who,
        [
            one
            for one in await challenges.open_of_person(work, person_id)
            if not but or one.transfer_id != but
        ],
    )


async def overtake_challenge_of_transfer(
    work: Work, who: Caller | None, transfer_id: UUID
) -> list[UUID]:
    """Ends the open challenge about the refusal of a transfer that ends otherwise."""
    found = await challenges.of_transfer(work, transfer_id)
    return await _overtake(work, who, [one for one in found if one.ended_at is None])


async def _overtake(work: Work, who: Caller | None, found: Sequence[Challenge]) -> list[UUID]:
    for one in found:
        await move_challenge(
            work, who, one, ChallengeAction.overtake, outcome=ChallengeOutcome.overtaken
        )
    return [one.id for one in found]
