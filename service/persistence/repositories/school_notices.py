"""School notices: those of a contact, in order."""

from uuid import UUID

from sqlalchemy import select

from service.domain.school_notices import SchoolNotice
from service.persistence.asking import Asking
from service.persistence.prepared import Makeable, any_of, made_once
from service.persistence.records import columns_of, read, table_of
from service.persistence.statements import all_of

NOTICE = table_of(SchoolNotice)


@made_once
def in_order() -> Makeable:
    """What was recorded of the schools of the children on several contacts, in order."""
    return (
        select(*columns_of(SchoolNotice))
        .where(any_of(NOTICE.c.contact_id, "contacts"))
        .order_by(NOTICE.c.id)
    )


async def of_contact(ask: Asking, contact_id: UUID) -> list[SchoolNotice]:
    """What was recorded of the schools of the children on a contact, in order."""
    rows = await ask.all(all_of(SchoolNotice, "contact_id", "id"), of=contact_id)
    return [read(SchoolNotice, row) for row in rows]


async def tells_of(ask: Asking, contact_id: UUID, child_id: UUID) -> bool:
    """Whether anything was recorded of the school of a child."""
    return any(one.child_id == child_id for one in await of_contact(ask, contact_id))
