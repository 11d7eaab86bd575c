"""What the police sent later of an incident: known as news, and kept for somebody to read."""

from collections.abc import Sequence
from uuid import UUID

from service.domain import police_updates
from service.domain.access import Caller
from service.domain.events import EventType, Whom
from service.domain.flags import SubjectKind
from service.domain.police_notifications import NewNotification, PoliceNotification, danger_of
from service.domain.police_updates import (
    READING_CLOCK,
    PoliceUpdate,
    ToldOtherwise,
    UpdateKind,
    all_told,
    changed,
    danger_told_anew,
    digests,
    on_record,
    told_last,
    withdrawn_at,
)
from service.domain_services.dangers import heed_danger
from service.persistence.asking import Asking
from service.persistence.clocks import is_running, start_clock
from service.persistence.ids import new_id
from service.persistence.repositories import contacts, police_tellings
from service.persistence.units_of_work import Work


async def digests_told_last(
    ask: Asking, notification: PoliceNotification, updates: Sequence[PoliceUpdate]
) -> dict[str, str]:
    """By which it is known whether what is told now was told last."""
    last = told_last(updates)
    kept = notification.told_digests if last is None else last.told_digests
    if kept is not None:
        return dict(kept)
    contact = await contacts.of_notification(ask, notification)
    children = await contacts.children(ask, contact.id)
    adults = await contacts.adults(ask, contact.id)
    return digests(all_told(on_record(notification, contact, children, adults)))


async def is_news_of_incident(
    ask: Asking, before: PoliceNotification, new: NewNotification
) -> bool:
    """Whether an incident that is on file is told otherwise now, or again after a withdrawal."""
    updates = await police_tellings.updates_of(ask, before.id)
    last = await digests_told_last(ask, before, updates)
    return police_updates.is_news(updates, last, digests(all_told(new)))


async def keep_update(
    work: Work,
    who: Caller,
    before: PoliceNotification,
    new: NewNotification,
    import_id: UUID | None,
) -> bool:
    """Keeps what is told otherwise of an incident on file; False when it was told meanwhile.

    Nothing of the contact is changed by it: somebody reads it, and puts right what is to be.
    """
    await contacts.renew(work, before.contact_id)
    updates = await police_tellings.updates_of(work, before.id)
    told = all_told(new)
    now, last = digests(told), await digests_told_last(work, before, updates)
    if not police_updates.is_news(updates, last, now):
        return False
    differs = changed(last, now)
    await put_update_on_record(
        work,
        who,
        before,
        UpdateKind.sent_again,
        ToldOtherwise(new.risk, differs, told, now, import_id),
    )
    work.record(
        EventType.police_notification_updated,
        who,
        before.id,
        contact_id=before.contact_id,
        about=Whom.every_child_on_the_contact,
        changed=differs,
        risk=new.risk,
    )
    danger = danger_of(new)
    again = withdrawn_at(updates) is not None
    if danger is not None and (again or danger_told_anew(differs)):
        contact = await contacts.of_notification(work, before)
        await heed_danger(work, who, contact, danger, once_decided=READING_CLOCK)
    return True


async def put_update_on_record(
    work: Work,
    who: Caller,
    before: PoliceNotification,
    kind: UpdateKind,
    told: ToldOtherwise | None = None,
    *,
    because: str | None = None,
) -> PoliceUpdate:
    """What was sent later of an incident on file, for somebody to read; its contact is held.

    The clock of reading it starts unless it runs. It warns at once.
    """
    made = PoliceUpdate(
        id=new_id(),
        notification_id=before.id,
        contact_id=before.contact_id,
        kind=kind,
        received_at=work.now,
        recorded_by=who.account_id,
        risk=None if told is None else told.risk,
        changed=[] if told is None else list(told.differs),
        told=None if told is None else told.told,
        told_digests=None if told is None else told.digests,
        because=because,
        import_id=None if told is None else told.import_id,
        unread_since=work.now,
        read_at=None,
        read_by=None,
        reading_words=None,
    )
    work.add(made)
    contact_id = before.contact_id
    if not await is_running(work, contact_id, contact_id, READING_CLOCK):
        start_clock(work, READING_CLOCK, SubjectKind.contact, contact_id, contact_id, work.now)
    return made
