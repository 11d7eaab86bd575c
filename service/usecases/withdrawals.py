"""Withdrawals: a draft before anybody signs it, a contact before any decision; and restored."""

from uuid import UUID

from service.domain.access import Caller, Permission
from service.domain.contacts import (
    CHILD,
    ChildAction,
    ChildState,
    ContactAction,
    WithdrawalReason,
    state_after,
)
from service.domain.decisions import (
    DECISION,
    Decision,
    DecisionAction,
    NotYourDraft,
    OwnWordsNeeded,
)
from service.domain.events import EventType
from service.domain.own_words import require_own_words
from service.domain.whole_contacts import WholeContact
from service.domain.withdrawal_rules import (
    OwnContact,
    require_complete,
    require_nothing_waits,
    require_repeats,
)
from service.domain.withdrawals import STOPPED_BY, NewWithdrawal, WithdrawalAction
from service.domain_services.decisions import DECISIONS
from service.domain_services.lives import changed_to, refuse_stale
from service.domain_services.withdrawals import (
    held_with_kept,
    put_back_on_the_desk,
    start_clocks_again,
    take_off_the_desk,
)
from service.persistence.clocks import stop_clocks
from service.persistence.repositories import contacts, decisions
from service.persistence.units_of_work import Work


async def withdraw_decision(
    work: Work, who: Caller, decision_id: UUID, version: int, because: str
) -> Decision:
    """Withdraws a decision that waits for sign-off: by who drafted it, or by a manager.

    The child is undecided again, or as an earlier signed decision left them; the draft stays on the
    record with the reason. Raises DecisionNotFound, Stale, WrongState, NotYourDraft or
    OwnWordsNeeded.
    """
    who.require(Permission.withdraw_decision)
    found = await decisions.get(work, who.sight, decision_id)
    contact = await contacts.held(work, who.sight, found.contact_id)
    decision = await decisions.get(work, who.sight, decision_id)
    refuse_stale(decision, version)
    DECISION.after(decision.state, DecisionAction.withdraw)
    if decision.drafted_by != who.account_id and not who.has_role_for(Permission.sign_off):
        raise NotYourDraft(
            "Somebody else drafted this decision. They withdraw it, or a manager does; a manager "
            "may also return it with words."
        )
    require_own_words(work.policy.rationale, "/because", because, OwnWordsNeeded)
    child = next(
        one for one in await contacts.children(work, contact.id) if one.id == decision.child_id
    )
    contact_state = contact.state
    if child.state is not ChildState.decided:
        contact_state = state_after(contact, ContactAction.withdraw_a_decision)
        undecided = CHILD.after(child.state, ChildAction.withdraw_decision)
        await contacts.set_child(work, child.id, undecided)
    await stop_clocks(work, contact.id, decision.id, ["sign_off"], "withdrawn")
    withdrawn = await DECISIONS.move(
        work,
        who,
        decision,
        DecisionAction.withdraw,
        superseded_at=work.now,
        withdrawn_by=who.account_id,
        withdrawn_because=because,
    )
    await changed_to(work, contact, state=contact_state)
    work.record(
        EventType.decision_withdrawn,
        who,
        decision.id,
        contact_id=contact.id,
        about=[child.person_id],
        child_id=child.id,
        outcome=decision.outcome,
        drafted_by=decision.drafted_by,
        contact_state=contact_state,
    )
    return withdrawn


async def withdraw_contact(
    work: Work, who: Caller, contact_id: UUID, version: int, new: NewWithdrawal
) -> WholeContact:
    """Takes a contact off the desk without a decision: a repetition, another authority's, an error.

    What repeats another is withdrawn by any worker, for the other keeps the worry; else by a
    manager, and never by who wrote it down. Its clocks stop, and nobody waits for agencies.
    Raises ContactNotFound, Stale, WrongState, CannotWithdraw, WithdrawalIncomplete, NotARepeat or
    OwnContact.
    """
    who.require(Permission.withdraw_contact)
    duplicate = new.reason is WithdrawalReason.duplicate
    if not duplicate:
        who.require(Permission.turn_contact_away)
    contact, kept = await held_with_kept(work, who, contact_id, version, new.repeats_id)
    file = await contacts.whole(work, contact)
    repeated = await contacts.is_repeated(work, contact.id)
    require_nothing_waits(file, repeated_by_another=repeated)
    state = state_after(contact, ContactAction.withdraw)
    require_complete(new, file, work.policy.rationale)
    if duplicate:
        require_repeats(contact, file.children, kept)
    elif contact.logged_by == who.account_id:
        raise OwnContact(
            "You logged this contact, so another manager withdraws it. It stays on the desk."
        )
    action = WithdrawalAction.withdrawn
    asked = await take_off_the_desk(work, who, file, action, new, state=state, because=STOPPED_BY)
    work.record(
        EventType.contact_withdrawn,
        who,
        contact.id,
        contact_id=contact.id,
        about=[child.person_id for child in file.children],
        reason=new.reason,
        repeats_id=new.repeats_id,
        withdrawn_request_ids=asked,
    )
    return await contacts.whole(work, await contacts.get(work, who.sight, contact.id))


async def restore_contact(
    work: Work, who: Caller, contact_id: UUID, version: int, because: str
) -> WholeContact:
    """Puts a withdrawn contact back on the desk, with its clocks as if they had never stopped.

    What was late meanwhile is late. Agencies are asked anew. Raises ContactNotFound, Stale,
    WrongState, OwnWordsNeeded.
    """
    who.require(Permission.withdraw_contact)
    contact = await contacts.held(work, who.sight, contact_id, version)
    state = state_after(contact, ContactAction.restore)
    require_own_words(work.policy.rationale, "/because", because, OwnWordsNeeded)
    children = await contacts.children(work, contact.id)
    await start_clocks_again(work, contact, children, STOPPED_BY)
    await put_back_on_the_desk(work, who, contact, WithdrawalAction.restored, because, state=state)
    work.record(
        EventType.contact_restored,
        who,
        contact.id,
        contact_id=contact.id,
        about=[child.person_id for child in children],
        was=contact.withdrawn_as,
    )
    return await contacts.whole(work, await contacts.get(work, who.sight, contact.id))
