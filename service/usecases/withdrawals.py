"""Withdrawals: what one drafted oneself is taken back before anybody signs it, and kept."""

from dataclasses import replace
from uuid import UUID

from service.domain.access import Caller, Permission
from service.domain.contacts import (
    CHILD,
    ChildAction,
    ChildState,
    Contact,
    ContactAction,
    state_after,
)
from service.domain.decisions import (
    DECISION,
    Decision,
    DecisionAction,
    NotYourDraft,
    OwnWordsNeeded,
    stock_phrase_fault,
)
from service.domain.errors import Stale
from service.domain.events import EventType
from service.persistence.repositories import contacts, deadlines, decisions
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
    found = await decisions.get(work, who, decision_id)
    contact = await contacts.held(work, who, found.contact_id)
    decision = await decisions.get(work, who, decision_id)
    if decision.version != version:
        raise Stale(decision.version)
    state = DECISION.after(decision.state, DecisionAction.withdraw)
    if decision.drafted_by != who.account_id and not who.has_role_for(Permission.sign_off):
        raise NotYourDraft(
            "Somebody else drafted this decision. They withdraw it, or a manager does; a manager "
            "may also return it with words."
        )
    fault = stock_phrase_fault(because, work.policy.rationale, "/because")
    if fault is not None:
        raise OwnWordsNeeded("Say in your own words why.", problems=[fault])
    child = next(
        one for one in await contacts.children(work, contact.id) if one.id == decision.child_id
    )
    contact_state = contact.state
    if child.state is not ChildState.decided:
        contact_state = state_after(contact, ContactAction.withdraw_a_decision)
        undecided = CHILD.after(child.state, ChildAction.withdraw_decision)
        await contacts.set_child(work, child.id, undecided)
    await deadlines.stop(work, contact.id, decision.id, ["sign_off"], "withdrawn")
    await work.change(
        Decision,
        decision.id,
        decision.version,
        state=state,
        superseded_at=work.now,
        withdrawn_by=who.account_id,
        withdrawn_because=because,
    )
    await work.change(Contact, contact.id, contact.version, state=contact_state)
    work.record(
        EventType.decision_withdrawn,
        who,
        decision.id,
        contact_id=contact.id,
        person_id=child.person_id,
        child_id=child.id,
        outcome=decision.outcome,
        drafted_by=decision.drafted_by,
        contact_state=contact_state,
    )
    return replace(
        decision,
        state=state,
        superseded_at=work.now,
        withdrawn_by=who.account_id,
        withdrawn_because=because,
        version=decision.version + 1,
    )
