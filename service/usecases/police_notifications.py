"""Police notifications: taken singly, or as a file that is checked and loaded as one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from service.domain.access import Caller, Permission
from service.domain.contacts import Adult, Child, Contact
from service.domain.deadlines import Deadline
from service.domain.multi_agency_referrals import OUTCOMES, Progress, progress_of
from service.domain.new_contacts import Faults, check_channel
from service.domain.police_notifications import (
    NewNotification,
    PoliceNotification,
    Risk,
    check_incident,
)
from service.domain.police_updates import PoliceUpdate
from service.domain_services.daily_meetings import next_open_meeting, put_on_agenda
from service.domain_services.new_contacts import (
    check_contact,
    clear_contact,
    put_contact_on_file,
)
from service.domain_services.police_forces import (
    ALSO_STARTING,
    as_force_told,
    is_partner,
    new_notification,
    police_force_of,
)
from service.domain_services.police_updates import (
    is_news_of_incident,
    keep_update,
)
from service.persistence.asking import Asking
from service.persistence.repositories import (
    contacts,
    daily_meetings,
    deadlines,
    decisions,
    police_notifications,
    police_tellings,
)
from service.persistence.units_of_work import Work

# Refusals from below that routes name in the contract.
PoliceNotificationNotFound = police_notifications.PoliceNotificationNotFound


@dataclass(frozen=True, slots=True)
class TakenNotification:
    """A notification with the contact that it is; `before` when it had been sent before.

    The daily meetings that its children wait for now are in `waits_for`.
    """

    notification: PoliceNotification
    contact: Contact
    children: Sequence[Child]
    adults: Sequence[Adult]
    deadlines: Sequence[Deadline]
    progress: Progress
    waits_for: date | None
    before: bool
    updates: Sequence[PoliceUpdate] = ()


async def submit_police_notification(
    work: Work, who: Caller, new: NewNotification
) -> TakenNotification:
    """Takes a police notification: it is a contact at once, and waits for the daily meeting.

    The same incident sent again by the same force is on file already: that one comes back. Told
    otherwise than before it is kept as an update, for somebody to read. Raises NotThePolice,
    PoliceForceUnknown, and what logging a contact raises.
    """
    who.require(Permission.submit_police_notification)
    force = police_force_of(who, work.policy, new.organisation_id)
    faults = Faults()
    contact = as_force_told(new.contact, force, new.incident_number, sent_by_force=is_partner(who))
    contact = clear_contact(work, contact)
    new = replace(new, contact=contact)
    if not is_partner(who):
        check_channel(faults, None, contact.channel)
    received_at = contact.received_at or work.now
    check_incident(faults, new, received_at, work.now)
    before = await police_notifications.of_incident(work, force.id, new.incident_number)
    if before is not None:
        if await is_news_of_incident(work, before, new):
            check_contact(work, contact, faults, also_starting=ALSO_STARTING)
            faults.refuse()
            await keep_update(work, who, before, new, None)
        return await _taken(work, before, before=True)
    day = work.policy.first_daily_meeting(received_at, work.now)
    whole = await put_contact_on_file(
        work,
        who,
        contact,
        faults,
        also_starting=ALSO_STARTING,
        sent_once=True,
        high_risk=new.risk is Risk.high,
    )
    day = await next_open_meeting(work, day)
    notification = new_notification(new, force, whole.contact.id, day, None)
    work.add(notification)
    for child in whole.children:
        put_on_agenda(work, notification, child.id, day)
    return TakenNotification(
        notification=notification,
        contact=whole.contact,
        children=whole.children,
        adults=whole.adults,
        deadlines=whole.deadlines,
        progress=Progress.received,
        waits_for=day,
        before=False,
    )


async def _taken(
    ask: Asking, notification: PoliceNotification, *, before: bool
) -> TakenNotification:
    contact = await contacts.of_notification(ask, notification)
    outcomes = await decisions.standing_outcomes(ask, [contact.id])
    # Of the children whom the force told of: one added here is another agency's knowledge.
    added = await contacts.added_later(ask, [contact.id])
    told = [OUTCOMES[one] for child_id, one in outcomes.items() if child_id not in added]
    return TakenNotification(
        notification=notification,
        contact=contact,
        children=await contacts.children(ask, contact.id),
        adults=await contacts.adults(ask, contact.id),
        deadlines=await deadlines.of_subject(ask, contact.id, contact.id),
        progress=progress_of(contact.state, told),
        waits_for=await daily_meetings.waits_for(ask, contact.id),
        before=before,
        updates=await police_tellings.updates_of(ask, notification.id),
    )


async def read_police_notification(
    ask: Asking, who: Caller, notification_id: UUID
) -> TakenNotification:
    """One notification that the caller's own force sent, or any for MASH.

    Raises PoliceNotificationNotFound, for another force's as for none.
    """
    who.require(Permission.submit_police_notification)
    found = await police_notifications.get(ask, who.sight, notification_id)
    return await _taken(ask, found, before=True)
