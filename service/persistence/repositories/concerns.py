"""Repeat concern: whether its clock has run."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import func, select

from service.domain.concerns import NO_SECOND_CONCERN
from service.domain.contacts import REPEAT_CONCERN
from service.domain.deadlines import Deadline
from service.persistence.records import table_of
from service.persistence.units_of_work import Work

DEADLINE = table_of(Deadline)


async def clock_ran(work: Work, contact_ids: Collection[UUID]) -> bool:
    """Whether a clock of a second concern runs or ran on any of these contacts, and was right."""
    row = await work.first(
        select(DEADLINE.c.id)
        .where(
            DEADLINE.c.contact_id.in_(contact_ids),
            DEADLINE.c.subject_id == DEADLINE.c.contact_id,
            DEADLINE.c.kind == REPEAT_CONCERN,
            func.coalesce(DEADLINE.c.stopped_because, "") != NO_SECOND_CONCERN,
        )
        .limit(1)
    )
    return row is not None
