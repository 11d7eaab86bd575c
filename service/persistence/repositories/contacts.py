"""Contacts with the children and adults on them: read whole, held for a change, and listed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Table, bindparam, select, union, update

from service.domain.access import THE_RECORD, Sight
from service.domain.challenges import Challenge
from service.domain.contact_kinds import KindAct
from service.domain.contacts import (
    Adult,
    Amendment,
    Child,
    ChildState,
    Contact,
)
from service.domain.deadlines import Deadline
from service.domain.decisions import Decision
from service.domain.early_help_episodes import EarlyHelpEpisode
from service.domain.errors import NotFound, Stale
from service.domain.information_requests import InformationRequest
from service.domain.outcome_tellings import OutcomeTelling
from service.domain.police_notifications import PoliceNotification
from service.domain.referrals import Referral
from service.domain.transfers import Transfer
from service.domain.whole_contacts import (
    ContactFilters,
    WholeContact,
)
from service.domain.withdrawals import Withdrawal
from service.persistence.asking import Asking
from service.persistence.keysets import Place
from service.persistence.prepared import Makeable, any_of, made_once, made_once_for_sight
from service.persistence.records import columns_of, read, table_of
from service.persistence.repositories import deadlines, police_tellings
from service.persistence.repositories.attached_contacts import attached_to, attached_to_it
from service.persistence.repositories.lists import Listed
from service.persistence.repositories.things import Things
from service.persistence.statements import (
    all_of,
    all_of_seen,
    one_held,
    one_that_was_found,
)
from service.persistence.units_of_work import Work
from service.persistence.visibility import (
    child_visible_to,
    contacts_seen_whole_by,
    contacts_visible_to,
    decisions_visible_to,
    requests_listed_to,
    there_is,
)

CONTACT = table_of(Contact)
CHILD = table_of(Child)
ADULT = table_of(Adult)
AMENDMENT = table_of(Amendment)
REQUEST = table_of(InformationRequest)
DECISION = table_of(Decision)
REFERRAL = table_of(Referral)
EPISODE = table_of(EarlyHelpEpisode)
TRANSFER = table_of(Transfer)
CHALLENGE = table_of(Challenge)
TELLING = table_of(OutcomeTelling)
WITHDRAWAL = table_of(Withdrawal)


class ContactNotFound(NotFound):
    """No such contact, or not one that the caller may know of."""

    code = "contact_not_found"
    title = "No such contact"


class MultiAgencyReferralNotFound(NotFound):
    """No such multi-agency referral, or another organisation's."""

    code = "multi_agency_referral_not_found"
    title = "No such multi-agency referral"


CONTACTS = Things(Contact, "contact", contacts_visible_to, ContactNotFound)
get = CONTACTS.get


async def sent_by(ask: Asking, organisation_id: str | None, contact_id: UUID) -> Contact:
    """One contact that this organisation's system sent. Raises MultiAgencyReferralNotFound."""
    row = await ask.first(
        select(*columns_of(Contact)).where(
            CONTACT.c.id == contact_id,
            CONTACT.c.sender_organisation_id == (organisation_id or ""),
        )
    )
    if row is None:
        raise MultiAgencyReferralNotFound(
            "There is no multi-agency referral with this id that your organisation sent. "
            "Check the id."
        )
    return read(Contact, row)


async def of_notification(ask: Asking, notification: PoliceNotification) -> Contact:
    """The contact that a police notification is, for whoever may see the notification."""
    row = await ask.first(one_that_was_found(Contact, False), id=notification.contact_id)
    if row is None:
        raise CONTACTS.missing()
    return read(Contact, row)


async def added_later(ask: Asking, contact_ids: Sequence[UUID]) -> frozenset[UUID]:
    """The children on several contacts who were not told of at first but added by amendment."""
    if not contact_ids:
        return frozenset()
    rows = await ask.all(
        select(AMENDMENT.c.before, AMENDMENT.c.after).where(AMENDMENT.c.contact_id.in_(contact_ids))
    )
    return frozenset(
        UUID(name.removeprefix("children/"))
        for before, after in rows
        for name in after
        if name.startswith("children/") and name not in before
    )


