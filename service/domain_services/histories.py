"""The history of each child of a contact, as far as the reader may see."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from service.domain.access import THE_RECORD, Sight
from service.domain.contacts import Adult, Child, Contact
from service.domain.whole_contacts import ChildHistory
from service.domain_services.possible_matches import matches_as_seen
from service.persistence.asking import Asking
from service.persistence.repositories import contacts, histories


async def histories_as_seen_by(
    ask: Asking, sight: Sight, contact: Contact, now: datetime
) -> list[ChildHistory]:
    """The history of each child of a contact, who on file may be them, and what is not shown.

    Nothing that is hidden goes back: the record is read beside it only to say that it is there.
    """
    children = await contacts.children(ask, contact.id)
    adults = await contacts.adults(ask, contact.id)
    seen = await _whole(ask, sight, now, contact, children, adults)
    if sight.sees_all:
        return seen
    record = await _whole(ask, THE_RECORD, now, contact, children, adults)
    return [
        replace(one, not_shown=one.less_than(other))
        for one, other in zip(seen, record, strict=True)
    ]


async def _whole(
    ask: Asking,
    sight: Sight,
    now: datetime,
    contact: Contact,
    children: Sequence[Child],
    adults: Sequence[Adult],
) -> list[ChildHistory]:
    matches = await matches_as_seen(ask, sight, now, contact, children, adults)
    return [
        ChildHistory(
            child=child,
            history=await histories.of_child(ask, sight, child.person_id, contact.id),
            possible_matches=[one for one in matches if one.match.child_id == child.id],
        )
        for child in children
    ]
