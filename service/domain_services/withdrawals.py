"""Contacts that leave the desk without a decision of their own, and come back to it."""

from collections.abc import Sequence
from uuid import UUID

from service.domain.access import Caller
from service.domain.contacts import Child, ChildState, Contact, ContactState
from service.domain.daily_meetings import MEETING_CLOCK
from service.domain.dangers import RATING_CLOCK, RATING_IN_DANGER
from service.domain.deadlines import Rating
from service.domain.flags import SubjectKind
from service.domain.whole_contacts import WholeContact
from service.domain.withdrawals import NewWithdrawal, Withdrawal, WithdrawalAction
from service.domain_services.daily_meetings import put_added_on_agenda
from service.domain_services.dangers import flag_danger
from service.domain_services.information_requests import withdraw_open_requests
from service.domain_services.lives import changed_to
from service.persistence.clocks import start_clock, stop_clocks
from service.persistence.ids import new_id
from service.persistence.repositories import contacts, daily_meetings, deadlines
from service.persistence.units_of_work import Work


async def held_with_kept(
    work: Work, who: Caller, contact_id: UUID, version: int, kept_id: UUID | None
) -> tuple[Contact, WholeContact | None]:
    """The contact, and the one that keeps its worry: both held, in one order by everybody.

    So that of two contacts that are withdrawn at once as repetitions of each other one is kept.
    """
    named = kept_id if kept_id != contact_id else None
    kept: Contact | None = None
    if named is not None and named < contact_id:
        kept = await contacts.held_if_seen(work, who.sight, named)
    contact = await contacts.held(work, who.sight, contact_id, version)
    if named is not None and named > contact_id:
        kept = await contacts.held_if_seen(work, who.sight, named)
    return contact, None if kept is None else await contacts.whole(work, kept)


async def take_off_the_desk(
    work: Work,
    who: Caller,
    file: WholeContact,
    action: WithdrawalAction,
    new: NewWithdrawal,
    *,
    state: ContactState,
    because: str,
    going_on: frozenset[str] = frozenset(),
) -> list[UUID]:
    """Takes a contact that is held off the desk: its clocks, open requests and agenda with it.

    `because` is what its clocks stop by, but for those `going_on`. Returns the requests that were
    withdrawn.
    """
    contact = file.contact
    kinds = {one.kind for one in file.deadlines if one.subject_id == contact.id} - going_on
    await stop_clocks(work, contact.id, contact.id, sorted(kinds), because)
    asked = await withdraw_open_requests(work, who, contact.id, f"The contact was {action}.")
    await daily_meetings.take_contact_off(work, contact.id)
    await changed_to(
        work,
        contact,
        state=state,
        decided_at=work.now,
        withdrawn_at=work.now,
        withdrawn_as=new.reason,
        repeats_id=new.repeats_id,
    )
    _keep(work, who, contact, action, new)
    return asked


async def put_back_on_the_desk(
    work: Work,
    who: Caller,
    contact: Contact,
    action: WithdrawalAction,
    because: str,
    *,
    state: ContactState,
) -> Contact:
    """Puts a contact that is held back on the desk; its clocks are started again beside."""
    back = await changed_to(
        work,
        contact,
        state=state,
        decided_at=None,
        withdrawn_at=None,
        withdrawn_as=None,
        repeats_id=None,
        restored_at=work.now,
    )
    _keep(work, who, contact, action, None, because)
    return back


def _keep(
    work: Work,
    who: Caller,
    contact: Contact,
    action: WithdrawalAction,
    new: NewWithdrawal | None,
    words: str = "",
) -> None:
    """Keeps that a contact was taken off the desk or put back: by whom, why, and for which one."""
    work.add(
        Withdrawal(
            id=new_id(),
            contact_id=contact.id,
            action=action,
            at=work.now,
            by=who.account_id,
            reason=None if new is None else new.reason,
            words=words if new is None else new.words,
            repeats_id=None if new is None else new.repeats_id,
            passed_to=None if new is None else new.passed_to,
            told=None if new is None else new.told,
        )
    )


async def start_clocks_again(
    work: Work, contact: Contact, children: Sequence[Child], stopped_by: str
) -> None:
    """Starts the clocks that stopped as a contact left the desk, each from where it had begun."""
    stopped = [
        one
        for one in await deadlines.of_subject(work, contact.id, contact.id)
        if one.stopped_because == stopped_by and one.stopped_at == contact.withdrawn_at
    ]
    for one in stopped:
        start_clock(
            work,
            one.kind,
            SubjectKind.contact,
            contact.id,
            contact.id,
            one.started_at,
            None if one.variant is None else Rating(one.variant),
            one.owner_role,
        )
    if contact.danger is not None and contact.rating is RATING_IN_DANGER:
        await flag_danger(work, contact, RATING_CLOCK)
    if any(one.kind == MEETING_CLOCK for one in stopped):
        undecided = [one for one in children if one.state is ChildState.undecided]
        await put_added_on_agenda(work, contact, undecided)
