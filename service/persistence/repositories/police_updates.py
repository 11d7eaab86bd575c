"""What the police sent later of an incident: marked as read."""

from uuid import UUID

from sqlalchemy import update

from service.domain.police_updates import PoliceUpdate
from service.persistence.records import table_of
from service.persistence.units_of_work import Work

UPDATE = table_of(PoliceUpdate)


async def mark_read(work: Work, reader_id: UUID, contact_id: UUID, words: str) -> list[UUID]:
    """Marks all that waits on a contact that is held as read; which ones they were."""
    rows = await work.all(
        update(UPDATE)
        .where(UPDATE.c.contact_id == contact_id, UPDATE.c.unread_since.is_not(None))
        .values(unread_since=None, read_at=work.now, read_by=reader_id, reading_words=words)
        .returning(UPDATE.c.id)
    )
    return [id_ for (id_,) in rows]
