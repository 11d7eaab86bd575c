"""Repeat and cumulative concern: who was spoken of before, by whom, and how often."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from service.domain.addresses import address_key
from service.domain.authority import RepeatConcernRules
from service.domain.calendar import days_after, days_before, months_before
from service.domain.contacts import ANONYMOUS, Adult, Child, Contact
from service.domain.identities import identity_key, identity_keys
from service.domain.names import plain_words
from service.domain.people import YesNo

MOST_COUNTED = 100
"""A count goes no further: a hundred means a hundred or more."""

MOST_LISTED = 50
MOST_BEHIND_A_FLAG = 20

NO_SECOND_CONCERN = "no_second_concern"
"""What stops the clock when an amendment shows that there was no second concern."""


class Relation(StrEnum):
    """How an earlier contact has to do with a child. One contact may have several."""

    child = "child"
    possibly_same_child = "possibly_same_child"
    sibling = "sibling"
    household = "household"
    address = "address"


OF_A_FLAG = frozenset({Relation.child, Relation.possibly_same_child, Relation.sibling})
"""What two concerns must share for the second to raise a flag.

A household or an address is shared by too many who have nothing to do with one another.
"""


# ---- What makes two things the same -------------------------------------------------------------


Known = TypeVar("Known", Contact, Adult)


def known_anew(told: Known) -> Known:
    """A contact or an adult with what it is known by, after what is told of it has changed."""
    if isinstance(told, Contact):
        return replace(told, address_key=address_key(told.address, told.postcode))
    key = identity_key(told.given_name, told.family_name, told.date_of_birth)
    return replace(told, identity_key=key)


def household_keys(adults: Sequence[Adult]) -> frozenset[str]:
    """What the adults of the household are known by: all but those said to live elsewhere."""
    return frozenset[str]().union(
        *(
            identity_keys(adult.given_name, adult.family_name, adult.date_of_birth)
            for adult in adults
            if adult.in_household is not YesNo.no
        )
    )


@dataclass(frozen=True, slots=True)
class Teller:
    """Who told of a concern, as far as it is known."""

    source_code: str
    name: str | None
    role: str | None
    agency: str | None
    organisation_id: str | None


def teller_of(contact: Contact) -> Teller:
    """Who told of this contact."""
    return Teller(
        source_code=contact.source_code,
        name=contact.referrer_name,
        role=contact.referrer_role,
        agency=contact.referrer_agency,
        organisation_id=contact.sender_organisation_id,
    )


def is_same_teller(one: Teller, other: Teller) -> bool:
    """Whether two concerns came from the same person.

    By the names when both gave one; else by agency and role together; else by the organisation
    whose system sent them. Whoever is anonymous or not known counts as somebody else.
    """
    if ANONYMOUS in (one.source_code, other.source_code):
        return False
    pairs = (
        (_said(one.name), _said(other.name)),
        (_said(one.agency, one.role), _said(other.agency, other.role)),
        (_said(one.organisation_id), _said(other.organisation_id)),
    )
    for mine, theirs in pairs:
        if mine is not None and theirs is not None:
            return mine == theirs
    return False


def _said(*parts: str | None) -> tuple[str, ...] | None:
    """All the parts as they are compared, or None when one of them was not given."""
    plain = tuple(plain_words(part or "") for part in parts)
    return plain if all(plain) else None


# ---- Over how long ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Windows:
    """Where the three windows begin that end at `reckoned_from`.

    Half-open: what was received at the very beginning is outside, so that a contact of exactly
    seven days ago is not counted any more; what was received at the end itself is inside.
    """

    reckoned_from: datetime
    short_from: datetime
    long_from: datetime
    months_from: datetime

    @property
    def earliest(self) -> datetime:
        """Where the longest of them begins."""
        return min(self.short_from, self.long_from, self.months_from)


def windows(rules: RepeatConcernRules, reckoned_from: datetime) -> Windows:
    """The windows of the policy that end at an instant."""
    return Windows(
        reckoned_from=reckoned_from,
        short_from=days_before(reckoned_from, rules.short_days),
        long_from=days_before(reckoned_from, rules.long_days),
        months_from=months_before(reckoned_from, rules.months),
    )


# ---- What was heard, and how often --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Heard:
    """Another contact that has to do with somebody on this one, in one way.

    `person_id` is the child on file whom it is about, or for `sibling` the child whose sibling
    stands on it.
    """

    relation: Relation
    person_id: UUID | None
    contact_id: UUID
    reference: str
    received_at: datetime
    teller: Teller


@dataclass(frozen=True, slots=True)
class OnContact:
    """A child on a contact: whom the child is taken for, and who on file may be the same child."""

    child_id: UUID
    person_id: UUID
    possible: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Related:
    """Another contact with all the ways in which it has to do with one child."""

    contact_id: UUID
    reference: str
    received_at: datetime
    teller: Teller
    relations: tuple[Relation, ...]


def related_to(
    whom: OnContact, together: Sequence[OnContact], heard: Sequence[Heard]
) -> list[Related]:
    """What has to do with one child of a contact, newest first, each contact once.

    `together` are all children on the contact: they are siblings to one another.
    """
    others = {one.person_id for one in together} - {whom.person_id}
    found: dict[UUID, tuple[Heard, set[Relation]]] = {}
    for one in heard:
        relation = _relation(one, whom, others)
        if relation is not None:
            found.setdefault(one.contact_id, (one, set()))[1].add(relation)
    related = [
        Related(
            contact_id=one.contact_id,
            reference=one.reference,
            received_at=one.received_at,
            teller=one.teller,
            relations=_in_order(relations),
        )
        for one, relations in found.values()
    ]
    return sorted(related, key=lambda one: (one.received_at, one.contact_id), reverse=True)


def _in_order(relations: set[Relation]) -> tuple[Relation, ...]:
    if len(relations) == 1:
        return tuple(relations)
    return tuple(relation for relation in Relation if relation in relations)


def _relation(heard: Heard, whom: OnContact, others: set[UUID]) -> Relation | None:
    if heard.relation is Relation.sibling:
        return Relation.sibling if heard.person_id == whom.person_id else None
    if heard.relation not in (Relation.child, Relation.possibly_same_child):
        return heard.relation
    if heard.person_id == whom.person_id:
        return Relation.child
    if heard.person_id in others:
        return Relation.sibling
    return Relation.possibly_same_child if heard.person_id in whom.possible else None


@dataclass(frozen=True, slots=True)
class WindowCounts:
    """How many contacts in each window, a hundred meaning a hundred or more."""

    in_short_days: int
    in_long_days: int
    in_months: int


@dataclass(frozen=True, slots=True)
class ConcernCounts:
    """How often a child was spoken of, with the windows as the policy had them.

    A contact counts under each relation that it has; under `all` once.
    """

    reckoned_from: datetime
    short_days: int
    long_days: int
    months: int
    child: WindowCounts
    possibly_same_child: WindowCounts
    sibling: WindowCounts
    household: WindowCounts
    address: WindowCounts
    all: WindowCounts


def count(rules: RepeatConcernRules, within: Windows, related: Sequence[Related]) -> ConcernCounts:
    """How many of the contacts lie in each window, by relation and in all."""
    places = {relation: place for place, relation in enumerate(Relation)}
    rows = [[0, 0, 0] for _ in range(len(places) + 1)]
    starts = (within.short_from, within.long_from, within.months_from)
    for one in related:
        if one.received_at > within.reckoned_from:
            continue
        for column, start in enumerate(starts):
            if one.received_at > start:
                rows[-1][column] += 1
                for relation in one.relations:
                    rows[places[relation]][column] += 1
    counted = [WindowCounts(*(min(number, MOST_COUNTED) for number in row)) for row in rows]
    return ConcernCounts(
        within.reckoned_from, rules.short_days, rules.long_days, rules.months, *counted
    )


def concerns_of_others(
    teller: Teller, received_at: datetime, rules: RepeatConcernRules, related: Sequence[Related]
) -> list[Related]:
    """The concerns of somebody else about the child or a sibling, too near in time to be let pass.

    Within `flag_within_days` of this one, before it or after it: what is logged late is as near.
    """
    first = days_before(received_at, rules.flag_within_days)
    last = days_after(received_at, rules.flag_within_days)
    return [
        one
        for one in related
        if first < one.received_at < last
        and OF_A_FLAG.intersection(one.relations)
        and not is_same_teller(teller, one.teller)
    ]


@dataclass(frozen=True, slots=True)
class CumulativeConcern:
    """The how many-th contact about a child this is within the policy's months, from whomever.

    `whole_to_be_read`: there are so many that a manager reads the whole (rule 26).
    """

    contacts: int
    months: int
    whole_to_be_read: bool


def cumulative_concern(rules: RepeatConcernRules, contacts: int) -> CumulativeConcern:
    """What so many contacts about a child within the policy's months ask for."""
    return CumulativeConcern(contacts, rules.read_whole_months, contacts >= rules.read_whole_from)


