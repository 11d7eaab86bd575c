"""Who is not born yet, asked in one way by whatever differs for an unborn child."""

from uuid import UUID

from sqlalchemy import select

from service.domain.people import BirthKnowledge, Person
from service.persistence.asking import Asking
from service.persistence.records import table_of
from service.persistence.units_of_work import Work

PERSON = table_of(Person)

UNBORN = (
    PERSON.c.birth_knowledge == BirthKnowledge.unborn.value,
    PERSON.c.pregnancy_ended_on.is_(None),
)
"""The children who are not born yet, of a pregnancy that goes on."""


async def is_unborn(ask: Asking | Work, person_id: UUID) -> bool:
    """Whether a child is not born yet, as far as is told."""
    row = await ask.first(select(PERSON.c.id).where(PERSON.c.id == person_id, *UNBORN))
    return row is not None
