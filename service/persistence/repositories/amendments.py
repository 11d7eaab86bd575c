"""Amendments of contacts, append-only: listed for whoever may see the contact."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from service.domain.access import Sight
from service.domain.contacts import Amendment, Child
from service.persistence.asking import Asking
from service.persistence.keysets import newest_first
from service.persistence.records import columns_of, read, table_of
from service.persistence.visibility import child_visible_to

AMENDMENT = table_of(Amendment)
CHILD = table_of(Child)


async def list_newest_first(
    ask: Asking, contact_id: UUID, *, limit: int, after: tuple[datetime, UUID] | None = None
) -> Sequence[Amendment]:
    """The amendments of a contact that the caller may see, from after a place on."""
    of_contact = select(*columns_of(Amendment)).where(AMENDMENT.c.contact_id == contact_id)
    statement = newest_first(AMENDMENT, "amended_at").page(of_contact, limit, after)
    return [read(Amendment, row) for row in await ask.all(statement)]


async def children_in_sight(ask: Asking, sight: Sight, contact_id: UUID) -> frozenset[UUID] | None:
    """The children on a contact of whom the caller may know what is done; None for every one.

    A child who was taken off is on no side that is narrower than everything.
    """
    if sight.sees_all:
        return None
    rows = await ask.all(
        select(CHILD.c.id).where(CHILD.c.contact_id == contact_id, child_visible_to(sight, CHILD))
    )
    return frozenset(id_ for (id_,) in rows)
