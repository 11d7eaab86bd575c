"""Threshold decisions: drafted for one child, or for a family in one act; read."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from service.domain.access import Caller, Permission
from service.domain.decisions import Decision, Outcome
from service.domain.drafts import NewDecision, SaidOfChild, SaidOfDecision, together
from service.domain.whole_contacts import DecidedTogether, WholeDecision
from service.domain_services.daily_meetings import hold_item_to_decide
from service.domain_services.drafts import draft_decisions
from service.persistence.asking import Asking
from service.persistence.repositories import (
    contacts,
    deadlines,
    decisions,
    passed_concerns,
)
from service.persistence.repositories.cases import EPISODES, REFERRALS
from service.persistence.units_of_work import Work

# Refusals from below that routes name in the contract.
ContactNotFound = contacts.ContactNotFound
DecisionNotFound = decisions.DecisionNotFound


async def decide(work: Work, who: Caller, contact_id: UUID, new: NewDecision) -> Decision:
    """Drafts the threshold decision for one child; it then waits for somebody else's sign-off.

    Raises DecisionIncomplete naming every gap (rules 2 to 5), ChildAlreadyDecided for a second
    decision on a signed child that does not say which decision it supersedes and why (rule 7).
    """
    who.require(Permission.decide)
    [draft] = await draft_decisions(work, who, contact_id, [new])
    return draft


async def decide_together(
    work: Work,
    who: Caller,
    contact_id: UUID,
    family: SaidOfDecision,
    children: Sequence[SaidOfChild],
) -> list[Decision]:
    """Drafts the decisions for several children of one contact in one act (rule 28).

    What is said of the family is said once, what differs with each child. All are drafted or none:
    raises DraftsIncomplete, or what `decide` raises, naming every gap of every child.
    """
    who.require(Permission.decide)
    return await draft_decisions(work, who, contact_id, together(family, children))


async def record_meeting_outcome(
    work: Work, who: Caller, day: date, item_id: UUID, new: NewDecision
) -> Decision:
    """Drafts the decision for a child on the agenda of a daily meeting, which settles its item.

    Raises MeetingItemNotFound, ItemOfAnotherChild, WrongState, and whatever `decide` raises.
    """
    who.require(Permission.decide)
    item = await hold_item_to_decide(work, who, day, item_id, new.child_id)
    [draft] = await draft_decisions(work, who, item.contact_id, [new])
    return draft


async def read_decision(ask: Asking, who: Caller, decision_id: UUID) -> WholeDecision:
    """One decision, the clock of its sign-off and what it led to. Raises DecisionNotFound."""
    who.require(Permission.read_decisions)
    return await whole_decision(ask, await decisions.get(ask, who.sight, decision_id))


async def whole_decision(ask: Asking, decision: Decision) -> WholeDecision:
    """What hangs on a decision that the caller may see."""
    referral_id = episode_id = None
    if decision.answered_at is not None:
        if decision.outcome is Outcome.referral:
            referral = await REFERRALS.of_decision(ask, decision.id)
            referral_id = decision.joined_case_id if referral is None else referral.id
        if decision.outcome is Outcome.early_help:
            episode = await EPISODES.of_decision(ask, decision.id)
            episode_id = decision.joined_case_id if episode is None else episode.id
        if decision.outcome is Outcome.passed_to_case_holder:
            passed = await passed_concerns.of_decision(ask, decision.id)
            if passed is not None:
                referral_id, episode_id = passed.referral_id, passed.early_help_episode_id
    return WholeDecision(
        decision=decision,
        deadlines=await deadlines.of_subject(ask, decision.contact_id, decision.id),
        referral_id=referral_id,
        early_help_episode_id=episode_id,
    )


async def whole_together(
    ask: Asking, who: Caller, contact_id: UUID, made: Sequence[Decision]
) -> DecidedTogether:
    """What hangs on decisions that were made in one act, and the contact as it is then."""
    contact = await contacts.get(ask, who.sight, contact_id)
    return DecidedTogether(contact, [await whole_decision(ask, one) for one in made])
