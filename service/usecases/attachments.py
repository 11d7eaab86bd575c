"""Attachments: a contact about an incident is attached to the one that is open, and detached."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from uuid import UUID

from pydantic_core import to_jsonable_python

from service.domain.access import Caller, Permission
from service.domain.attachments import (
    ATTACHED_BY,
    CannotDetach,
    NewAttachment,
    NotAttachable,
    children_to_add,
    danger_passed_on,
    rating_passed_on,
)
from service.domain.contacts import (
    ACKNOWLEDGE_CLOCK,
    CHILD,
    Amendment,
    Child,
    Contact,
    ContactAction,
    WithdrawalReason,
    state_after,
)
from service.domain.decisions import OwnWordsNeeded
from service.domain.events import EventType
from service.domain.own_words import require_own_words
from service.domain.whole_contacts import WholeContact
from service.domain.withdrawal_rules import require_nothing_waits
from service.domain.withdrawals import NewWithdrawal, WithdrawalAction
from service.domain_services.concerns import (
    concerns_of_others_about,
    restart_concern_clock,
    start_concern_clock_if_missed,
)
from service.domain_services.daily_meetings import put_added_on_agenda
from service.domain_services.dangers import give_rating, heed_danger
from service.domain_services.lives import changed_to
from service.domain_services.possible_matches import refresh_matches
from service.domain_services.withdrawals import (
    held_with_kept,
    put_back_on_the_desk,
    start_clocks_again,
    take_off_the_desk,
)
from service.persistence.ids import new_id
from service.persistence.repositories import (
    contacts,
    information_requests,
    missing_episodes,
)
from service.persistence.units_of_work import Work


async def attach_contact(
    work: Work, who: Caller, contact_id: UUID, version: int, new: NewAttachment
) -> WholeContact:
    """Attaches what another person told of an incident to the contact that is open.

    It is decided there: its own clocks stop, but that of telling its referrer; its danger and its
    more urgent rating go over, from that contact's own receipt; who stands here alone is added
    there. Raises ContactNotFound, Stale, WrongState, CannotWithdraw, NotAttachable.
    """
    who.require(Permission.withdraw_contact)
    contact, kept = await held_with_kept(work, who, contact_id, version, new.to_id)
    file = await contacts.whole(work, contact)
    require_nothing_waits(file, repeated_by_another=await contacts.is_repeated(work, contact.id))
    state = state_after(contact, ContactAction.attach)
    require_own_words(work.policy.rationale, "/words", new.words, NotAttachable)
    missing = [await missing_episodes.tells_of(work, one.id) for one in file.children]
    alone = children_to_add(file, kept, new, told_missing=any(missing))
    if kept is None:
        raise AssertionError("nothing is attached to nothing")
    heard = await concerns_of_others_about(work, kept.contact, kept.children)
    said = NewWithdrawal(WithdrawalReason.attached, new.words, kept.contact.id)
    asked = await take_off_the_desk(
        work,
        who,
        file,
        WithdrawalAction.attached,
        said,
        state=state,
        because=ATTACHED_BY,
        going_on=frozenset({ACKNOWLEDGE_CLOCK}),
    )
    added = await _add_children(work, who, file, kept, alone, new.words)
    main = await _pass_danger_on(work, who, contact, kept.contact)
    await _follow(work, who, kept, main, added, heard)
    work.record(
        EventType.contact_attached,
        who,
        contact.id,
        contact_id=contact.id,
        about=[one.person_id for one in file.children],
        attached_to_id=main.id,
        added_children=[child.id for child in added],
        withdrawn_request_ids=asked,
    )
    return await contacts.whole(work, await contacts.get(work, who.sight, contact.id))


async def _add_children(
    work: Work,
    who: Caller,
    file: WholeContact,
    kept: WholeContact,
    alone: Sequence[Child],
    words: str,
) -> list[Child]:
    """Adds to the contact that is kept who stands on the other one alone, as told there."""
    main = kept.contact
    first = 1 + max(child.position for child in kept.children)
    added = [
        replace(
            child,
            id=new_id(),
            contact_id=main.id,
            position=first + place,
            state=CHILD.start,
            unanswered_matches=0,
        )
        for place, child in enumerate(alone)
    ]
    before: dict[str, object] = {}
    after: dict[str, object] = {
        f"children/{child.id}": to_jsonable_python(asdict(child)) for child in added
    }
    if file.contact.immediate_danger and not main.immediate_danger:
        before["contact"] = {"immediate_danger": False}
        after["contact"] = {"immediate_danger": True}
    work.add(*added)
    if after:
        work.add(Amendment(new_id(), main.id, work.now, who.account_id, words, before, after))
    return added


async def _pass_danger_on(work: Work, who: Caller, told: Contact, main: Contact) -> Contact:
    """Lets danger and the more urgent rating go over to the contact that is kept."""
    danger, rating = danger_passed_on(told, main), rating_passed_on(told, main)
    main = await changed_to(
        work,
        main,
        attached_since=main.attached_since or work.now,
        immediate_danger=main.immediate_danger or told.immediate_danger,
    )
    if danger is not None:
        return await heed_danger(work, who, main, danger)
    if rating is not None:
        because = f"Another contact about it was rated so: {told.reference}."
        return await give_rating(work, who, main, rating, because)
    return main


async def _follow(
    work: Work,
    who: Caller,
    kept: WholeContact,
    main: Contact,
    added: Sequence[Child],
    heard_before: frozenset[UUID],
) -> None:
    """Lets what hangs on the contact that is kept follow: agenda, requests, matches, concerns."""
    everybody = [*kept.children, *added]
    await put_added_on_agenda(work, main, added)
    if added:
        await information_requests.renew_open(work, main.id)
        await refresh_matches(work, who.sight, main, everybody, kept.adults)
    heard = await concerns_of_others_about(work, main, everybody)
    await restart_concern_clock(work, kept, main, heard_before, heard)


async def detach_contact(
    work: Work, who: Caller, contact_id: UUID, version: int, because: str
) -> WholeContact:
    """Puts an attached contact back on the desk, while the one that keeps it is undecided.

    Its clocks go on as if they had never stopped. What went over stays there: danger is rated down
    by a manager, and a child taken off. Raises Stale, WrongState, CannotDetach, OwnWordsNeeded.
    """
    who.require(Permission.withdraw_contact)
    found = await contacts.get(work, who.sight, contact_id)
    contact, kept = await held_with_kept(work, who, contact_id, version, found.repeats_id)
    state = state_after(contact, ContactAction.detach)
    if kept is None or kept.contact.decided_at is not None:
        raise CannotDetach(
            "The contact to which this is attached is decided, and what was told here with it. "
            "What turned out otherwise is a new decision there, or a new contact.",
            state=contact.state,
            allowed=("supersede", "log_contact"),
        )
    require_own_words(work.policy.rationale, "/because", because, OwnWordsNeeded)
    children = await contacts.children(work, contact.id)
    await start_clocks_again(work, contact, children, ATTACHED_BY)
    back = await put_back_on_the_desk(
        work, who, contact, WithdrawalAction.detached, because, state=state
    )
    await start_concern_clock_if_missed(work, back, children)
    await contacts.renew(work, kept.contact.id)
    work.record(
        EventType.contact_detached,
        who,
        contact.id,
        contact_id=contact.id,
        about=[one.person_id for one in children],
        was_attached_to_id=kept.contact.id,
    )
    return await contacts.whole(work, await contacts.get(work, who.sight, contact.id))