async def held(work: Work, sight: Sight, contact_id: UUID, version: int | None = None) -> Contact:
    """One contact, held until the commit so that nobody else changes it or what hangs on it.

    The sweep may still hang a flag on it meanwhile: it holds the clock that we may want to stop.
    Raises ContactNotFound, and Stale when `version` is given and is not the current one.
    """
    row = await work.first(one_held(sight, Contact, contacts_visible_to, True), id=contact_id)
    if row is None:
        raise CONTACTS.missing()
    contact = read(Contact, row)
    if version is not None and contact.version != version:
        raise Stale(contact.version)
    return contact


async def held_if_seen(work: Work, sight: Sight, contact_id: UUID) -> Contact | None:
    """One contact, held as by `held`; None for what is not there and what may not be seen."""
    try:
        return await held(work, sight, contact_id)
    except ContactNotFound:
        return None


@made_once_for_sight
def _several(sight: Sight) -> Makeable:
    return select(*columns_of(Contact)).where(
        any_of(CONTACT.c.id, "ids"), contacts_visible_to(sight)
    )


async def several(ask: Asking, sight: Sight, contact_ids: Sequence[UUID]) -> Mapping[UUID, Contact]:
    """Those of some contacts that the caller may know of, by their ids."""
    rows = await ask.all(_several(sight), ids=list(contact_ids))
    return {one.id: one for one in (read(Contact, row) for row in rows)}


async def hold_all(work: Work, sight: Sight, contact_ids: Iterable[UUID]) -> None:
    """Holds several contacts, in one order by everybody, before any of them is changed.

    One that is not there, or may not be seen, is passed over: whoever asks for it finds that out.
    """
    for contact_id in sorted(set(contact_ids)):
        await held_if_seen(work, sight, contact_id)


async def nothing_on_file(ask: Asking) -> bool:
    """Whether no contact was ever logged here; it says nothing of any, so it asks for nobody."""
    return await ask.first(select(CONTACT.c.id).limit(1)) is None


async def children(ask: Asking, contact_id: UUID) -> list[Child]:
    """The children on a contact, in order."""
    return [read(Child, row) for row in await ask.all(_CHILDREN, of=contact_id)]


async def adults(ask: Asking, contact_id: UUID) -> list[Adult]:
    """The adults on a contact, in order."""
    return [read(Adult, row) for row in await ask.all(_ADULTS, of=contact_id)]


_CHILDREN = all_of(Child, "contact_id", "position")
_ADULTS = all_of(Adult, "contact_id", "position")
_REQUESTS = all_of(InformationRequest, "contact_id", "asked_at", "id")
_DECISIONS = all_of(Decision, "contact_id", "drafted_at", "id")


async def whole(ask: Asking, contact: Contact) -> WholeContact:
    """All that hangs on a contact that the caller may see."""
    children, adults, requests, decisions, clocks = await ask.together(
        _CHILDREN, _ADULTS, _REQUESTS, _DECISIONS, deadlines.ON_CONTACT, of=contact.id
    )
    return WholeContact(
        contact=contact,
        children=[read(Child, row) for row in children],
        adults=[read(Adult, row) for row in adults],
        requests=[read(InformationRequest, row) for row in requests],
        decisions=[read(Decision, row) for row in decisions],
        deadlines=[read(Deadline, row) for row in clocks],
        **await police_tellings.of_contact(ask, contact),
        tellings=await _tellings_of(ask, contact),
        withdrawals=await _withdrawals_of(ask, contact),
        attached_to=await attached_to(ask, contact),
        attached=(await attached_to_it(ask, THE_RECORD, contact))[0],
        kind_acts=await kind_acts_of(ask, contact),
    )


async def _tellings_of(ask: Asking, contact: Contact) -> list[OutcomeTelling]:
    if contact.outcome_told_at is None:
        return []
    rows = await ask.all(all_of(OutcomeTelling, "contact_id", "id"), of=contact.id)
    return [read(OutcomeTelling, row) for row in rows]


async def _withdrawals_of(ask: Asking, contact: Contact) -> list[Withdrawal]:
    if contact.withdrawn_at is None and contact.restored_at is None:
        return []
    rows = await ask.all(all_of(Withdrawal, "contact_id", "id"), of=contact.id)
    return [read(Withdrawal, row) for row in rows]


