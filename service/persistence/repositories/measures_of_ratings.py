"""Measures of how soon contacts are rated, and how soon what is red is decided: predicates."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, literal, not_, or_

from service.domain.contacts import Contact
from service.domain.dangers import RATED_CLOCK, RATING_CLOCK, RATING_IN_DANGER
from service.domain.deadlines import Deadline
from service.persistence.records import table_of

CONTACT = table_of(Contact)
DEADLINE = table_of(Deadline)

_PUT_RIGHT = "received_at_amended"


def _clock(kind: str) -> ColumnElement[bool]:
    """A clock of a contact itself; not one from a time of receipt that was put right."""
    return and_(
        DEADLINE.c.contact_id == CONTACT.c.id,
        DEADLINE.c.subject_id == CONTACT.c.id,
        DEADLINE.c.kind == literal(kind, literal_execute=True),
        func.coalesce(DEADLINE.c.stopped_because, "") != _PUT_RIGHT,
    )


def _stopped(because: Sequence[str], as_at: datetime) -> ColumnElement[bool]:
    return and_(DEADLINE.c.stopped_because.in_(because), DEADLINE.c.stopped_at <= as_at)


def _ran_past(as_at: datetime) -> ColumnElement[bool]:
    """Ran past its limit by an instant, however it ended since."""
    return and_(
        DEADLINE.c.due_at < as_at,
        or_(DEADLINE.c.stopped_at.is_(None), DEADLINE.c.stopped_at > DEADLINE.c.due_at),
    )


def _red_at_receipt() -> ColumnElement[bool]:
    """Red by danger as it was received: it waited for no rating."""
    waited = exists().where(
        DEADLINE.c.contact_id == CONTACT.c.id,
        DEADLINE.c.subject_id == CONTACT.c.id,
        DEADLINE.c.kind == literal(RATED_CLOCK, literal_execute=True),
    )
    by_danger = CONTACT.c.danger.is_not(None)
    return and_(by_danger, CONTACT.c.first_rated_at == CONTACT.c.logged_at, not_(waited))


def rated_or_late(as_at: datetime) -> ColumnElement[bool]:
    """Rated by an instant, or past the limit for that."""
    past = or_(_stopped(["rated"], as_at), _ran_past(as_at))
    return or_(_red_at_receipt(), exists().where(_clock(RATED_CLOCK), past))


def rated_in_time(as_at: datetime) -> ColumnElement[bool]:
    """Rated within the limit, or red as it was received."""
    within = and_(_stopped(["rated"], as_at), DEADLINE.c.stopped_at <= DEADLINE.c.due_at)
    return or_(_red_at_receipt(), exists().where(_clock(RATED_CLOCK), within))


def _red_clock() -> ColumnElement[bool]:
    return and_(_clock(RATING_CLOCK), DEADLINE.c.variant == RATING_IN_DANGER)


def red_decided_or_late(as_at: datetime) -> ColumnElement[bool]:
    """Red, and decided by an instant or past the limit for that."""
    past = or_(_stopped(["decided"], as_at), _ran_past(as_at))
    return exists().where(_red_clock(), past)


def red_decided_in_time(as_at: datetime) -> ColumnElement[bool]:
    """Red, and every child decided and signed within the limit."""
    within = and_(_stopped(["decided"], as_at), DEADLINE.c.stopped_at <= DEADLINE.c.due_at)
    return exists().where(_red_clock(), within)
