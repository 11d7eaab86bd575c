"""Contacts that are attached to another one of the same incident, and those attached to one."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import case, select

from service.domain.access import Sight
from service.domain.contacts import Contact, ContactState
from service.domain.whole_contacts import AttachedContact, AttachedTo
from service.domain.withdrawals import Withdrawal, WithdrawalAction
from service.persistence.asking import Asking
from service.persistence.records import columns_of, read, table_of
from service.persistence.units_of_work import Work
from service.persistence.visibility import contacts_visible_to

CONTACT = table_of(Contact)
WITHDRAWAL = table_of(Withdrawal)


async def attached_to(ask: Asking | Work, contact: Contact) -> AttachedTo | None:
    """The contact to which one is attached, for whoever may see that one; None where it is not."""
    return (await mains_of(ask, [contact])).get(contact.id)


async def mains_of(ask: Asking | Work, some: Sequence[Contact]) -> Mapping[UUID, AttachedTo]:
    """Of several contacts those that are attached, each with the one to which it is."""
    kept = {
        one.id: one.repeats_id
        for one in some
        if one.state is ContactState.attached and one.repeats_id is not None
    }
    if not kept:
        return {}
    rows = await ask.all(
        select(CONTACT.c.id, CONTACT.c.reference, CONTACT.c.state, CONTACT.c.decided_at).where(
            CONTACT.c.id.in_(sorted(set(kept.values())))
        )
    )
    mains = {row[0]: AttachedTo(row[0], row[1], ContactState(row[2]), row[3]) for row in rows}
    return {contact_id: mains[kept_id] for contact_id, kept_id in kept.items()}


async def attached_to_it(
    ask: Asking, sight: Sight, contact: Contact
) -> tuple[list[AttachedContact], bool]:
    """The contacts attached to one, as far as the caller may see; and whether some are hidden."""
    if contact.attached_since is None:
        return [], False
    rows = await ask.all(
        select(*columns_of(Contact), case((contacts_visible_to(sight), 1), else_=0))
        .where(CONTACT.c.repeats_id == contact.id, CONTACT.c.state == ContactState.attached)
        .order_by(CONTACT.c.received_at, CONTACT.c.id)
    )
    seen = [read(Contact, row) for *row, shown in rows if shown]
    said = await ask.all(
        select(WITHDRAWAL.c.contact_id, WITHDRAWAL.c.at, WITHDRAWAL.c.by, WITHDRAWAL.c.words)
        .where(
            WITHDRAWAL.c.contact_id.in_([one.id for one in seen]),
            WITHDRAWAL.c.action == WithdrawalAction.attached,
        )
        .order_by(WITHDRAWAL.c.id)
    )
    last = {row[0]: row[1:] for row in said}
    return [AttachedContact(one, *last[one.id]) for one in seen], len(seen) < len(rows)
