"""Repeat concern: other contacts about a child, the siblings, the household and the address."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    String,
    bindparam,
    func,
    literal_column,
    null,
    select,
    union_all,
)

from service.domain.access import Caller, Reach
from service.domain.accountabilities import Accountability
from service.domain.calendar import days_after, days_before
from service.domain.concerns import (
    MOST_COUNTED,
    OF_A_FLAG,
    ChildCounts,
    ConcernAtReceipt,
    ConcernCounts,
    Heard,
    Relation,
    Teller,
    Whom,
    concerns_of_others,
    count,
    each_once,
    household_keys,
    identity_key,
    related_to,
    teller_of,
    windows,
)
from service.domain.contacts import REPEAT_CONCERN, Adult, Child, Contact
from service.domain.decisions import Decision
from service.domain.early_help_episodes import EarlyHelpEpisode
from service.domain.flags import Deadline, SubjectKind
from service.domain.people import Person, YesNo
from service.domain.referrals import Referral
from service.domain.whole_contacts import WholeContact
from service.persistence.asking import Asking
from service.persistence.records import table_of
from service.persistence.repositories import deadlines
from service.persistence.units_of_work import Work
from service.persistence.visibility import (
    Sight,
    contacts_visible_to,
)
from service.policy import Policy

CONTACT = table_of(Contact)
CHILD = table_of(Child)
ADULT = table_of(Adult)
PERSON = table_of(Person)
DECISION = table_of(Decision)
REFERRAL = table_of(Referral)
EPISODE = table_of(EarlyHelpEpisode)
ACCOUNTABILITY = table_of(Accountability)
DEADLINE = table_of(Deadline)

NO_SECOND_CONCERN = "no_second_concern"
"""What stops the clock when an amendment shows that there was no second concern."""

Look: TypeAlias = Callable[
    [CompoundSelect[Any], Mapping[str, Any]], Awaitable[Sequence[Sequence[Any]]]
]
"""A way to read rows: in a transaction, or beside one that nobody has begun yet."""


@dataclass(frozen=True, slots=True)
class Sought:
    """What other contacts are looked for by."""

    contact_id: UUID
    children: Sequence[Whom]
    household: frozenset[str]
    address_key: str | None


def sought_by(contact: Contact, children: Sequence[Child], adults: Sequence[Adult]) -> Sought:
    return Sought(
        contact_id=contact.id,
        children=[
            Whom(
                child_id=child.id,
                person_id=child.person_id,
                key=identity_key(child.given_name, child.family_name, child.date_of_birth),
            )
            for child in children
        ],
        household=household_keys(adults),
        address_key=contact.address_key,
    )


# ---- The question: one statement, a branch for each relation ------------------------------------


@dataclass(frozen=True, slots=True)
class _Shape:
    """Which relations are asked for, by how many values each, and whose reach narrows it."""

    people: int
    keys: int
    adults: int
    address: bool
    reach: frozenset[Reach] | None

    @property
    def owner(self) -> Caller:
        """As much of a member of staff as says which contacts they may see."""
        return Sight(self.reach or frozenset()).as_caller()


@lru_cache(maxsize=256)
def _question(shape: _Shape) -> CompoundSelect[Any]:
    """The other contacts of each relation, within a time; built once for each shape.

    Each is found by what it shares, never by its time; and an address of thousands costs no more
    than one of a hundred.
    """
    branches = []
    if shape.people:
        branches += [_of_child(shape), _of_siblings(shape)]
    if shape.keys:
        branches.append(_of_possible_matches(shape))
    if shape.adults:
        branches.append(_of_household(shape))
    if shape.address:
        branches.append(_of_address(shape))
    # A union even of one branch alone: its columns are named and typed alike.
    return union_all(*(select(branch.subquery()) for branch in branches))


def _branch(shape: _Shape, relation: Relation, person_id: Any, key: Any) -> Select[Any]:
    seen = [] if shape.reach is None else [contacts_visible_to(shape.owner)]
    instant = CONTACT.c.received_at.type
    return select(
        literal_column(f"'{relation.value}'", String).label("relation"),
        person_id.label("person_id"),
        key.label("key"),
        CONTACT.c.id.label("contact_id"),
        CONTACT.c.reference,
        CONTACT.c.received_at,
        CONTACT.c.source_code,
        CONTACT.c.referrer_name,
        CONTACT.c.referrer_role,
        CONTACT.c.referrer_agency,
        CONTACT.c.sender_organisation_id,
    ).where(
        CONTACT.c.id != bindparam("but", type_=CONTACT.c.id.type),
        CONTACT.c.received_at > bindparam("since", type_=instant),
        CONTACT.c.received_at <= bindparam("until", type_=instant),
        *seen,
    )


_NOBODY = null().cast(CHILD.c.person_id.type)
_NO_KEY = null().cast(String)


def _one_of(column: ColumnElement[Any], name: str, many: int) -> ColumnElement[bool]:
    return column.in_([bindparam(f"{name}_{place}", type_=column.type) for place in range(many)])


def _of_child(shape: _Shape) -> Select[Any]:
    return (
        _branch(shape, Relation.child, CHILD.c.person_id, _NO_KEY)
        .join_from(CHILD, CONTACT, CONTACT.c.id == CHILD.c.contact_id)
        .where(_one_of(CHILD.c.person_id, "person", shape.people))
    )


def _of_siblings(shape: _Shape) -> Select[Any]:
    own, together, siblings = (CHILD.alias(name) for name in ("own", "together", "siblings"))
    return (
        _branch(shape, Relation.sibling, own.c.person_id, _NO_KEY)
        .select_from(own)
        .join(together, together.c.contact_id == own.c.contact_id)
        .join(siblings, siblings.c.person_id == together.c.person_id)
        .join(CONTACT, CONTACT.c.id == siblings.c.contact_id)
        .where(
            _one_of(own.c.person_id, "person", shape.people),
            together.c.person_id != own.c.person_id,
        )
        .distinct()
    )


def _of_possible_matches(shape: _Shape) -> Select[Any]:
    return (
        _branch(shape, Relation.possibly_same_child, PERSON.c.id, PERSON.c.identity_key)
        .select_from(PERSON)
        .join(CHILD, CHILD.c.person_id == PERSON.c.id)
        .join(CONTACT, CONTACT.c.id == CHILD.c.contact_id)
        .where(_one_of(PERSON.c.identity_key, "key", shape.keys))
    )


def _of_household(shape: _Shape) -> Select[Any]:
    return (
        _branch(shape, Relation.household, _NOBODY, _NO_KEY)
        .select_from(ADULT)
        .join(CONTACT, CONTACT.c.id == ADULT.c.contact_id)
        .where(
            _one_of(ADULT.c.identity_key, "adult", shape.adults),
            ADULT.c.in_household != literal_column(f"'{YesNo.no.value}'"),
        )
        .distinct()
    )


def _of_address(shape: _Shape) -> Select[Any]:
    return (
        _branch(shape, Relation.address, _NOBODY, _NO_KEY)
        .where(CONTACT.c.address_key == bindparam("address", type_=String))
        .order_by(CONTACT.c.received_at.desc())
        .limit(literal_column(str(MOST_COUNTED)))
    )


async def heard_of(
    look: Look,
    sought: Sought,
    *,
    since: datetime,
    until: datetime,
    reach: frozenset[Reach] | None = None,
    known: Collection[UUID] | None = None,
    only: Collection[Relation] = frozenset(Relation),
) -> list[Heard]:
    """The other contacts within a time; `known` are the children whom any other can speak of."""
    together = {one.person_id for one in sought.children}
    people = sorted(together if known is None else together & set(known))
    keys = sorted({one.key for one in sought.children if one.key is not None})
    adults = sorted(sought.household) if Relation.household in only else []
    address = sought.address_key if Relation.address in only else None
    shape = _Shape(len(people), len(keys), len(adults), address is not None, reach)
    if not (people or keys or adults or address):
        return []
    values: dict[str, object] = {"but": sought.contact_id, "since": since, "until": until}
    for name, sorts in (("person", people), ("key", keys), ("adult", adults)):
        values |= {f"{name}_{place}": one for place, one in enumerate(sorts)}
    if address is not None:
        values["address"] = address
    return [
        Heard(Relation(relation), person_id, key, contact_id, reference, at, Teller(*told))
        for relation, person_id, key, contact_id, reference, at, *told in await look(
            _question(shape), values
        )
    ]


def asking(ask: Asking | Work) -> Look:
    async def look(
        statement: CompoundSelect[Any], values: Mapping[str, Any]
    ) -> Sequence[Sequence[Any]]:
        return await ask.all(statement.params(**values))

    return look


# ---- What is made of the answers ----------------------------------------------------------------


async def at_receipt(
    look: Look,
    policy: Policy,
    contact: Contact,
    children: Sequence[Child],
    adults: Sequence[Adult],
    *,
    known: Collection[UUID] | None = None,
    counted: bool = True,
) -> ConcernAtReceipt:
    """What is on file of the children as a contact arrives, reckoned from when it was received.

    Read in one statement, and in none where nothing could be on file: `known` are the children
    that were on file before. Not `counted`, it looks for what raises a flag alone: for the sender
    of a contact who may know nothing of it.
    """
    rules = policy.repeat_concern
    within = windows(rules, contact.received_at)
    sought = sought_by(contact, children, adults)
    first = days_before(contact.received_at, rules.flag_within_days)
    heard = await heard_of(
        look,
        sought,
        since=min(first, within.earliest) if counted else first,
        until=days_after(contact.received_at, rules.flag_within_days),
        known=known,
        only=frozenset(Relation) if counted else OF_A_FLAG,
    )
    related = {one.child_id: related_to(one, sought.children, heard) for one in sought.children}
    return ConcernAtReceipt(
        within_days=rules.flag_within_days,
        children=[
            ChildCounts(one.child_id, one.person_id, count(rules, within, related[one.child_id]))
            for one in sought.children
        ],
        raised_by=concerns_of_others(
            teller_of(contact), contact.received_at, rules, each_once(related)
        ),
    )


async def start_if_missed(work: Work, contact: Contact, children: Sequence[Child]) -> None:
    """Starts the clock of a second concern that nobody saw at receipt; the contact is held.

    Two contacts about one child that are logged in the same instant do not see each other. So it
    is looked again when people turn to either: the clock starts on the one that comes first, as
    long as it has run on neither. Nothing starts once every child is decided.
    """
    rule_missing = work.policy.why_no_rule([REPEAT_CONCERN], at=contact.received_at)
    if contact.decided_at is not None or rule_missing is not None:
        return
    found = await at_receipt(work.look, work.policy, contact, children, (), counted=False)
    if not found.raised_by:
        return
    near = {contact.id, *(one.contact_id for one in found.raised_by)}
    ran = await work.first(
        select(DEADLINE.c.id)
        .where(
            DEADLINE.c.contact_id.in_(near),
            DEADLINE.c.subject_id == DEADLINE.c.contact_id,
            DEADLINE.c.kind == REPEAT_CONCERN,
            func.coalesce(DEADLINE.c.stopped_because, "") != NO_SECOND_CONCERN,
        )
        .limit(1)
    )
    if ran is None:
        start_clock(work, contact)


def start_clock(work: Work, contact: Contact) -> None:
    """Starts the clock of a second concern from somebody else, which warns at once."""
    deadlines.start(
        work, REPEAT_CONCERN, SubjectKind.contact, contact.id, contact.id, contact.received_at
    )


async def counts_now(
    look: Look, policy: Policy, who: Caller, now: datetime, file: WholeContact, child_id: UUID
) -> ConcernCounts:
    """How often one child of a contact was spoken of elsewhere, as far as the caller may see."""
    rules = policy.repeat_concern
    within = windows(rules, now)
    sought = sought_by(file.contact, file.children, file.adults)
    heard = await heard_of(look, sought, since=within.earliest, until=now, reach=who.reach)
    [whom] = [one for one in sought.children if one.child_id == child_id]
    return count(rules, within, related_to(whom, sought.children, heard))
