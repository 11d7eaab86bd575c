"""Repeat concern: what others told of a child, reckoned at receipt and now, with its clock."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from service.domain.access import Sight
from service.domain.calendar import days_after, days_before
from service.domain.concerns import (
    NO_SECOND_CONCERN,
    ChildCounts,
    ConcernAtReceipt,
    ConcernCounts,
    Heard,
    OnContact,
    Related,
    Windows,
    concerns_of_others,
    contacts_about,
    count,
    counted_since,
    cumulative_concern,
    each_once,
    household_keys,
    related_to,
    teller_of,
    windows,
)
from service.domain.contact_kinds import TELLS_NO_WORRY
from service.domain.contacts import REPEAT_CONCERN, Adult, Child, Contact
from service.domain.flags import SubjectKind
from service.domain.identities import Named, named
from service.domain.people import AdultRelationship, ToldOfChild
from service.domain.possible_matches import (
    ChildAsTold,
    Found,
    Home,
    numbers_of_others,
    possible_matches,
)
from service.domain.whole_contacts import WholeContact
from service.persistence.clocks import start_clock, stop_clocks
from service.persistence.repositories import concerns, contacts, on_file
from service.persistence.repositories.on_file import Look
from service.persistence.units_of_work import Work
from service.policy import Policy


@dataclass(frozen=True, slots=True)
class Receipt:
    """What is on file as a contact arrives, before it is known whom its children are taken for."""

    within: Windows
    answered: on_file.Answered


async def look_up_concerns(
    look: Look,
    policy: Policy,
    contact: Contact,
    told: Sequence[ToldOfChild],
    adults: Sequence[Adult],
    *,
    people: Collection[UUID] = (),
    counted: bool = True,
) -> Receipt:
    """Asks what is on file about children as a contact about them arrives: in one statement.

    `people` are those whom children are taken for already. Not `counted`, it looks for what raises
    a flag and for who may be the children: for the sender of a contact who may know nothing of it.
    """
    rules = policy.repeat_concern
    within = windows(rules, contact.received_at)
    first = min(
        days_before(contact.received_at, rules.flag_within_days),
        counted_since(rules, contact.received_at),
    )
    sought = on_file.Sought(
        contact_id=contact.id,
        children=told,
        since=min(first, within.earliest) if counted else first,
        until=days_after(contact.received_at, rules.flag_within_days),
        people=people,
        household=household_keys(adults),
        address_key=contact.address_key,
        strip=counted,
    )
    return Receipt(within, await on_file.ask_file(look, sought))


def concern_at_receipt(
    policy: Policy,
    contact: Contact,
    children: Sequence[Child],
    receipt: Receipt,
    possible: Mapping[UUID, Sequence[Found]],
) -> ConcernAtReceipt:
    """What was told before of the children of a contact, reckoned from when it was received."""
    rules = policy.repeat_concern
    together = _on_contact(children, possible)
    related = {one.child_id: related_to(one, together, receipt.answered.heard) for one in together}
    return ConcernAtReceipt(
        within_days=rules.flag_within_days,
        children=[
            ChildCounts(
                one.child_id,
                one.person_id,
                count(rules, receipt.within, related[one.child_id]),
                cumulative_concern(
                    rules, nth_contact(policy, contact, {one.person_id}, receipt.answered)
                ),
            )
            for one in together
        ],
        raised_by=concerns_of_others(
            teller_of(contact), contact.received_at, rules, each_once(related)
        ),
    )


def nth_contact(
    policy: Policy, contact: Contact, people: Collection[UUID], answered: on_file.Answered
) -> int:
    """The how many-th contact about a child this is within the policy's months.

    What tells no worry of the child adds up to nothing: it is the first, whatever was told before.
    """
    if contact.kind in TELLS_NO_WORRY:
        return 1
    since = counted_since(policy.repeat_concern, contact.received_at)
    return contacts_about(people, answered.heard, since)


def _on_contact(
    children: Sequence[Child], possible: Mapping[UUID, Sequence[Found]]
) -> list[OnContact]:
    return [
        OnContact(
            child.id,
            child.person_id,
            frozenset(one.on_file.person.id for one in possible.get(child.id, ())),
        )
        for child in children
    ]


def who_they_may_be(
    contact: Contact,
    children: Sequence[Child],
    adults: Sequence[Adult],
    answered: on_file.Answered,
) -> dict[UUID, list[Found]]:
    """Who on file may be each child of a contact, from what the file answered."""
    bearers = answered.bearers
    whom = [
        ChildAsTold(
            child.id,
            child.person_id,
            child,
            {
                name: bearer.id
                for name, bearer in numbers_of_others(child, bearers).items()
                if bearer.id != child.person_id
            },
        )
        for child in children
    ]
    home = Home(contact.address_key, _mothers(adults))
    return {one.child_id: possible_matches(one, whom, home, answered.people) for one in whom}


def _mothers(adults: Sequence[Adult]) -> frozenset[Named]:
    names = (
        named(adult.given_name, adult.family_name)
        for adult in adults
        if adult.relationship is AdultRelationship.mother
    )
    return frozenset(name for name in names if name.words)


async def _raised_by(work: Work, contact: Contact, children: Sequence[Child]) -> Sequence[Related]:
    """The concerns of somebody else too near in time, about a contact that is on file.

    What is found also says anew the how many-th contact about each child this is.
    """
    if contact.kind in TELLS_NO_WORRY:
        return ()
    policy = work.policy
    receipt = await look_up_concerns(
        work.look,
        policy,
        contact,
        children,
        (),
        people=[child.person_id for child in children],
        counted=False,
    )
    for child in children:
        nth = nth_contact(policy, contact, {child.person_id}, receipt.answered)
        await contacts.change_child(work, child, replace(child, nth_contact=nth))
    possible = who_they_may_be(contact, children, (), receipt.answered)
    return concern_at_receipt(policy, contact, children, receipt, possible).raised_by


async def concerns_of_others_about(
    work: Work, contact: Contact, children: Sequence[Child]
) -> frozenset[UUID]:
    """The contacts that make this one a second concern from somebody else."""
    found = await _raised_by(work, contact, children)
    return frozenset(one.contact_id for one in found)


async def start_concern_clock_if_missed(
    work: Work, contact: Contact, children: Sequence[Child]
) -> None:
    """Starts the clock of a second concern that nobody saw at receipt; the contact is held.

    Two contacts about one child that are logged in the same instant do not see each other. So it
    is looked again when people turn to either: the clock starts on the one that comes first, as
    long as it has run on neither. Nothing starts once every child is decided.
    """
    rule_missing = work.policy.why_no_rule([REPEAT_CONCERN], at=contact.received_at)
    if contact.decided_at is not None or rule_missing is not None:
        return
    raised_by = await _raised_by(work, contact, children)
    if not raised_by:
        return
    near = {contact.id, *(one.contact_id for one in raised_by)}
    if not await concerns.clock_ran(work, near):
        start_concern_clock(work, contact)


async def restart_concern_clock(
    work: Work,
    file: WholeContact,
    amended: Contact,
    before: frozenset[UUID],
    after: frozenset[UUID],
) -> None:
    """The clock of a second concern starts with what the amendment brings to light.

    It stops when it turns out that there is none, and starts again with another `received_at`.
    """
    runs = any(
        one.kind == REPEAT_CONCERN and one.subject_id == amended.id and one.stopped_at is None
        for one in file.deadlines
    )
    moved = amended.received_at != file.contact.received_at
    if runs and (moved or not after):
        because = "received_at_amended" if after else NO_SECOND_CONCERN
        await stop_clocks(work, amended.id, amended.id, [REPEAT_CONCERN], because)
    if after and (moved if runs else after - before):
        start_concern_clock(work, amended)


def start_concern_clock(work: Work, contact: Contact) -> None:
    """Starts the clock of a second concern from somebody else, which warns at once."""
    start_clock(
        work, REPEAT_CONCERN, SubjectKind.contact, contact.id, contact.id, contact.received_at
    )


@dataclass(frozen=True, slots=True)
class ConcernsNow:
    """What is on file of the children of a contact as of now, as far as the caller may see."""

    within: Windows
    adding_up_since: datetime
    heard: Sequence[Heard]
    together: Sequence[OnContact]
    possible: Mapping[UUID, Sequence[Found]]


async def concerns_as_of_now(
    look: Look,
    policy: Policy,
    sight: Sight,
    now: datetime,
    contact: Contact,
    children: Sequence[Child],
    adults: Sequence[Adult],
    *,
    since: datetime | None = None,
) -> ConcernsNow:
    """Asks what is on file of the children of a contact now: told before, and who they may be."""
    within = windows(policy.repeat_concern, now)
    adding_up = counted_since(policy.repeat_concern, contact.received_at)
    sought = on_file.Sought(
        contact_id=contact.id,
        children=children,
        since=min(since or within.earliest, adding_up),
        until=now,
        people=[child.person_id for child in children],
        household=household_keys(adults),
        address_key=contact.address_key,
        sight=sight,
    )
    answered = await on_file.ask_file(look, sought)
    possible = who_they_may_be(contact, children, adults, answered)
    return ConcernsNow(within, adding_up, answered.heard, _on_contact(children, possible), possible)


def counts_of_child(policy: Policy, now: ConcernsNow, child_id: UUID) -> ConcernCounts:
    """How often one child of a contact was spoken of elsewhere, as far as the caller may see."""
    [whom] = [one for one in now.together if one.child_id == child_id]
    return count(policy.repeat_concern, now.within, related_to(whom, now.together, now.heard))
