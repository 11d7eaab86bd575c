"""People across contacts: found by id and by their numbers, and changed."""

from collections.abc import Sequence
from dataclasses import fields
from uuid import UUID

from sqlalchemy import or_, select, update

from service.domain.access import Sight
from service.domain.contacts import Child
from service.domain.errors import NotFound
from service.domain.identities import keyed
from service.domain.new_contacts import NewChild
from service.domain.people import Person
from service.persistence.asking import Asking
from service.persistence.records import columns_of, read, table_of
from service.persistence.statements import one_seen
from service.persistence.units_of_work import Work
from service.persistence.visibility import people_visible_to

PERSON = table_of(Person)
CHILD = table_of(Child)


# So many numbers or ids are asked for in one statement.
_AT_ONCE = 500


class PersonNotFound(NotFound):
    """No such child, or not one that the caller may know of."""

    code = "person_not_found"
    title = "No such child"


def no_such_child() -> PersonNotFound:
    """The refusal for a child who is not there, or whom the caller may not know of."""
    return PersonNotFound(
        "There is no child with this id, unborn or born since, that you may see. Check the id."
    )


async def get(ask: Asking | Work, sight: Sight, person_id: UUID) -> Person:
    """One child. Raises PersonNotFound for what is not there and what may not be seen."""
    row = await ask.first(one_seen(sight, Person, people_visible_to), id=person_id)
    if row is None:
        raise no_such_child()
    return read(Person, row)


async def find(ask: Asking, ids: Sequence[UUID]) -> dict[UUID, Person]:
    """People by id."""
    if not ids:
        return {}
    rows = await ask.all(select(*columns_of(Person)).where(PERSON.c.id.in_(ids)))
    return {person.id: person for person in (read(Person, row) for row in rows)}


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
    if new is old:
        return new
    new = keyed(new)
    differing = {
        field.name: getattr(new, field.name)
        for field in fields(old)
        if getattr(new, field.name) != getattr(old, field.name)
    }
    if differing:
        await work.execute(update(PERSON).where(PERSON.c.id == old.id).values(**differing))
    return new


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
