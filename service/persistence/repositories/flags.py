"""Flags: raised once for what is due, escalated, and listed soonest due first."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, literal, select, tuple_

from service.domain.access import Caller
from service.domain.contacts import Contact
from service.domain.errors import NotFound
from service.domain.flags import Deadline, Flag
from service.persistence.asking import Asking
from service.persistence.records import columns_of, read, table_of
from service.persistence.visibility import contacts_visible_to

FLAG = table_of(Flag)
DEADLINE = table_of(Deadline)
CONTACT = table_of(Contact)


class FlagNotFound(NotFound):
    """No such flag, or not one that the caller may know of."""

    code = "flag_not_found"
    title = "No such flag"


def _visible_to(who: Caller) -> ColumnElement[bool]:
    return exists().where(CONTACT.c.id == FLAG.c.contact_id, contacts_visible_to(who))


async def get(ask: Asking, who: Caller, flag_id: UUID) -> Flag:
    """One flag, on a contact that the caller may see. Raises FlagNotFound."""
    row = await ask.first(select(*columns_of(Flag)).where(FLAG.c.id == flag_id, _visible_to(who)))
    if row is None:
        raise FlagNotFound("There is no flag with this id that you may see. Check the id.")
    return read(Flag, row)


async def deadline_of(ask: Asking, flag: Flag) -> Deadline:
    """The deadline behind a flag: its start, its limit and the sum."""
    row = await ask.first(select(*columns_of(Deadline)).where(DEADLINE.c.id == flag.deadline_id))
    if row is None:
        raise FlagNotFound("There is no deadline behind this flag.")
    return read(Deadline, row)


async def list_soonest_first(
    ask: Asking,
    who: Caller,
    *,
    severities: Sequence[str] = (),
    kinds: Sequence[str] = (),
    owner_roles: Sequence[str] = (),
    acknowledged: bool | None = None,
    escalated: bool | None = None,
    contact_id: UUID | None = None,
    limit: int,
    after: tuple[datetime, UUID] | None = None,
) -> list[Flag]:
    """Flags that have not cleared, by their limit, soonest first, from after a place on."""
    conditions = [
        FLAG.c.cleared_at.is_(None),
        _visible_to(who),
    ]
    if severities:
        conditions.append(FLAG.c.severity.in_(severities))
    if kinds:
        conditions.append(FLAG.c.kind.in_(kinds))
    if owner_roles:
        conditions.append(FLAG.c.owner_role.in_(owner_roles))
    if acknowledged is not None:
        done = FLAG.c.acknowledged_at
        conditions.append(done.is_not(None) if acknowledged else done.is_(None))
    if escalated is not None:
        conditions.append(
            FLAG.c.escalation_level > 0 if escalated else FLAG.c.escalation_level == 0
        )
    if contact_id is not None:
        conditions.append(FLAG.c.contact_id == contact_id)
    if after is not None:
        due_at, flag_id = after
        conditions.append(
            tuple_(FLAG.c.due_at, FLAG.c.id)
            > tuple_(literal(due_at, FLAG.c.due_at.type), literal(flag_id, FLAG.c.id.type))
        )
    rows = await ask.all(
        select(*columns_of(Flag))
        .where(and_(*conditions))
        .order_by(FLAG.c.due_at, FLAG.c.id)
        .limit(limit)
    )
    return [read(Flag, row) for row in rows]
