"""Police notifications after they were taken: withdrawn by who sent them, and read by somebody."""

from uuid import UUID

from service.domain.access import Caller, Permission
from service.domain.contacts import allowed_on
from service.domain.events import EventType, Whom
from service.domain.information_requests import WordsNeeded
from service.domain.own_words import require_own_words
from service.domain.police_updates import (
    READING_CLOCK,
    AlreadyWithdrawn,
    NoUpdateToRead,
    PoliceUpdate,
    UpdateKind,
    withdrawn_at,
)
from service.domain.whole_contacts import WholeContact
from service.domain_services.police_updates import put_update_on_record
from service.persistence.clocks import stop_clocks
from service.persistence.repositories import (
    contacts,
    police_notifications,
    police_tellings,
    police_updates,
)
from service.persistence.units_of_work import Work


async def withdraw_police_notification(
    work: Work, who: Caller, notification_id: UUID, because: str
) -> PoliceUpdate:
    """Takes back a notification that was sent in error: by its force, or by a manager for it.

    Nothing is deleted: the contact that it is says so, and somebody looks at what follows. Raises
    PoliceNotificationNotFound, WordsNeeded, AlreadyWithdrawn.
    """
    who.require(Permission.withdraw_police_notification)
    notification = await police_notifications.get(work, who.sight, notification_id)
    await contacts.renew(work, notification.contact_id)
    before = await police_tellings.updates_of(work, notification.id)
    if withdrawn_at(before) is not None:
        raise AlreadyWithdrawn(
            "This notification was withdrawn; that is on the record. Send the incident again if "
            "that was wrong.",
            state=UpdateKind.withdrawn,
            allowed=(),
        )
    _in_own_words(work, because, "/because")
    made = await put_update_on_record(
        work, who, notification, UpdateKind.withdrawn, because=because
    )
    work.record(
        EventType.police_notification_withdrawn,
        who,
        notification.id,
        contact_id=notification.contact_id,
        about=Whom.every_child_on_the_contact,
    )
    return made


async def read_police_updates(
    work: Work, who: Caller, contact_id: UUID, version: int, words: str
) -> WholeContact:
    """Records that what the police sent later was read, and what follows from it.

    It changes nothing else: what is to be put right on the contact is amended, and a changed mind
    is a new decision. Raises ContactNotFound, NoUpdateToRead, WordsNeeded, Stale.
    """
    who.require(Permission.read_police_updates)
    contact = await contacts.held(work, who.sight, contact_id, version)
    _in_own_words(work, words, "/words")
    read = await police_updates.mark_read(work, who.account_id, contact.id, words)
    if not read:
        raise NoUpdateToRead(
            "Nothing that the police sent later waits to be read on this contact.",
            state=contact.state,
            allowed=allowed_on(contact),
        )
    await stop_clocks(work, contact.id, contact.id, [READING_CLOCK], "read")
    await contacts.renew(work, contact.id)
    work.record(
        EventType.police_notification_update_read,
        who,
        contact.id,
        contact_id=contact.id,
        about=Whom.every_child_on_the_contact,
        updates=read,
    )
    return await contacts.whole(work, await contacts.get(work, who.sight, contact.id))


def _in_own_words(work: Work, words: str, pointer: str) -> None:
    require_own_words(
        work.policy.rationale, pointer, words, WordsNeeded, "Say it in your own words."
    )
