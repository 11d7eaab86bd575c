"""What a partner disagrees with: the outcome for a child, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from service.domain.access import Caller, Permission, Role
from service.domain.challenges import (
    Challenge,
    ChallengeAction,
    NoSuchChild,
    NothingOpen,
    NothingToChallenge,
    UnderReview,
    allowed,
)
from service.domain.contacts import Child
from service.domain.decisions import Decision
from service.domain.errors import Problem
from service.domain.multi_agency_referrals import PROGRESS, Disagreement, Progress, disagreement_of
from service.domain_services.cases import moved_on
from service.domain_services.challenge_moves import (
    answered_finally,
    escalate_to_next_stage,
    raise_challenge,
    require_challenge_words,
    require_reasons,
    stands,
    take_back_challenge,
)
from service.persistence.repositories import (
    accountabilities,
    challenges,
    contacts,
    deadlines,
    decisions,
)
from service.persistence.units_of_work import Work

_OF_PARTNERS = (ChallengeAction.escalate, ChallengeAction.withdraw)


@dataclass(frozen=True, slots=True)
class Disagreements:
    """What a partner disagrees with, and whether all of it had been said before."""

    referral_id: UUID
    disagreements: Sequence[Disagreement]
    before: bool


async def disagree_with_outcome(
    work: Work, who: Caller, contact_id: UUID, *, words: str, positions: Sequence[int] = ()
) -> Disagreements:
    """A partner disagrees with what was decided for the children whom it sent (rules 8, 16).

    For those at `positions` in what it sent, or for all who are decided; each is a challenge that
    the MASH manager answers first. Said again while it is open, the open one comes back. Raises
    MultiAgencyReferralNotFound for another's as for none, NothingToChallenge, UnderReview.
    """
    who.require(Permission.disagree_with_outcome)
    sent = await _hold_sent(work, who, contact_id, positions)
    raised: list[Challenge] = []
    fresh: list[Decision] = []
    undecided = False
    for child in sent.chosen:
        decision = next(
            (one for one in await decisions.of_child(work, child.id) if stands(one)), None
        )
        if decision is None or await moved_on(
            work, decision, await accountabilities.of_person(work, decision.person_id)
        ):
            undecided = True
            continue
        before = await challenges.open_of_decision(work, decision.id)
        if before is None and await answered_finally(work, decision):
            undecided = True
        elif before is None:
            fresh.append(decision)
        elif before.raised_by_organisation_id == who.organisation_id:
            raised.append(before)
        else:
            raise UnderReview(
                f"What was decided for the child at place {child.position} is being looked at "
                "again already. Name the other children, and come back to this one when it is "
                "decided.",
                state=sent.progress,
                allowed=(),
            )
    if (undecided and positions) or not (raised or fresh):
        raise NothingToChallenge(
            "There is no decision to disagree with: it is not made yet, it was answered at the "
            "last stage, or the work with the child has gone on since. Call the front door.",
            state=sent.progress,
            allowed=(),
        )
    if fresh:
        require_reasons(work, words)
        await contacts.renew(work, contact_id)
    for decision in fresh:
        role = Role.partner_system
        raised.append(raise_challenge(work, who, decision, words, role, who.organisation_id))
    return await _as_disagreements(work, sent, raised, before=not fresh)


@dataclass(frozen=True, slots=True)
class _Sent:
    """A partner's own referral that is held: its children as sent, and those that are meant."""

    contact_id: UUID
    progress: Progress
    children: Sequence[Child]
    chosen: Sequence[Child]


async def _hold_sent(work: Work, who: Caller, contact_id: UUID, positions: Sequence[int]) -> _Sent:
    await contacts.sent_by(work, who.organisation_id, contact_id)
    contact = await contacts.held(work, who.sight, contact_id)
    added = await contacts.added_later(work, [contact_id])
    sent = [one for one in await contacts.children(work, contact_id) if one.id not in added]
    there = {child.position for child in sent}
    unknown = [
        Problem(
            f"/children/{place}",
            "Name a child by its place in `children` as you sent it, from 0.",
            "no_such_child",
        )
        for place, position in enumerate(positions)
        if position not in there
    ]
    if unknown:
        raise NoSuchChild("You sent no child at this place.", problems=unknown)
    chosen = [one for one in sent if not positions or one.position in positions]
    # Several children are held in one order, whoever holds them.
    for person_id in sorted({child.person_id for child in chosen}):
        await accountabilities.held(work, person_id)
    return _Sent(contact_id, PROGRESS[contact.state], sent, chosen)


async def _as_disagreements(
    work: Work, sent: _Sent, found: Sequence[Challenge], *, before: bool
) -> Disagreements:
    clocks = await deadlines.of_subjects(work, [(one.contact_id, one.id) for one in found])
    places = {child.id: child.position for child in sent.children}
    shown = [disagreement_of(one, places[one.child_id], clocks[one.id]) for one in found]
    return Disagreements(
        sent.contact_id, sorted(shown, key=lambda one: one.position), before=before
    )


async def escalate_disagreement(
    work: Work, who: Caller, contact_id: UUID, *, words: str, positions: Sequence[int] = ()
) -> Disagreements:
    """A partner takes what it disagrees with to the next stage: all of its own that can go there.

    Raises NothingOpen when none can.
    """
    who.require(Permission.disagree_with_outcome)
    sent, own = await _hold_own(work, who, contact_id, positions, ChallengeAction.escalate)
    require_reasons(work, words)
    moved = [await escalate_to_next_stage(work, who, one, words) for one in own]
    return await _as_disagreements(work, sent, moved, before=False)


async def withdraw_disagreement(
    work: Work, who: Caller, contact_id: UUID, *, words: str, positions: Sequence[int] = ()
) -> Disagreements:
    """A partner takes back what it disagreed with; the decisions stand."""
    who.require(Permission.disagree_with_outcome)
    sent, own = await _hold_own(work, who, contact_id, positions, ChallengeAction.withdraw)
    require_challenge_words(work, words)
    moved = [await take_back_challenge(work, who, one, words) for one in own]
    return await _as_disagreements(work, sent, moved, before=False)


async def _hold_own(
    work: Work,
    who: Caller,
    contact_id: UUID,
    positions: Sequence[int],
    action: ChallengeAction,
) -> tuple[_Sent, list[Challenge]]:
    """A partner's open challenges about these children with which this can be done."""
    sent = await _hold_sent(work, who, contact_id, positions)
    meant = {child.id for child in sent.chosen}
    found = await challenges.raised_by(work, who.organisation_id or "", [contact_id])
    own = [one for one in found if one.child_id in meant and one.ended_at is None]
    last = work.policy.challenges.last_stage
    possible = [one for one in own if action in allowed(one, last)]
    if not possible:
        could = {one for challenge in own for one in allowed(challenge, last)}
        raise NothingOpen(
            "You have no disagreement open with which this can be done: the answer of the last "
            "stage is final, and what led to a change is being changed.",
            state=sent.progress,
            allowed=[one for one in _OF_PARTNERS if one in could],
        )
    await contacts.renew(work, contact_id)
    return sent, possible
