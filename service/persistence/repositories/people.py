"""People across contacts: recognised by their numbers, linked by a worker, with their history."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select, update

from service.domain.access import Caller
from service.domain.concerns import identity_key
from service.domain.contacts import Child
from service.domain.errors import Invalid, NotFound, Problem
from service.domain.new_contacts import CHILD_FACTS, Faults, NewChild
from service.domain.people import Person, learn
from service.domain.pregnancies import what_was_learnt
from service.persistence.asking import Asking
from service.persistence.records import columns_of, read, table_of
from service.persistence.repositories import accountabilities, contacts, missing_episodes, pre_birth
from service.persistence.units_of_work import Work
from service.persistence.visibility import child_visible_to, people_visible_to, there_is

PERSON = table_of(Person)
CHILD = table_of(Child)


# So many numbers or ids are asked for in one statement.
_AT_ONCE = 500


class PersonUnknown(Invalid):
    """A child was linked to a record that is not there."""

    code = "person_unknown"
    title = "No such child on file"


class PersonNotFound(NotFound):
    """No such child, or not one that the caller may know of."""

    code = "person_not_found"
    title = "No such child"


def no_such_child() -> PersonNotFound:
    """The refusal for a child who is not there, or whom the caller may not know of."""
    return PersonNotFound(
        "There is no child with this id, unborn or born since, that you may see. Check the id."
    )


async def get(ask: Asking | Work, who: Caller, person_id: UUID) -> Person:
    """One child. Raises PersonNotFound for what is not there and what may not be seen."""
    row = await ask.first(
        select(*columns_of(Person)).where(PERSON.c.id == person_id, people_visible_to(who))
    )
    if row is None:
        raise no_such_child()
    return read(Person, row)


async def find(ask: Asking, ids: Sequence[UUID]) -> dict[UUID, Person]:
    """People by id."""
    if not ids:
        return {}
    rows = await ask.all(select(*columns_of(Person)).where(PERSON.c.id.in_(ids)))
    return {person.id: person for person in (read(Person, row) for row in rows)}


async def find_many(ask: Asking, ids: Sequence[UUID]) -> dict[UUID, Person]:
    """People by id, however many they are."""
    found: dict[UUID, Person] = {}
    for start in range(0, len(ids), _AT_ONCE):
        found |= await find(ask, ids[start : start + _AT_ONCE])
    return found


async def with_numbers(
    ask: Asking, nhs_numbers: Sequence[str], pupil_numbers: Sequence[str]
) -> list[Person]:
    """People who bear one of these NHS or pupil numbers."""
    ways = []
    if nhs_numbers:
        ways.append(PERSON.c.nhs_number.in_(nhs_numbers))
    if pupil_numbers:
        ways.append(PERSON.c.unique_pupil_number.in_(pupil_numbers))
    if not ways:
        return []
    return [
        read(Person, row) for row in await ask.all(select(*columns_of(Person)).where(or_(*ways)))
    ]


async def is_spoken_of(ask: Asking, person_id: UUID) -> bool:
    """Whether any contact speaks of this person."""
    row = await ask.first(select(CHILD.c.id).where(CHILD.c.person_id == person_id).limit(1))
    return row is not None


async def change(work: Work, old: Person, new: Person) -> Person:
    """Writes what differs of a person, if anything does, with what they are known by.

    Returns the person as written.
    """
    key = identity_key(new.given_name, new.family_name, new.date_of_birth)
    new = replace(new, identity_key=key)
    differing = {
        field.name: getattr(new, field.name)
        for field in fields(old)
        if getattr(new, field.name) != getattr(old, field.name)
    }
    if differing:
        await work.execute(update(PERSON).where(PERSON.c.id == old.id).values(**differing))
    return new


@dataclass(frozen=True, slots=True)
class Learnt:
    """What a contact tells of a person: as read, and what the file learns of it."""

    before: Person
    learning: Callable[[Person], Person]

    @property
    def after(self) -> Person:
        """The person with what was told."""
        return self.learning(self.before)


async def change_all(work: Work, who: Caller, contact_id: UUID, learnt: Sequence[Learnt]) -> None:
    """Writes what a contact tells of several people; the clocks of the unborn among them follow.

    In one order for everybody: two contacts about the same siblings wait and do not block.
    """
    learnt = sorted(learnt, key=lambda one: one.before.id)
    moving = {one.before.id for one in learnt if what_was_learnt(one.before, one.after) is not None}
    open_on = {one.contact_id for one in await pre_birth.open_referrals(work, sorted(moving))}
    for other in sorted(open_on - {contact_id}):
        await contacts.renew(work, other)
    for one in learnt:
        if one.before.id not in moving:
            await change(work, one.before, one.after)
            continue
        await accountabilities.held(work, one.before.id)
        # As it is now: somebody else may have recorded the birth meanwhile.
        held = (await find(work, [one.before.id]))[one.before.id]
        after = await change(work, held, one.learning(held))
        await pre_birth.follow(work, who, held, after, contact_id)


@dataclass(frozen=True, slots=True)
class Recognised:
    """The person on file for each child, None for one not on file; and the numbers on file."""

    people: Sequence[Person | None]
    bearers: Mapping[str, Person]

    def taken_from(self, person_id: UUID) -> frozenset[str]:
        """The numbers that somebody else bears."""
        return frozenset(
            number for number, bearer in self.bearers.items() if bearer.id != person_id
        )


async def recognise(
    work: Work, faults: Faults, children: Sequence[tuple[str, NewChild]], *, from_partner: bool
) -> Recognised:
    """For each child, the person on file: named by the caller, or known by an NHS or pupil number.

    Raises nothing: what is wrong is added to `faults`. See `recognised`.
    """
    named = [child.person_id for _, child in children if child.person_id is not None]
    on_file = await find(work, named) if named else {}
    return recognised(
        faults,
        children,
        on_file,
        await bearers_of(work, [child for _, child in children]),
        from_partner=from_partner,
    )


async def bearers_of(ask: Asking, children: Sequence[NewChild]) -> dict[str, Person]:
    """The people on file who bear the children's NHS and pupil numbers, by number.

    However many they are: asked some hundreds at a time.
    """
    nhs = sorted({child.nhs_number for child in children if child.nhs_number})
    pupil = sorted({child.unique_pupil_number for child in children if child.unique_pupil_number})
    bearers: dict[str, Person] = {}
    for start in range(0, max(len(nhs), len(pupil)), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        for person in await with_numbers(ask, nhs[part], pupil[part]):
            for number in (person.nhs_number, person.unique_pupil_number):
                if number is not None:
                    bearers[number] = person
    return bearers


def recognised(
    faults: Faults,
    children: Sequence[tuple[str, NewChild]],
    on_file: Mapping[UUID, Person],
    bearers: Mapping[str, Person],
    *,
    from_partner: bool,
) -> Recognised:
    """For each child, the person on file, from what was found there.

    A worker who names one child twice is told so. A partner is not, where only the file knows
    (they may not learn what is on file, and no concern waits for it): the second of the two is
    recorded as a child of its own, for a worker to link.
    """
    faults.add(
        PersonUnknown,
        "A child was linked to nobody.",
        [
            Problem(
                f"{at}/person_id",
                "There is no child on file with this id. Leave it out, and the child is recorded "
                "anew.",
                "person_unknown",
            )
            for at, child in children
            if child.person_id is not None and child.person_id not in on_file
        ],
    )
    faults.add(
        Invalid,
        "A number belongs to another child than the one that was linked.",
        [
            Problem(
                f"{at}/{name}",
                "Another child on file bears this number. Check the number and the link.",
                "number_of_another_child",
            )
            for at, child in children
            for name in ("nhs_number", "unique_pupil_number")
            if child.person_id is not None
            and (bearer := bearers.get(getattr(child, name) or "")) is not None
            and bearer.id != child.person_id
        ],
    )
    found = [
        (on_file.get(child.person_id) if child.person_id is not None else None)
        or bearers.get(child.nhs_number or "")
        or bearers.get(child.unique_pupil_number or "")
        for _, child in children
    ]
    if from_partner:
        found = _each_once(found)
    marks = [
        (at, {None if person is None else person.id, child.nhs_number, child.unique_pupil_number})
        for (at, child), person in zip(children, found, strict=True)
    ]
    _refuse_one_child_twice(faults, marks)
    return Recognised(found, bearers)


def _each_once(found: Sequence[Person | None]) -> list[Person | None]:
    seen: set[UUID] = set()
    kept: list[Person | None] = []
    for person in found:
        again = person is not None and person.id in seen
        kept.append(None if again else person)
        if person is not None:
            seen.add(person.id)
    return kept


def _refuse_one_child_twice(faults: Faults, marks: Sequence[tuple[str, set[Any]]]) -> None:
    seen: dict[object, str] = {}
    problems: list[Problem] = []
    for at, of_child in marks:
        told = of_child - {None}
        first = next((seen[mark] for mark in told if mark in seen), None)
        if first is not None:
            problems.append(
                Problem(
                    at,
                    f"This is the same child as the one at {first}: name each child once, with "
                    "that child's own number.",
                    "same_child_twice",
                )
            )
        seen |= dict.fromkeys(told, at)
    faults.add(Invalid, "One child is named twice.", problems)


async def follow(
    work: Work,
    who: Caller,
    contact_id: UUID,
    before: Sequence[Child],
    after: Sequence[Child],
    fresh: Sequence[Child],
    known: Recognised,
) -> None:
    """Lets the file follow: what was corrected, what is new, and whom a child turned out to be.

    A record that no contact speaks of any more gives up its numbers, so that whoever bears them
    is recognised by them next time.
    """
    left = {
        old.person_id
        for old, new in zip(before, after, strict=True)
        if old.person_id != new.person_id
    }
    await missing_episodes.follow_children(
        work,
        {
            new.id: new.person_id
            for old, new in zip(before, after, strict=True)
            if old.person_id != new.person_id
        },
    )
    orphans = [
        person
        for person_id, person in (await find(work, sorted(left))).items()
        if not await is_spoken_of(work, person_id)
    ]
    freed: set[str | None] = set()
    for orphan in orphans:
        freed |= {orphan.nhs_number, orphan.unique_pupil_number}
        await change(work, orphan, replace(orphan, nhs_number=None, unique_pupil_number=None))
    on_file = await find(work, sorted({child.person_id for child in (*after, *fresh)}))
    old_of = {old.id: old for old in before}
    learnt: list[Learnt] = []
    for child in (*after, *fresh):
        person = on_file.get(child.person_id)
        if person is None:
            continue
        old = old_of.get(child.id)
        corrected: dict[str, Any] = {}
        if old is not None and old.person_id == child.person_id:
            corrected = {
                name: getattr(old, name)
                for name in CHILD_FACTS
                if getattr(old, name) != getattr(child, name)
            }
        taken = known.taken_from(person.id) - freed
        learnt.append(Learnt(person, partial(learn, told=child, corrected=corrected, taken=taken)))
    await change_all(work, who, contact_id, learnt)


async def with_name_and_birth(ask: Asking, who: Caller, child: Child) -> list[Person]:
    """Others on file with this family name and date of birth, as far as the caller may know.

    Possibly the same child.
    """
    if child.family_name is None or child.date_of_birth is None:
        return []
    rows = await ask.all(
        select(*columns_of(Person))
        .where(
            PERSON.c.family_name == child.family_name,
            PERSON.c.date_of_birth == child.date_of_birth,
            PERSON.c.id != child.person_id,
            there_is(CHILD, CHILD.c.person_id == PERSON.c.id, child_visible_to(who, CHILD)),
        )
        .order_by(PERSON.c.id)
        .limit(10)
    )
    return [read(Person, row) for row in rows]
