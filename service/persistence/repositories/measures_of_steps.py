"""What the measures of step-ups, step-downs and challenges count, as at any instant.

By moves and clocks, which are never changed, and by timestamps that are set once: so a figure of
the past stays what it was when the case goes on.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, func, literal, or_, select

from service.domain.challenges import Challenge, ChallengeOutcome, ChallengeStep
from service.domain.deadlines import Deadline
from service.domain.transfer_waits import WaitsFor
from service.domain.transfers import (
    CLOCKS,
    Direction,
    Transfer,
    TransferAction,
    TransferState,
    TransferStep,
)
from service.persistence.records import table_of

TRANSFER = table_of(Transfer)
TRANSFER_STEP = table_of(TransferStep)
CHALLENGE = table_of(Challenge)
CHALLENGE_STEP = table_of(ChallengeStep)
DEADLINE = table_of(Deadline)

Predicate = Callable[[datetime], ColumnElement[bool]]
Grouping = Callable[[datetime], ColumnElement[Any]]


def both(*predicates: Predicate) -> Predicate:
    """What meets every one of several predicates."""
    return lambda as_at: and_(*(one(as_at) for one in predicates))


# ---- Step-ups and step-downs --------------------------------------------------------------------


def asked_for(direction: Direction) -> Predicate:
    """Requested, in a direction, by an instant."""
    return lambda as_at: and_(TRANSFER.c.direction == direction, TRANSFER.c.requested_at <= as_at)


def done(action: TransferAction) -> Predicate:
    """An action was done on the transfer by an instant, at least once."""
    return lambda as_at: exists().where(
        TRANSFER_STEP.c.transfer_id == TRANSFER.c.id,
        TRANSFER_STEP.c.action == action,
        TRANSFER_STEP.c.at <= as_at,
    )


def _clock(kinds: Sequence[str]) -> ColumnElement[bool]:
    return and_(
        DEADLINE.c.contact_id == TRANSFER.c.contact_id,
        DEADLINE.c.subject_id == TRANSFER.c.id,
        DEADLINE.c.kind.in_(kinds),
    )


def stopped_in_time(kind: str, because: Sequence[str]) -> Predicate:
    """The clock was stopped by what it waits for, at or before its limit."""
    return lambda as_at: exists().where(
        _clock([kind]),
        DEADLINE.c.stopped_because.in_(because),
        DEADLINE.c.stopped_at <= as_at,
        DEADLINE.c.stopped_at <= DEADLINE.c.due_at,
    )


def stopped_or_late(kind: str, because: Sequence[str]) -> Predicate:
    """The clock was stopped by what it waits for, or ran past its limit, by an instant.

    One that something else stopped within the limit counts for nothing; one that ran past it was
    late, however it ended.
    """
    return lambda as_at: exists().where(
        _clock([kind]),
        or_(
            and_(DEADLINE.c.stopped_because.in_(because), DEADLINE.c.stopped_at <= as_at),
            and_(
                DEADLINE.c.due_at < as_at,
                or_(DEADLINE.c.stopped_at.is_(None), DEADLINE.c.stopped_at > DEADLINE.c.due_at),
            ),
        ),
    )


def clock_stopped_at(kind: str) -> ColumnElement[datetime]:
    """When a clock of the transfer that runs once was stopped."""
    return select(func.max(DEADLINE.c.stopped_at)).where(_clock([kind])).scalar_subquery()


def waiting(as_at: datetime) -> ColumnElement[bool]:
    """Not ended at an instant."""
    return or_(TRANSFER.c.ended_at.is_(None), TRANSFER.c.ended_at > as_at)


def _runs(kinds: Sequence[str], as_at: datetime) -> ColumnElement[bool]:
    return and_(
        _clock(kinds),
        DEADLINE.c.started_at <= as_at,
        or_(DEADLINE.c.stopped_at.is_(None), DEADLINE.c.stopped_at > as_at),
    )


def stuck(as_at: datetime) -> ColumnElement[bool]:
    """A clock that ran at an instant had passed its limit."""
    return exists().where(_runs(CLOCKS, as_at), DEADLINE.c.due_at < as_at)


_WAITS = {
    TransferState.requested: WaitsFor.opening,
    TransferState.opened: WaitsFor.answer,
    TransferState.refusal_pending: WaitsFor.refusal_agreement,
    TransferState.refusal_challenged: WaitsFor.challenge,
    TransferState.refusal_overturned: WaitsFor.acceptance,
    TransferState.returned: WaitsFor.return_decision,
}


def waits_for(as_at: datetime) -> ColumnElement[str]:
    """What a transfer waited for at an instant, as `transfers.waits_for` says it of the present."""
    state = (
        select(TRANSFER_STEP.c.state)
        .where(TRANSFER_STEP.c.transfer_id == TRANSFER.c.id, TRANSFER_STEP.c.at <= as_at)
        .order_by(TRANSFER_STEP.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return case(
        *((state == stood, literal(step.value)) for stood, step in _WAITS.items()),
        (
            exists().where(_runs(["step_down_family_agreement"], as_at)),
            literal(WaitsFor.family_agreement.value),
        ),
        (
            exists().where(_runs(["step_down_first_visit"], as_at)),
            literal(WaitsFor.first_visit.value),
        ),
        else_=literal(WaitsFor.completion.value),
    )


def refusal_reason(as_at: datetime) -> ColumnElement[str]:
    """Why a transfer was refused, the last time by an instant."""
    return (
        select(TRANSFER_STEP.c.code)
        .where(
            TRANSFER_STEP.c.transfer_id == TRANSFER.c.id,
            TRANSFER_STEP.c.action == TransferAction.refuse,
            TRANSFER_STEP.c.at <= as_at,
        )
        .order_by(TRANSFER_STEP.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )


# ---- Challenges ---------------------------------------------------------------------------------


def raised(as_at: datetime) -> ColumnElement[bool]:
    """Raised by an instant."""
    return CHALLENGE.c.raised_at <= as_at


def ended(as_at: datetime) -> ColumnElement[bool]:
    """Ended by an instant, in whichever way."""
    return func.coalesce(CHALLENGE.c.ended_at <= as_at, literal(value=False))


def ended_as(outcome: ChallengeOutcome) -> Predicate:
    """Ended by an instant with an outcome."""
    return lambda as_at: and_(ended(as_at), CHALLENGE.c.outcome == outcome)


def stage(as_at: datetime) -> ColumnElement[int]:
    """The highest stage that a challenge had reached at an instant."""
    return (
        select(func.max(CHALLENGE_STEP.c.stage))
        .where(CHALLENGE_STEP.c.challenge_id == CHALLENGE.c.id, CHALLENGE_STEP.c.at <= as_at)
        .scalar_subquery()
    )


def result(as_at: datetime) -> ColumnElement[str]:
    """The outcome that a challenge had at an instant; open where it had none."""
    return case((ended(as_at), CHALLENGE.c.outcome), else_=literal("open"))