async def kind_acts_of(ask: Asking | Work, contact: Contact) -> list[KindAct]:
    """What was done to a contact as one of its kind, in order; to others nothing."""
    if not contact.has_kind_acts:
        return []
    rows = await ask.all(all_of(KindAct, "contact_id", "id"), of=contact.id)
    return [read(KindAct, row) for row in rows]


async def is_repeated(ask: Asking | Work, contact_id: UUID) -> bool:
    """Whether a contact is withdrawn because it repeats this one, which keeps its worry alone."""
    row = await ask.first(select(CONTACT.c.id).where(CONTACT.c.repeats_id == contact_id).limit(1))
    return row is not None


async def as_seen_by(ask: Asking, sight: Sight, contact: Contact) -> WholeContact:
    """What hangs on a contact that the caller may see, as far as the caller may see that too.

    Sight is per child: what was decided, asked and is due for a child who never came to the
    caller's side is left out, and it is said that something is.
    """
    if sight.sees_all and sight.lists_requests:
        return await whole(ask, contact)
    children, adults, requests, decisions, clocks, hidden = await ask.together(
        _CHILDREN,
        _ADULTS,
        all_of_seen(sight, InformationRequest, "contact_id", requests_listed_to, "asked_at", "id"),
        all_of_seen(sight, Decision, "contact_id", decisions_visible_to, "drafted_at", "id"),
        deadlines.on_contact_as_seen_by(sight),
        _hidden_from(sight),
        of=contact.id,
    )
    *hidden_lists, not_whole = hidden[0]
    # What the referrer was told is of all the children: for who may know of all of them.
    tellings = () if not_whole else await _tellings_of(ask, contact)
    withdrawals = () if not_whole else await _withdrawals_of(ask, contact)
    kind_acts = () if not_whole else await kind_acts_of(ask, contact)
    was_withdrawn = contact.withdrawn_at is not None or contact.restored_at is not None
    attached, some_hidden = await attached_to_it(ask, sight, contact)
    return WholeContact(
        contact=contact,
        children=[read(Child, row) for row in children],
        adults=[read(Adult, row) for row in adults],
        requests=[read(InformationRequest, row) for row in requests],
        decisions=[read(Decision, row) for row in decisions],
        deadlines=[read(Deadline, row) for row in clocks],
        **await police_tellings.of_contact(ask, contact),
        tellings=tellings,
        withdrawals=withdrawals,
        attached_to=await attached_to(ask, contact),
        attached=attached,
        kind_acts=kind_acts,
        not_shown=[
            name
            for name, left_out in zip(
                _MAY_BE_HIDDEN,
                (
                    *hidden_lists,
                    not_whole and contact.outcome_told_at is not None,
                    not_whole and was_withdrawn,
                    not_whole and contact.has_kind_acts,
                    some_hidden,
                ),
                strict=True,
            )
            if left_out
        ],
    )


_MAY_BE_HIDDEN = (
    *("information_requests", "decisions", "deadlines"),
    *("outcome_tellings", "withdrawals", "kind_acts", "attached"),
)


@made_once_for_sight
def _hidden_from(sight: Sight) -> Makeable:
    """Of what is kept from a caller on a contact: some request, decision, clock, or a child."""
    contact: Any = bindparam("of", type_=CONTACT.c.id.type)
    return select(
        there_is(REQUEST, REQUEST.c.contact_id == contact, ~requests_listed_to(sight)),
        there_is(DECISION, DECISION.c.contact_id == contact, ~decisions_visible_to(sight)),
        deadlines.some_hidden_from(sight, contact),
        there_is(CHILD, CHILD.c.contact_id == contact, ~child_visible_to(sight, CHILD)),
    )


async def set_child(
    work: Work, child_id: UUID, state: ChildState, decided_at: datetime | None = None
) -> None:
    """Moves one child of a contact that is held."""
    await work.rows_changed(_moving(), child=child_id, to=state, decided=decided_at)


@made_once
def _moving() -> Makeable:
    return (
        update(CHILD)
        .where(CHILD.c.id == bindparam("child"))
        .values(state=bindparam("to"), decided_at=bindparam("decided"))
    )