def counted_since(rules: RepeatConcernRules, received_at: datetime) -> datetime:
    """From when on contacts about a child add up with one that was received then."""
    return months_before(received_at, rules.read_whole_months)


def contacts_about(people: Collection[UUID], heard: Sequence[Heard], since: datetime) -> int:
    """The how many-th contact about a child this is: with those about the child since then.

    `people` are all on file who are this child. What is told later of an earlier day adds up too.
    """
    others = {
        one.contact_id
        for one in heard
        if one.person_id in people
        and one.relation in (Relation.child, Relation.possibly_same_child)
        and one.received_at > since
    }
    return 1 + min(len(others), MOST_COUNTED)


@dataclass(frozen=True, slots=True)
class ChildCounts:
    """One child on a contact, how often the child was spoken of, and the how many-th this is."""

    child_id: UUID
    person_id: UUID
    counts: ConcernCounts
    cumulative: CumulativeConcern


@dataclass(frozen=True, slots=True)
class ConcernAtReceipt:
    """What is on file as a contact arrives: the counts, and the concerns that raise a flag."""

    within_days: int
    children: Sequence[ChildCounts]
    raised_by: Sequence[Related]


def each_once(related: Mapping[UUID, Sequence[Related]]) -> list[Related]:
    """What can raise a flag for any child, each contact once with every relation, newest first."""
    found: dict[UUID, Related] = {}
    ways: dict[UUID, set[Relation]] = {}
    for one in (one for of_child in related.values() for one in of_child):
        if OF_A_FLAG.isdisjoint(one.relations):
            continue
        found.setdefault(one.contact_id, one)
        ways.setdefault(one.contact_id, set()).update(one.relations)
    merged = [
        Related(
            contact_id=one.contact_id,
            reference=one.reference,
            received_at=one.received_at,
            teller=one.teller,
            relations=_in_order(ways[one.contact_id]),
        )
        for one in found.values()
    ]
    return sorted(merged, key=lambda one: (one.received_at, one.contact_id), reverse=True)


class InOneFile:
    """Concerns that arrive together and are on no file yet: which of them is a second one.

    As `concerns_of_others` has it, for those that were told of before it in the same file.
    """

    def __init__(self, rules: RepeatConcernRules) -> None:
        self._rules = rules
        self._told: dict[object, list[tuple[datetime, Teller]]] = {}

    def after_another(self, contact: Contact, children: Sequence[Child]) -> bool:
        """Whether somebody else told of one of the children too near in time; keeps this one."""
        days, at, teller = self._rules.flag_within_days, contact.received_at, teller_of(contact)
        first, last = days_before(at, days), days_after(at, days)
        shared: set[object] = {child.person_id for child in children}
        shared |= {
            key
            for child in children
            for key in identity_keys(child.given_name, child.family_name, child.date_of_birth)
        }
        found = any(
            first < when < last and not is_same_teller(teller, other)
            for one in shared
            for when, other in self._told.get(one, ())
        )
        for one in shared:
            self._told.setdefault(one, []).append((at, teller))
        return found
