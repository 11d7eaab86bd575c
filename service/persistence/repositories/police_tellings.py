"""What the police told beyond a contact: the notification that it is, and what they sent later."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import select

from service.domain.contacts import Contact
from service.domain.police_notifications import PoliceNotification
from service.domain.police_updates import PoliceUpdate
from service.persistence.asking import Asking
from service.persistence.prepared import Makeable, Rows, any_of, made_once
from service.persistence.records import columns_of, read, table_of
from service.persistence.repositories import school_notices
from service.persistence.statements import all_of

UPDATE = table_of(PoliceUpdate)
_AT_ONCE = 500


async def notification_of(ask: Asking, contact_id: UUID) -> PoliceNotification | None:
    """The notification that a contact is, or None."""
    row = await ask.first(all_of(PoliceNotification, "contact_id", "id"), of=contact_id)
    return None if row is None else read(PoliceNotification, row)


@made_once
def updates_in_order() -> Makeable:
    """What was sent later of several notifications, in order."""
    return (
        select(*columns_of(PoliceUpdate))
        .where(any_of(UPDATE.c.notification_id, "notifications"))
        .order_by(UPDATE.c.id)
    )


def by_notification(rows: Rows) -> dict[UUID, list[PoliceUpdate]]:
    """What was found of that, by the notification."""
    found: defaultdict[UUID, list[PoliceUpdate]] = defaultdict(list)
    for row in rows:
        one = read(PoliceUpdate, row)
        found[one.notification_id].append(one)
    return found


async def updates_of_several(
    ask: Asking, notification_ids: Collection[UUID]
) -> dict[UUID, list[PoliceUpdate]]:
    """What was sent later of each of these, in order; however many they are."""
    found: dict[UUID, list[PoliceUpdate]] = {}
    ids = sorted(notification_ids)
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        found |= by_notification(await ask.all(updates_in_order(), notifications=some))
    return found


async def updates_of(ask: Asking, notification_id: UUID) -> list[PoliceUpdate]:
    """What was sent later of one, in order."""
    return (await updates_of_several(ask, [notification_id])).get(notification_id, [])


async def of_contact(ask: Asking, contact: Contact) -> dict[str, Any]:
    """What a whole contact has of the police: asked for only where there may be something."""
    # A notification's own number is always the sender's reference.
    if contact.sender_reference is None:
        return {}
    notification = await notification_of(ask, contact.id)
    if notification is None:
        return {}
    return {
        "notification": notification,
        "police_updates": await updates_of(ask, notification.id),
        "school_notices": await school_notices.of_contact(ask, contact.id),
    }
