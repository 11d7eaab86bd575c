"""What is on file about the children of a contact, asked in one statement as it arrives."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final, TypeAlias
from uuid import UUID

from service.domain.access import THE_RECORD, Sight
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
from service.persistence.prepared import Question
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

Look: TypeAlias = Callable[[Question, Mapping[str, Any]], Awaitable[Sequence[Sequence[Any]]]]
"""A way to read rows: in a transaction, or beside one that nobody has begun yet."""


@dataclass(frozen=True, slots=True)
class Sought:
    """What the file is asked for: the children told of, and what else the contact tells.

    `people` are those whom a child is taken for already. Other contacts are listed from `since` to
    `until`, but for the contact itself; `strip` says whether those of the household and the address
    are listed as well. What is hidden from `sight` is left out.
    """

    contact_id: UUID
    children: Sequence[ToldOfChild]
    since: datetime
    until: datetime
    people: Collection[UUID] = ()
    household: Collection[str] = ()
    address_key: str | None = None
    strip: bool = True
    sight: Sight = THE_RECORD


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


def _asked(sought: Sought) -> tuple[Shape, dict[str, object]]:
    """The shape of the question, and its values by name."""
    lookups = [one for child in sought.children if (one := lookup_of(child)) is not None]
    lists: dict[str, set[Any]] = {
        "people": set(sought.people),
        "nhs": {one.nhs_number for one in sought.children if one.nhs_number},
        "pupil": {one.unique_pupil_number for one in sought.children if one.unique_pupil_number},
        "name_keys": {key for one in lookups for key in one.name_keys},
        "days": {day for one in lookups for day in one.days},
        "family_words": {word for one in lookups for word in one.family_words},
        "given_words": {word for one in lookups for word in one.given_words},
        "adults": set(sought.household if sought.strip else ()),
    }
    expected = _expected_between(sought)
    home = sought.address_key is not None and any(
        _is_told_in_part(child, sought.until.date()) for child in sought.children
    )
    shape = Shape(
        on_day=any(one.on_day for one in lookups),
        pregnancies=expected is not None,
        home=home,
        address=sought.strip and sought.address_key is not None,
        **{name: bool(found) for name, found in lists.items()},
    )
    expected_from, expected_to = expected or (None, None)
    return shape, {
        **lists,
        "but": sought.contact_id,
        "since": sought.since,
        "until": sought.until,
        "address": sought.address_key,
        "expected_from": expected_from,
        "expected_to": expected_to,
    }


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
    shape, values = _asked(sought)
    if not shape.asks:
        return Answered()
    return _answered(sought, await look(question(sought.sight, shape), values))


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

    async def look(question: Question, values: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        return await ask.all(question, **values)

    return look
