"""What is told of a child whom nobody has on file stands on their record from the beginning."""

from datetime import UTC, date, datetime
from itertools import product
from typing import Any
from uuid import UUID

from service.domain.new_contacts import NewChild, as_child, as_person
from service.domain.people import Sex, learn

NOW = datetime(2026, 3, 6, 16, 0, tzinfo=UTC)
TOLD: dict[str, tuple[Any, ...]] = {
    "given_name": (None, "Ada"),
    "family_name": (None, "Okafor"),
    "date_of_birth": (None, date(2019, 4, 2)),
    "expected_delivery_on": (None, date(2026, 6, 1)),
    "sex": (Sex.unknown, Sex.female),
    "nhs_number": (None, "9434765919"),
    "unique_pupil_number": (None, "A123456789012"),
}


def test_nothing_is_left_to_be_learnt_of_a_child_who_is_new() -> None:
    """So a contact about somebody new writes each person once."""
    for values in product(*TOLD.values()):
        told = NewChild(**dict(zip(TOLD, values, strict=True)))
        for taken in (frozenset[str](), frozenset({"9434765919"})):
            person = as_person(told, UUID(int=1), NOW, taken)
            child = as_child(told, UUID(int=2), UUID(int=3), person.id, 0)
            assert learn(person, child, taken=taken) == person, told
