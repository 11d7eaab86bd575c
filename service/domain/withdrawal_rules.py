"""What a withdrawal must say, and what must not be put away: a worry is never lost by it."""

from collections.abc import Sequence

from service.domain.contacts import (
    Child,
    ChildState,
    Contact,
    WithdrawalReason,
)
from service.domain.dangers import URGENCY
from service.domain.deadlines import Rating
from service.domain.errors import Conflict, Invalid, NotAllowed, Problem
from service.domain.own_words import RationaleRules, own_words_faults
from service.domain.police_notifications import Risk
from service.domain.police_updates import risk_now
from service.domain.whole_contacts import WholeContact
from service.domain.withdrawals import NewWithdrawal


class WithdrawalIncomplete(Invalid):
    """A worry is not put away without saying where it went."""

    code = "withdrawal_incomplete"
    title = "The withdrawal leaves something out"


class NotARepeat(Invalid):
    """What is told there is not all that is told here."""

    code = "not_a_repeat"
    title = "It does not repeat that contact"


class CannotWithdraw(Conflict):
    """Something on the contact has to be dealt with first."""

    code = "contact_cannot_be_withdrawn"
    title = "The contact cannot be withdrawn"


class CannotRemove(Conflict):
    """Something on the record is about the child, or it is the only one."""

    code = "child_cannot_be_removed"
    title = "The child cannot be taken off"


class OwnContact(NotAllowed):
    """A worry is put away by somebody other than who wrote it down."""

    code = "own_contact"
    title = "Somebody else withdraws it"


def require_complete(new: NewWithdrawal, file: WholeContact, rules: RationaleRules) -> None:
    """Raises WithdrawalIncomplete, naming every gap."""
    faults = own_words_faults(
        rules, ("/words", new.words), ("/passed_to", new.passed_to), ("/told", new.told)
    )
    faults += _of_one_reason(new, file)
    if faults:
        raise WithdrawalIncomplete("Put right what `errors` names.", problems=faults)


def _of_one_reason(new: NewWithdrawal, file: WholeContact) -> list[Problem]:
    duplicate = new.reason is WithdrawalReason.duplicate
    not_ours = new.reason is WithdrawalReason.not_ours
    found = []
    if new.reason is WithdrawalReason.attached:
        words = "Use POST /v1/contacts/{contact_id}/attachment: there what was told is kept."
        found.append(Problem("/reason", words, "attach_it"))
    if duplicate and new.repeats_id is None:
        words = "Name the contact that this one repeats: it stays, and is decided."
        found.append(Problem("/repeats_contact_id", words, "missing"))
    if not_ours and new.passed_to is None:
        words = "Say to which authority the worry was passed on, and how: it must not be dropped."
        found.append(Problem("/passed_to", words, "missing"))
    urgent = _is_urgent(file)
    if not_ours and new.told is None and urgent:
        words = "This is urgent: say who was told there by word of mouth, and when."
        found.append(Problem("/told", words, "missing"))
    error_in_danger = urgent and new.reason is WithdrawalReason.in_error
    if error_in_danger and new.told is None:
        words = "This is urgent: say with whom it was made sure that nobody is in danger, and when."
        found.append(Problem("/told", words, "missing"))
    for name, value, wanted in (
        ("repeats_contact_id", new.repeats_id, duplicate),
        ("passed_to", new.passed_to, not_ours),
        ("told", new.told, not_ours or error_in_danger),
    ):
        if value is not None and not wanted:
            words = f"This does not go with {new.reason}: leave it out."
            found.append(Problem(f"/{name}", words, "not_with_this_reason"))
    return found


def _is_urgent(file: WholeContact) -> bool:
    contact, notification = file.contact, file.notification
    high = (
        notification is not None and risk_now(notification.risk, file.police_updates) is Risk.high
    )
    return contact.immediate_danger or contact.rating is Rating.red or high


def require_nothing_waits(file: WholeContact, *, repeated_by_another: bool) -> None:
    """Raises CannotWithdraw while something on a contact would be put away with it unseen."""
    states = {child.state for child in file.children}
    if ChildState.decided in states:
        why = (
            "A decision on this contact is signed, so it stays on the record: what turned out "
            "otherwise is a new decision that supersedes the signed one."
        )
        instead = "supersede"
    elif ChildState.awaiting_sign_off in states:
        why = (
            "A decision on this contact waits for sign-off: withdraw it or have it returned first."
        )
        instead = "withdraw_decision"
    elif any(one.unread_since is not None for one in file.police_updates):
        why = "What the police sent later waits to be read: read it first."
        instead = "read_police_updates"
    elif repeated_by_another:
        why = (
            "Another contact is attached to this one or was withdrawn as its repetition, so that "
            "this one alone keeps that worry: detach or restore the other one first."
        )
        instead = "restore"
    else:
        return
    raise CannotWithdraw(why, state=file.contact.state, allowed=(instead,))


def require_repeats(contact: Contact, children: Sequence[Child], kept: WholeContact | None) -> None:
    """Raises NotARepeat unless all that is told on a contact is told on the one that is kept.

    Every child stands there, it is as urgent, and whoever decided it could know of this.
    """
    why = _why_no_repeat(contact, children, kept)
    if why is not None:
        raise NotARepeat(
            "This contact is not put away as a repetition of that one.",
            problems=[Problem("/repeats_contact_id", why, NotARepeat.code)],
        )


def _why_no_repeat(
    contact: Contact, children: Sequence[Child], kept: WholeContact | None
) -> str | None:
    if kept is None:
        return "Name a contact that you may see, by its id: another than this one."
    other = kept.contact
    if other.withdrawn_at is not None:
        return "That contact is withdrawn itself: name the one that is kept, or restore it first."
    if other.decided_at is not None and other.decided_at <= contact.received_at:
        return (
            "That contact was decided before this one was received: what is told again after a "
            "decision is a new worry, and is decided anew."
        )
    on_it = {child.person_id for child in kept.children}
    missing = [str(child.position) for child in children if child.person_id not in on_it]
    if missing:
        return (
            f"The child at place {', '.join(missing)} here does not stand on that contact. If it "
            "is the same child, say so first by /match; else add the child there, or decide this "
            "one."
        )
    if other.decided_at is None and _more_urgent(contact, other):
        return "This one is more urgent than that: amend or rate that one first."
    return None


def _more_urgent(contact: Contact, other: Contact) -> bool:
    if contact.immediate_danger and not other.immediate_danger:
        return True
    if contact.rating is None:
        return False
    return other.rating is None or URGENCY[contact.rating] < URGENCY[other.rating]
