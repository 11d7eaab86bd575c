"""Measures: which contacts a figure counts, said once, for the figure and for the list alike."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import ColumnElement, and_, case, exists, false, func, literal, not_, or_, select

from service.domain.contacts import Contact
from service.domain.decisions import Decision
from service.domain.flags import Deadline
from service.domain.measures import MeasureNotFound, MeasurePoint, Part, Period
from service.persistence.asking import Asking
from service.persistence.records import table_of

CONTACT = table_of(Contact)
DECISION = table_of(Decision)
DEADLINE = table_of(Deadline)


def _word(text: str) -> ColumnElement[str]:
    """A word written into the statement itself, as a partial index needs it."""
    return literal(text, literal_execute=True)


@dataclass(frozen=True, slots=True)
class _Counting:
    """The contacts counted against, and what those of them meet that count."""

    against: Callable[[datetime], ColumnElement[bool]]
    meets: Callable[[datetime], ColumnElement[bool]]


def _signed_referral(as_at: datetime) -> ColumnElement[bool]:
    """A decision for a child on this contact that was signed as a referral by an instant.

    A decision superseded before anybody signed it has no answer; one returned was not signed.
    """
    return and_(
        DECISION.c.contact_id == CONTACT.c.id,
        DECISION.c.outcome == _word("referral"),
        DECISION.c.state != _word("returned"),
        DECISION.c.answered_at.is_not(None),
        DECISION.c.answered_at <= as_at,
    )


def _accepted(as_at: datetime) -> ColumnElement[bool]:
    """Every child signed off, and a referral standing for at least one, as at an instant."""
    return and_(
        CONTACT.c.decided_at <= as_at,
        exists().where(
            _signed_referral(as_at),
            or_(DECISION.c.superseded_at.is_(None), DECISION.c.superseded_at > as_at),
        ),
    )


def _within_24_hours(as_at: datetime) -> ColumnElement[bool]:
    """Every child signed off, and one of them as a referral, before the 24 hours were over.

    The clock that the decision stopped is the one that counts: one started from a time of receipt
    that was put right later was stopped by the amendment. A contact that became a referral only
    by a change of mind was not accepted as one when its clock stopped.
    """
    # Values rather than EXISTS: PostgreSQL would answer EXISTS by a hash of every clock on file.
    limit_kept = (
        select(func.max(DEADLINE.c.due_at))
        .where(
            DEADLINE.c.contact_id == CONTACT.c.id,
            DEADLINE.c.subject_id == CONTACT.c.id,
            DEADLINE.c.kind == _word("contact_to_referral"),
            DEADLINE.c.stopped_because == _word("decided"),
            DEADLINE.c.stopped_at <= as_at,
            DEADLINE.c.stopped_at <= DEADLINE.c.due_at,
        )
        .scalar_subquery()
    )
    first_signed = (
        select(func.min(DECISION.c.answered_at)).where(_signed_referral(as_at)).scalar_subquery()
    )
    return func.coalesce(first_signed <= limit_kept, false())


_COUNTING: Mapping[str, _Counting] = MappingProxyType(
    {"PI1": _Counting(_accepted, _within_24_hours)}
)


def _counting(code: str) -> _Counting:
    found = _COUNTING.get(code)
    if found is None:
        raise MeasureNotFound
    return found


def cases(code: str, part: Part, as_at: datetime) -> ColumnElement[bool]:
    """The contacts behind a part of a measure's figures, as at an instant.

    For `also` of a list of contacts. Raises MeasureNotFound.
    """
    counting = _counting(code)
    against = counting.against(as_at)
    if part is Part.denominator:
        return against
    meets = counting.meets(as_at)
    return and_(against, meets if part is Part.numerator else not_(meets))


async def figures(
    ask: Asking,
    code: str,
    as_at: datetime,
    periods: Sequence[Period],
    *,
    by_source: bool = False,
) -> list[MeasurePoint]:
    """Numerator and denominator for each period that has cases, in order. Raises MeasureNotFound.

    `periods` follow on each other without gaps. They are told apart by their bounds as instants,
    worked out in London time: a database that groups by a month of its own puts the first hour of
    a summer month into the month before.
    """
    counting = _counting(code)
    received = CONTACT.c.received_at
    place = case(
        *((received < period.received_to, position) for position, period in enumerate(periods)),
        else_=len(periods),
    ).label("place")
    groups = [place, CONTACT.c.source_code] if by_source else [place]
    rows = await ask.all(
        select(
            func.count().label("denominator"),
            func.count(case((counting.meets(as_at), 1))).label("numerator"),
            *groups,
        )
        .where(
            received >= periods[0].received_from,
            received < periods[-1].received_to,
            counting.against(as_at),
        )
        .group_by(*groups)
    )
    points = [
        MeasurePoint(
            period=periods[row.place].label,
            received_from=periods[row.place].received_from,
            received_to=periods[row.place].received_to,
            numerator=row.numerator,
            denominator=row.denominator,
            source_code=row.source_code if by_source else None,
        )
        for row in rows
    ]
    return sorted(points, key=lambda one: (one.received_from, one.source_code or ""))
