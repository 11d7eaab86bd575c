"""What is on file about the children of a contact, asked in one statement as it arrives."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final, TypeAlias
from uuid import UUID

from sqlalchemy import CompoundSelect

from service.domain.access import Reach
from service.domain.accountabilities import CareService, OpenCase
from service.domain.concerns import Heard, Relation, Teller
from service.domain.identities import (
    ANOTHER_ESTIMATE,
    EARLIEST_BIRTH,
    LATEST_BIRTH,
    Named,
    is_unborn,
    lookup_of,
    named,
)
from service.domain.people import Person, ToldOfChild
from service.domain.possible_matches import OnFile
from service.persistence.asking import Asking
from service.persistence.records import read
from service.persistence.repositories.file_questions import (
    CONTACT_COLUMNS,
    NO_CASE,
    ON_FILE,
    PERSON_COLUMNS,
    Shape,
    question,
)
from service.persistence.units_of_work import Work

Look: TypeAlias = Callable[
    [CompoundSelect[Any], Mapping[str, Any]], Awaitable[Sequence[Sequence[Any]]]
]
"""A way to read rows: in a transaction, or beside one that nobody has begun yet."""


@dataclass(frozen=True, slots=True)
class Sought:
    """What the file is asked for: the children told of, and what else the contact tells.

    `people` are those whom a child is taken for already. Other contacts are listed from `since` to
    `until`, but for the contact itself; `strip` says whether those of the household and the address
    are listed as well.
    """

    contact_id: UUID
    children: Sequence[ToldOfChild]
    since: datetime
    until: datetime
    people: Collection[UUID] = ()
    household: Collection[str] = ()
    address_key: str | None = None
    strip: bool = True
    reach: frozenset[Reach] | None = None


@dataclass(slots=True)
class Answered:
    """What the file says: people by id, and the other contacts, each in the way it is related."""

    people: dict[UUID, OnFile] = field(default_factory=dict)
    heard: list[Heard] = field(default_factory=list)

    @property
    def bearers(self) -> dict[str, Person]:
        """Who bears which number."""
        return {
            number: one.person
            for one in self.people.values()
            for number in (one.person.nhs_number, one.person.unique_pupil_number)
            if number is not None
        }


# ---- Asking, and what is made of the rows -------------------------------------------------------


def in_few_shapes(values: Iterable[Any]) -> list[Any]:
    """Each value once, and the last again up to a power of two: so that few shapes are asked."""
    once = sorted(set(values))
    if not once:
        return once
    wanted = 1 << (len(once) - 1).bit_length()
    return once + once[-1:] * (wanted - len(once))


@dataclass(frozen=True, slots=True)
class _Values:
    """The values of a question, by the names of their places."""

    shape: Shape
    values: dict[str, object]


def _values(sought: Sought) -> _Values:
    lookups = [one for child in sought.children if (one := lookup_of(child)) is not None]
    lists: dict[str, list[Any]] = {
        "person": in_few_shapes(sought.people),
        "nhs": in_few_shapes(one.nhs_number for one in sought.children if one.nhs_number),
        "pupil": in_few_shapes(
            one.unique_pupil_number for one in sought.children if one.unique_pupil_number
        ),
        "name_key": in_few_shapes(key for one in lookups for key in one.name_keys),
        "day": in_few_shapes(day for one in lookups for day in one.days),
        "family_word": in_few_shapes(word for one in lookups for word in one.family_words),
        "given_word": in_few_shapes(word for one in lookups for word in one.given_words),
        "adult": in_few_shapes(sought.household if sought.strip else ()),
    }
    expected = _expected_between(sought)
    home = sought.address_key is not None and any(
        _is_told_in_part(child, sought.until.date()) for child in sought.children
    )
    shape = Shape(
        on_day=any(one.on_day for one in lookups),
        people=len(lists["person"]),
        nhs=len(lists["nhs"]),
        pupil=len(lists["pupil"]),
        name_keys=len(lists["name_key"]),
        days=len(lists["day"]),
        family_words=len(lists["family_word"]),
        given_words=len(lists["given_word"]),
        pregnancies=expected is not None,
        home=home,
        adults=len(lists["adult"]),
        address=sought.strip and sought.address_key is not None,
        reach=sought.reach,
    )
    values: dict[str, object] = {
        "but": sought.contact_id,
        "since": sought.since,
        "until": sought.until,
    }
    for name, found in lists.items():
        values |= {f"{name}_{place}": one for place, one in enumerate(found)}
    if shape.home or shape.address:
        values["address"] = sought.address_key
    if expected is not None:
        values |= {"expected_from": expected[0], "expected_to": expected[1]}
    return _Values(shape, values)


def _is_told_in_part(child: ToldOfChild, today: date) -> bool:
    """Whether too little is told of a child to find the child by name and day alone."""
    whole = child.given_name and child.family_name and child.date_of_birth
    return not whole or _is_newborn(child, today)


def _is_newborn(child: ToldOfChild, today: date) -> bool:
    return child.date_of_birth is not None and (today - child.date_of_birth) <= _A_YEAR


_A_YEAR: Final = timedelta(days=366)


def _expected_between(sought: Sought) -> tuple[date, date] | None:
    """Between which expected dates the unborn on file may be children told of; None for none."""
    days: list[date] = []
    for child in sought.children:
        if is_unborn(child):
            expected = child.expected_delivery_on or sought.until.date()
            days += [expected - ANOTHER_ESTIMATE, expected + ANOTHER_ESTIMATE]
        elif child.date_of_birth is not None and _is_newborn(child, sought.until.date()):
            days += [child.date_of_birth - LATEST_BIRTH, child.date_of_birth + EARLIEST_BIRTH]
    return (min(days), max(days)) if days else None


async def ask_file(look: Look, sought: Sought) -> Answered:
    """What is on file about some children: in one statement, and in none where nothing could be."""
    asked = _values(sought)
    if not asked.shape.asks:
        return Answered()
    return _answered(sought, await look(question(asked.shape), asked.values))


_AFTER_CONTACT: Final = 3 + len(CONTACT_COLUMNS)
_AFTER_PERSON: Final = _AFTER_CONTACT + len(PERSON_COLUMNS)
_AFTER_CASE: Final = _AFTER_PERSON + len(NO_CASE)


def _answered(sought: Sought, rows: Sequence[Sequence[Any]]) -> Answered:
    found = Answered()
    contacts: dict[UUID, set[UUID]] = {}
    addresses: dict[UUID, set[str]] = {}
    mothers: dict[UUID, set[Named]] = {}
    people: dict[UUID, tuple[Person, OpenCase | None]] = {}
    for row in rows:
        relation, person_id, contact_id, *told = row[:_AFTER_CONTACT]
        if relation in (ON_FILE, Relation.possibly_same_child):
            if person_id not in people:
                people[person_id] = _person_of(row)
                contacts[person_id], addresses[person_id] = set(), set()
                mothers[person_id] = set()
            mothers[person_id].update(_mothers_of(row))
        if contact_id is None:
            continue
        *teller_and_more, address_key = told
        heard = Heard(
            Relation(relation),
            person_id,
            contact_id,
            teller_and_more[0],
            teller_and_more[1],
            Teller(*teller_and_more[2:]),
        )
        if relation == Relation.possibly_same_child or relation == Relation.child:
            contacts.setdefault(person_id, set()).add(contact_id)
            if address_key is not None:
                addresses.setdefault(person_id, set()).add(address_key)
        if (
            relation != Relation.possibly_same_child
            or sought.since < heard.received_at <= sought.until
        ):
            found.heard.append(heard)
    found.people = {
        person_id: OnFile(
            person,
            case_,
            frozenset(contacts.get(person_id, ())),
            frozenset(addresses.get(person_id, ())),
            frozenset(mothers.get(person_id, ())),
        )
        for person_id, (person, case_) in people.items()
    }
    return found


def _person_of(row: Sequence[Any]) -> tuple[Person, OpenCase | None]:
    person = read(Person, (row[1], *row[_AFTER_CONTACT:_AFTER_PERSON]))
    service, *of_case = row[_AFTER_PERSON:_AFTER_CASE]
    return person, None if service is None else OpenCase(CareService(service), *of_case)


def _mothers_of(row: Sequence[Any]) -> Iterable[Named]:
    given_name, family_name = row[_AFTER_CASE:]
    name = named(given_name, family_name)
    return (name,) if name.words else ()


def asking(ask: Asking | Work) -> Look:
    """A way to ask the file that goes with whatever else is read."""

    async def look(
        statement: CompoundSelect[Any], values: Mapping[str, Any]
    ) -> Sequence[Sequence[Any]]:
        return await ask.all(statement.params(**values))

    return look
