"""The measure of flags: how often a contact showed one, as its predicates and its count."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, not_, or_, select

from service.domain.contacts import Contact
from service.domain.flags import Flag
from service.persistence.records import table_of

CONTACT = table_of(Contact)
FLAG = table_of(Flag)
_BEFORE = FLAG.alias("flag_before")


def _shown(as_at: datetime) -> ColumnElement[bool]:
    """Raised by an instant about the contact while no other stood: what came then is inside it."""
    first = or_(
        _BEFORE.c.raised_at < FLAG.c.raised_at,
        and_(_BEFORE.c.raised_at == FLAG.c.raised_at, _BEFORE.c.id < FLAG.c.id),
    )
    stood = or_(_BEFORE.c.cleared_at.is_(None), _BEFORE.c.cleared_at >= FLAG.c.raised_at)
    inside = exists().where(_BEFORE.c.contact_id == FLAG.c.contact_id, first, stood)
    return and_(FLAG.c.contact_id == CONTACT.c.id, FLAG.c.raised_at <= as_at, not_(inside))


def showed_a_flag(as_at: datetime) -> ColumnElement[bool]:
    """Showed a flag by an instant, whatever became of it."""
    return exists().where(FLAG.c.contact_id == CONTACT.c.id, FLAG.c.raised_at <= as_at)


def flags_shown(as_at: datetime) -> ColumnElement[int]:
    """How many flags the contact showed by an instant, those inside another not counted."""
    return select(func.count()).select_from(FLAG).where(_shown(as_at)).scalar_subquery()
