"""Open contacts that a release before this one logged: of danger, or with no clock on a rating."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select

from service.domain.contacts import Contact
from service.domain.dangers import RATED_CLOCK
from service.domain.deadlines import Deadline
from service.domain.police_notifications import PoliceNotification, Risk
from service.domain.police_updates import PoliceUpdate
from service.persistence.asking import Asking
from service.persistence.records import columns_of, read, table_of
from service.persistence.units_of_work import Work
from service.persistence.visibility import there_is

CONTACT = table_of(Contact)
DEADLINE = table_of(Deadline)
NOTIFICATION = table_of(PoliceNotification)
UPDATE = table_of(PoliceUpdate)

_HIGH_RISK = or_(
    *(
        there_is(table, table.c.contact_id == CONTACT.c.id, table.c.risk == Risk.high)
        for table in (NOTIFICATION, UPDATE)
    )
)
_DANGER_UNHEEDED = and_(
    CONTACT.c.danger.is_(None), or_(CONTACT.c.immediate_danger.is_(True), _HIGH_RISK)
)
_WAITS_FOR_NO_RATING = and_(
    CONTACT.c.rating.is_(None),
    ~there_is(
        DEADLINE,
        DEADLINE.c.contact_id == CONTACT.c.id,
        DEADLINE.c.subject_id == CONTACT.c.id,
        DEADLINE.c.kind == RATED_CLOCK,
    ),
)


@dataclass(frozen=True, slots=True)
class Unheeded:
    """A contact of which danger was told unheeded, or on which no clock waits for a rating."""

    contact_id: UUID
    version: int
    high_risk: bool


async def open_contacts(
    ask: Asking | Work, *, limit: int, after_id: UUID | None = None, only: UUID | None = None
) -> list[Unheeded]:
    """Those that are open still, from after one on."""
    which: list[ColumnElement[bool]] = [
        CONTACT.c.decided_at.is_(None),
        or_(_DANGER_UNHEEDED, _WAITS_FOR_NO_RATING),
    ]
    if after_id is not None:
        which.append(CONTACT.c.id > after_id)
    if only is not None:
        which.append(CONTACT.c.id == only)
    rows = await ask.all(
        select(CONTACT.c.id, CONTACT.c.version, _HIGH_RISK)
        .where(*which)
        .order_by(CONTACT.c.id)
        .limit(limit)
    )
    return [Unheeded(id_, version, bool(high_risk)) for id_, version, high_risk in rows]


async def contact_of(work: Work, found: Unheeded) -> Contact:
    """One of them, for the worker, who may know of every contact."""
    row = await work.first(select(*columns_of(Contact)).where(CONTACT.c.id == found.contact_id))
    if row is None:
        raise LookupError("a contact that was open is gone")
    return read(Contact, row)
