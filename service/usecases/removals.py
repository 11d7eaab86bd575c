"""Removals: a child who does not belong to a contact is taken off it, with the reason."""

from dataclasses import asdict, replace
from uuid import UUID

from pydantic_core import to_jsonable_python

from service.domain.access import Caller, Permission
from service.domain.contact_minimums import require_minimum
from service.domain.contacts import (
    Amendment,
    Child,
    ChildNotOnContact,
    Contact,
    ContactAction,
    require_undecided,
    state_after,
)
from service.domain.dangers import RATING_IN_DANGER, ChildInDanger
from service.domain.errors import Invalid
from service.domain.events import EventType
from service.domain.own_words import require_own_words
from service.domain.whole_contacts import WholeContact
from service.domain.withdrawal_rules import CannotRemove
from service.domain_services.child_records import take_child_off
from service.domain_services.concerns import concerns_of_others_about, restart_concern_clock
from service.persistence.ids import new_id
from service.persistence.repositories import (
    contacts,
    daily_meetings,
    information_requests,
    missing_episodes,
    school_notices,
)
from service.persistence.units_of_work import Work


async def remove_child(
    work: Work, who: Caller, contact_id: UUID, child_id: UUID, version: int, because: str
) -> WholeContact:
    """Takes a child who does not belong to a contact off it, before any decision, with the reason.

    What was told of the child stays with the amendments. Where danger was told, and nobody has
    rated it down, a manager does it. Raises ChildNotOnContact, CannotRemove, ChildInDanger,
    ContactDecided, and MinimumMissing when too little would be left.
    """
    who.require(Permission.amend_contact)
    contact = await contacts.held(work, who.sight, contact_id, version)
    file = await contacts.whole(work, contact)
    gone = next((one for one in file.children if one.id == child_id), None)
    if gone is None:
        raise ChildNotOnContact("Use the id of a child as GET of this contact gives it.")
    require_undecided(file.children)
    state_after(contact, ContactAction.amend)
    require_own_words(work.policy.rationale, "/because", because, Invalid)
    in_danger = contact.danger is not None and contact.rating is RATING_IN_DANGER
    if in_danger and not who.has_role_for(Permission.turn_contact_away):
        raise ChildInDanger(
            "Danger was told of this contact, so a manager takes a child off it, and says why. "
            "Tell the manager what you know."
        )
    await _refuse_what_stays(work, file, gone)
    rest = [one for one in file.children if one.id != child_id]
    require_minimum(contact, rest, file.adults, work.policy.kind(contact.kind))
    heard_before = await concerns_of_others_about(work, contact, file.children)
    await daily_meetings.take_off(work, child_id)
    await take_child_off(work, who, contact.id, gone, rest)
    await work.change(Contact, contact.id, contact.version)
    await information_requests.renew_open(work, contact.id)
    heard = await concerns_of_others_about(work, contact, rest)
    await restart_concern_clock(work, file, contact, heard_before, heard)
    work.add(
        Amendment(
            id=new_id(),
            contact_id=contact.id,
            amended_at=work.now,
            amended_by=who.account_id,
            reason=because,
            before={f"children/{gone.id}": to_jsonable_python(asdict(gone))},
            after={f"children/{gone.id}": None},
        )
    )
    work.record(
        EventType.contact_child_removed,
        who,
        contact.id,
        contact_id=contact.id,
        about=[gone.person_id],
        child_id=gone.id,
    )
    return await contacts.whole(work, replace(contact, version=contact.version + 1))


async def _refuse_what_stays(work: Work, file: WholeContact, gone: Child) -> None:
    """Raises CannotRemove where something on the record is about the child."""
    why = None
    if len(file.children) == 1:
        why = "It is the only child on this contact."
    elif any(one.child_id == gone.id for one in file.decisions):
        why = "A decision about this child was drafted and sent back."
    elif await missing_episodes.tells_of(work, gone.id):
        why = "It is on record that this child was missing."
    elif await school_notices.tells_of(work, file.contact.id, gone.id):
        why = "It is on record whether the school of this child was told."
    elif await daily_meetings.was_carried_over(work, gone.id):
        why = "A daily meeting carried this child over."
    if why is not None:
        raise CannotRemove(
            f"{why} So the child stays on the record: decide that nothing follows, and say there "
            "that the child does not belong to this contact.",
            state=file.contact.state,
            allowed=("decide",),
        )
