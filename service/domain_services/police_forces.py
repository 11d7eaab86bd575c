"""Which police force tells, and what it told: as a contact, and as the notification beside it."""

from dataclasses import replace
from datetime import date
from uuid import UUID

from service.domain.access import Caller, Role
from service.domain.authority import AgencyKind, Organisation
from service.domain.contacts import Channel
from service.domain.daily_meetings import MEETING_CLOCK
from service.domain.errors import Problem
from service.domain.new_contacts import NewContact
from service.domain.police_notifications import (
    NewNotification,
    NotThePolice,
    PoliceForceUnknown,
    PoliceNotification,
)
from service.domain.police_updates import all_told, digests
from service.persistence.ids import new_id
from service.policy import Policy

# Clocks that start at receipt of a notification, beside those of every contact.
ALSO_STARTING = (MEETING_CLOCK,)


def is_partner(who: Caller) -> bool:
    """Whether a partner's own system calls."""
    return Role.partner_system in who.roles


def police_force_of(who: Caller, policy: Policy, organisation_id: str | None) -> Organisation:
    """The police force that tells, or for which staff tell."""
    if is_partner(who):
        own = policy.find_organisation(who.organisation_id or "")
        if own is None or own.kind is not AgencyKind.police:
            raise NotThePolice(
                "Only a police force of the authority's policy sends police notifications, so "
                "nothing was taken. Send what you know as a multi-agency referral; if a child is "
                "in danger call 999."
            )
        if organisation_id not in (None, own.id):
            raise _no_such_force("Leave this out: the force is your own.")
        return own
    forces = [one for one in policy.organisations if one.kind is AgencyKind.police]
    if organisation_id is not None:
        forces = [one for one in forces if one.id == organisation_id]
    if len(forces) != 1:
        raise _no_such_force(
            "Name the police force by its id: GET /v1/organisations lists them, with their kind."
        )
    return forces[0]


def _no_such_force(message: str) -> PoliceForceUnknown:
    return PoliceForceUnknown(
        "Say which police force sent this.",
        problems=[Problem("/organisation_id", message, "police_force_unknown")],
    )


def as_force_told(
    new: NewContact, force: Organisation, incident_number: str, *, sent_by_force: bool
) -> NewContact:
    """The contact as the force told it, or as staff wrote down what the force told."""
    told = replace(
        new,
        source_code=min(force.source_codes),
        referrer_agency=force.name,
        sender_reference=incident_number,
    )
    if not sent_by_force:
        return told
    return replace(
        told,
        children=[replace(child, person_id=None) for child in new.children],
        channel=Channel.partner_system,
        sender_organisation_id=force.id,
    )


def new_notification(
    new: NewNotification,
    force: Organisation,
    contact_id: UUID,
    day: date,
    import_id: UUID | None,
) -> PoliceNotification:
    """What a force told beyond the contact that it is."""
    return PoliceNotification(
        id=new_id(),
        contact_id=contact_id,
        organisation_id=force.id,
        incident_number=new.incident_number,
        incident_at=new.incident_at,
        risk=new.risk,
        children_present=new.children_present,
        meeting_on=day,
        import_id=import_id,
        told_digests=digests(all_told(new)),
    )
