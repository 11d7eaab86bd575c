"""What an operator watches: how much is open, late and unacknowledged; few rows, by index."""

from datetime import datetime

from sqlalchemy import func, select

from service.domain.contacts import Contact
from service.domain.deadlines import Deadline
from service.domain.flags import Flag, SubjectKind
from service.persistence.asking import Asking
from service.persistence.records import table_of

CONTACT = table_of(Contact)
DEADLINE = table_of(Deadline)
FLAG = table_of(Flag)


async def open_contacts(ask: Asking) -> dict[str | None, tuple[int, datetime]]:
    """For each rating (None: not rated yet), how many are open and since when the oldest."""
    rows = await ask.all(
        select(CONTACT.c.rating, func.count(), func.min(CONTACT.c.received_at))
        .where(CONTACT.c.decided_at.is_(None))
        .group_by(CONTACT.c.rating)
    )
    return {rating: (number, oldest) for rating, number, oldest in rows}


async def overdue_contacts(ask: Asking, now: datetime) -> int:
    """How many open contacts have passed a limit of their own."""
    row = await ask.first(
        select(func.count(func.distinct(DEADLINE.c.contact_id))).where(
            DEADLINE.c.stopped_at.is_(None),
            DEADLINE.c.subject_kind == SubjectKind.contact,
            DEADLINE.c.due_at < now,
        )
    )
    return 0 if row is None else int(row[0])


async def unacknowledged_flags(ask: Asking) -> dict[str, int]:
    """How many flags nobody has taken on, by severity."""
    rows = await ask.all(
        select(FLAG.c.severity, func.count())
        .where(FLAG.c.cleared_at.is_(None), FLAG.c.acknowledged_at.is_(None))
        .group_by(FLAG.c.severity)
    )
    return {row[0]: row[1] for row in rows}
