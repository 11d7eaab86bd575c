"""Threshold decisions: read, held for an answer, and which one stands for a child."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select

from service.domain.contacts import Contact
from service.domain.decisions import Decision, DecisionState, Outcome, StatutoryBasis
from service.domain.errors import NotFound
from service.domain.referrals import Referral
from service.persistence.asking import Asking
from service.persistence.records import read, table_of
from service.persistence.repositories.things import Things
from service.persistence.statements import all_of
from service.persistence.units_of_work import Work
from service.persistence.visibility import decisions_visible_to

DECISION = table_of(Decision)
CONTACT = table_of(Contact)
REFERRAL = table_of(Referral)


class DecisionNotFound(NotFound):
    """No such decision, or not one that the caller may know of."""

    code = "decision_not_found"
    title = "No such decision"


@dataclass(frozen=True, slots=True)
class Concern:
    """When the front door was told of what may be significant harm, and when that was signed."""

    told_at: datetime
    signed_at: datetime


get = Things(Decision, "decision", decisions_visible_to, DecisionNotFound).get


async def of_child(ask: Asking, child_id: UUID) -> list[Decision]:
    """Every decision for one child on one contact, in the order in which they were drafted."""
    rows = await ask.all(all_of(Decision, "child_id", "drafted_at", "id"), of=child_id)
    return [read(Decision, row) for row in rows]


async def standing_outcomes(ask: Asking, contact_ids: Sequence[UUID]) -> Mapping[UUID, Outcome]:
    """What stands signed for each child on several contacts, by child."""
    if not contact_ids:
        return {}
    rows = await ask.all(
        select(DECISION.c.child_id, DECISION.c.outcome).where(
            DECISION.c.contact_id.in_(contact_ids),
            DECISION.c.state == DecisionState.signed,
            DECISION.c.superseded_at.is_(None),
        )
    )
    return {child_id: Outcome(outcome) for child_id, outcome in rows}


async def joined_by_another(ask: Asking | Work, case_id: UUID) -> bool:
    """Whether a decision that stands joined a case that another decision had opened."""
    row = await ask.first(
        select(DECISION.c.id)
        .where(
            DECISION.c.joined_case_id == case_id,
            DECISION.c.state == DecisionState.signed,
            DECISION.c.superseded_at.is_(None),
        )
        .limit(1)
    )
    return row is not None


async def concerns_behind(ask: Asking | Work, referral_id: UUID) -> list[Concern]:
    """The signed decisions that section 47 may be met which opened a referral, or joined it.

    By when the front door was told; those that were superseded are none any more.
    """
    rows = await ask.all(
        select(CONTACT.c.received_at, DECISION.c.answered_at)
        .join(DECISION, DECISION.c.contact_id == CONTACT.c.id)
        .where(
            or_(
                DECISION.c.joined_case_id == referral_id,
                DECISION.c.id.in_(
                    select(REFERRAL.c.decision_id).where(REFERRAL.c.id == referral_id)
                ),
            ),
            DECISION.c.statutory_basis == StatutoryBasis.section_47,
            DECISION.c.state == DecisionState.signed,
            DECISION.c.superseded_at.is_(None),
        )
        .order_by(CONTACT.c.received_at)
    )
    return [Concern(told_at=received_at, signed_at=signed_at) for received_at, signed_at in rows]
