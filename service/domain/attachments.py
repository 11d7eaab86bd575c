"""Attachments: what another person told of an incident stands with the contact that is open."""

from dataclasses import dataclass
from uuid import UUID

from service.domain.contacts import Child, ChildState, Contact
from service.domain.dangers import RATING_IN_DANGER, URGENCY, DangerTold
from service.domain.deadlines import Rating
from service.domain.errors import Conflict, Invalid, Problem
from service.domain.whole_contacts import WholeContact

ATTACHED_BY = "attached"
"""Why the clocks of an attached contact stopped: those start again when it is detached."""


@dataclass(frozen=True, slots=True)
class NewAttachment:
    """An attachment as it is asked for; `add_children`: who does not stand there yet is added."""

    to_id: UUID
    words: str
    add_children: bool = False


class NotAttachable(Invalid):
    """It is not the same incident, or that contact is not open to it."""

    code = "not_attachable"
    title = "It cannot be attached to that contact"


class CannotDetach(Conflict):
    """What was told was decided with the contact to which it is attached."""

    code = "contact_cannot_be_detached"
    title = "The contact cannot be detached"


def children_to_add(
    file: WholeContact, kept: WholeContact | None, new: NewAttachment, *, told_missing: bool
) -> list[Child]:
    """The children of a contact who are to be added to the one that it is attached to.

    Raises NotAttachable where that one is not open, is of another incident, or would gain time.
    """
    why = _why_not(file, kept, told_missing=told_missing)
    if kept is None or why is not None:
        problem = Problem("/to_contact_id", why or "", NotAttachable.code)
        raise NotAttachable("This contact is not attached to that one.", problems=[problem])
    there = {child.person_id for child in kept.children}
    missing = [child for child in file.children if child.person_id not in there]
    if missing and not new.add_children:
        places = ", ".join(str(child.position) for child in missing)
        words = (
            f"The child at place {places} here does not stand on that contact. If it is the same "
            "child, say so first by /match; else send true here, and the child is added there to "
            "be decided."
        )
        raise NotAttachable(
            "Nobody may be left out.", problems=[Problem("/add_children", words, "child_left_out")]
        )
    return missing


def _why_not(file: WholeContact, kept: WholeContact | None, *, told_missing: bool) -> str | None:
    if kept is None:
        return "Name a contact that you may see, by its id: another than this one."
    main, contact = kept.contact, file.contact
    states = {child.state for child in kept.children}
    if main.withdrawn_at is not None:
        return "That contact is off the desk itself: name the one that is open."
    if ChildState.decided in states or main.decided_at is not None:
        return (
            "A decision on that contact is signed, and what is told after a decision is a new "
            "worry: decide this one, and pass it to who holds the child's case where one is open."
        )
    if ChildState.awaiting_sign_off in states:
        return (
            "A decision there waits for sign-off, and rests on what was told there. Have it "
            "returned or withdrawn first, so that it looks at this as well."
        )
    if main.received_at > contact.received_at:
        return (
            "That contact was received later than this one. Attach that one to this one, so that "
            "no child waits longer by it."
        )
    if file.notification is not None and kept.notification is None:
        return (
            "This is a notification of the police, and stands on the agenda of a daily meeting: "
            "attach the other one to it, or decide both."
        )
    if told_missing:
        return "It is on record here that a child was missing: decide this contact by itself."
    if not {one.person_id for one in file.children} & {one.person_id for one in kept.children}:
        return (
            "No child stands on both of them. If a child here is one who stands there, say so "
            "first by /match; else it is not the same incident."
        )
    return None


def danger_passed_on(told: Contact, main: Contact) -> DangerTold | None:
    """The danger that goes over to the contact that is kept: what stands there is never less."""
    if told.danger is None or told.rating is not RATING_IN_DANGER:
        return None
    if main.rating is RATING_IN_DANGER and main.danger is not None:
        nearer = told.danger is DangerTold.immediate_danger
        return told.danger if nearer and main.danger is not told.danger else None
    return told.danger


def rating_passed_on(told: Contact, main: Contact) -> Rating | None:
    """The rating that goes over, where it is the more urgent one."""
    if told.rating is None:
        return None
    if main.rating is not None and URGENCY[main.rating] <= URGENCY[told.rating]:
        return None
    return told.rating
