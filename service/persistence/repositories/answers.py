"""Answers kept for creating requests that are sent again."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select

from service.domain.answers import KeptAnswer
from service.persistence.asking import Asking
from service.persistence.records import columns_of, read, table_of
from service.persistence.units_of_work import Work

ANSWER = table_of(KeptAnswer)


async def find(ask: Asking, client: str, key: UUID) -> KeptAnswer | None:
    """The answer that was given to this key of this client."""
    row = await ask.first(
        select(*columns_of(KeptAnswer)).where(ANSWER.c.client == client, ANSWER.c.key == key)
    )
    return None if row is None else read(KeptAnswer, row)


async def forget(work: Work, now: datetime) -> int:
    """Forgets the answers whose time is over. Returns how many."""
    return await work.rows_changed(delete(ANSWER).where(ANSWER.c.kept_until < now))