async def find_open_duplicate(
    ask: Asking, organisation_id: str, content_digest: str
) -> UUID | None:
    """An open contact with the same content from the same sender, the oldest first."""
    row = await ask.first(
        select(CONTACT.c.id)
        .where(
            CONTACT.c.content_digest == content_digest,
            CONTACT.c.sender_organisation_id == organisation_id,
            CONTACT.c.decided_at.is_(None),
        )
        .order_by(CONTACT.c.id)
        .limit(1)
    )
    return None if row is None else row[0]


_LISTED = Listed(Contact, "received_at", contacts_visible_to)
_BEHIND_A_FIGURE = Listed(Contact, "received_at", contacts_seen_whole_by)


async def list_newest_first(
    ask: Asking,
    sight: Sight,
    filters: ContactFilters,
    *,
    limit: int,
    after: Place | None = None,
) -> list[Contact]:
    """Contacts by when they were received, newest first, from after a place on.

    Behind a figure, which tells what was decided, those alone of which the caller sees every child.
    """
    listed = _LISTED if filters.behind is None else _BEHIND_A_FIGURE
    return await listed.newest_first(ask, sight, filters, limit=limit, after=after)


@made_once
def _children_of_several() -> Makeable:
    return (
        select(*columns_of(Child))
        .where(any_of(CHILD.c.contact_id, "contacts"))
        .order_by(CHILD.c.contact_id, CHILD.c.position)
    )


async def children_of(ask: Asking, contact_ids: Sequence[UUID]) -> Mapping[UUID, list[Child]]:
    """The children on several contacts, in order."""
    found: dict[UUID, list[Child]] = {contact_id: [] for contact_id in contact_ids}
    if found:
        rows = await ask.all(_children_of_several(), contacts=list(found))
        for row in rows:
            child = read(Child, row)
            found[child.contact_id].append(child)
    return found


async def change_child(work: Work, old: Child, new: Child) -> None:
    """Writes what differs of a child on a contact that is held."""
    await _change(work, CHILD, old, new)


async def change_adult(work: Work, old: Adult, new: Adult) -> None:
    """Writes what differs of an adult on a contact that is held."""
    await _change(work, ADULT, old, new)


async def _change(work: Work, table: Table, old: Child | Adult, new: Child | Adult) -> None:
    names = [field.name for field in fields(old)]
    differing = {
        name: getattr(new, name) for name in names if getattr(new, name) != getattr(old, name)
    }
    if differing:
        await work.execute(update(table).where(table.c.id == old.id).values(**differing))


async def renew(work: Work, contact_id: UUID) -> None:
    """Gives a contact a new version and holds it: a clock that is shown with it is about to stop.

    For a case that the caller may see: nothing of the contact goes back.
    """
    await work.rows_changed(_renewing(), contact=contact_id)


@made_once
def _renewing() -> Makeable:
    return (
        update(CONTACT)
        .where(CONTACT.c.id == bindparam("contact"))
        .values(version=CONTACT.c.version + 1)
    )


async def renew_with_others(work: Work, contact_id: UUID, *person_ids: UUID) -> None:
    """Renews a contact, and the others on which something of the same children is open.

    What is about to move the child stops clocks that are shown with those as well. Taken in one
    order by everybody, and before the child is held.
    """
    open_of_child = union(
        select(REFERRAL.c.contact_id).where(REFERRAL.c.open_person_id.in_(person_ids)),
        select(EPISODE.c.contact_id).where(EPISODE.c.open_person_id.in_(person_ids)),
        select(TRANSFER.c.contact_id).where(
            TRANSFER.c.person_id.in_(person_ids), TRANSFER.c.ended_at.is_(None)
        ),
        select(CHALLENGE.c.contact_id).where(
            CHALLENGE.c.person_id.in_(person_ids), CHALLENGE.c.ended_at.is_(None)
        ),
    )
    found = {contact_id, *(id_ for (id_,) in await work.all(open_of_child))}
    for one in sorted(found):
        await renew(work, one)


async def held_for_answer(work: Work, contact_id: UUID) -> Contact:
    """The contact behind an information request that the caller may see, held until the commit.

    An agency that was asked may answer, and may not see the contact: nothing of it goes back.
    """
    row = await work.first(
        select(*columns_of(Contact))
        .where(CONTACT.c.id == contact_id)
        .with_for_update(of=CONTACT, key_share=True)
    )
    if row is None:
        raise CONTACTS.missing()
    return read(Contact, row)
