"""How a front door worked, where no measure tells: read from the raw record, at length."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, func, select

from service.domain.assessments import Assessment, AssessmentState
from service.domain.contacts import Contact
from service.domain.decisions import Decision, DecisionState, Outcome, StatutoryBasis
from service.domain.measures import Period
from service.domain.police_notifications import PoliceNotification, Risk
from service.domain.referrals import CaseState, Referral
from service.persistence.asking import Asking
from service.persistence.records import table_of

CONTACT = table_of(Contact)
DECISION = table_of(Decision)
REFERRAL = table_of(Referral)
ASSESSMENT = table_of(Assessment)
NOTIFICATION = table_of(PoliceNotification)


@dataclass(frozen=True, slots=True)
class DecidedInTime:
    """How long a contact took from its receipt until every child was signed off."""

    rating: str | None
    took: timedelta


@dataclass(frozen=True, slots=True)
class SignedDecision:
    """A signed decision that stands: of which contact, by whom and when, and how long it took."""

    contact_id: str
    outcome: Outcome
    basis: StatutoryBasis | None
    drafted: tuple[datetime, str]
    signed: tuple[datetime, str]
    took: timedelta


@dataclass(frozen=True, slots=True)
class Closed:
    """How many referrals were closed, and how many of them after an authorised assessment."""

    closed: int
    assessed: int


def _of(within: Period, column: ColumnElement[datetime]) -> ColumnElement[bool]:
    """What happened in a period."""
    return and_(column >= within.begins_at, column < within.ends_at)


async def decided(ask: Asking, within: Period) -> Sequence[DecidedInTime]:
    """The contacts received in a period that are decided."""
    rows = await ask.all(
        select(CONTACT.c.rating, CONTACT.c.received_at, CONTACT.c.decided_at).where(
            _of(within, CONTACT.c.received_at), CONTACT.c.decided_at.is_not(None)
        )
    )
    return [DecidedInTime(rating, until - since) for rating, since, until in rows]


async def signed_decisions(ask: Asking, within: Period) -> Sequence[SignedDecision]:
    """The decisions that were signed and stand, on contacts received in a period."""
    rows = await ask.all(
        select(
            DECISION.c.contact_id,
            DECISION.c.outcome,
            DECISION.c.statutory_basis,
            DECISION.c.drafted_at,
            DECISION.c.drafted_by,
            DECISION.c.answered_at,
            DECISION.c.answered_by,
            CONTACT.c.received_at,
        )
        .join(CONTACT, CONTACT.c.id == DECISION.c.contact_id)
        .where(_of(within, CONTACT.c.received_at), DECISION.c.state == DecisionState.signed)
    )
    return [
        SignedDecision(
            str(contact),
            Outcome(outcome),
            None if basis is None else StatutoryBasis(basis),
            (drafted_at, str(drafted_by)),
            (signed_at, str(signed_by)),
            signed_at - received_at,
        )
        for (
            contact,
            outcome,
            basis,
            drafted_at,
            drafted_by,
            signed_at,
            signed_by,
            received_at,
        ) in rows
    ]


async def closed_referrals(ask: Asking, within: Period) -> Closed:
    """The referrals accepted in a period that are closed, without those that were superseded."""
    assessed = exists().where(
        ASSESSMENT.c.referral_id == REFERRAL.c.id,
        ASSESSMENT.c.state == AssessmentState.authorised,
        ASSESSMENT.c.ended_at <= REFERRAL.c.closed_at,
    )
    superseded = exists().where(
        DECISION.c.id == REFERRAL.c.decision_id, DECISION.c.superseded_at.is_not(None)
    )
    rows = await ask.all(
        select(assessed, func.count())
        .where(
            _of(within, REFERRAL.c.accepted_at), REFERRAL.c.state == CaseState.closed, ~superseded
        )
        .group_by(assessed)
    )
    counts = {bool(row[0]): int(row[1]) for row in rows}
    return Closed(sum(counts.values()), counts.get(True, 0))


async def told_in_danger(ask: Asking, within: Period) -> int:
    """How many contacts of a period were told of as immediate danger."""
    return await _count(ask, within, CONTACT.c.immediate_danger.is_(True))


async def told_of_high_risk(ask: Asking, within: Period) -> int:
    """How many contacts of a period the police notified with high risk."""
    high = exists().where(
        NOTIFICATION.c.contact_id == CONTACT.c.id, NOTIFICATION.c.risk == Risk.high
    )
    return await _count(ask, within, high)


async def _count(ask: Asking, within: Period, which: ColumnElement[bool]) -> int:
    row = await ask.first(
        select(func.count()).select_from(CONTACT).where(_of(within, CONTACT.c.received_at), which)
    )
    return 0 if row is None else int(row[0])
