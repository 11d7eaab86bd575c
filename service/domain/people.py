"""People: what identifies a child, how sure we are of a date of birth, and the unborn."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID


class Sex(StrEnum):
    """The sex codes of the children in need census."""

    male = "M"
    female = "F"
    unknown = "U"


class BirthKnowledge(StrEnum):
    """How a date of birth is known. An unborn child has an expected date of delivery instead."""

    known = "known"
    estimated = "estimated"
    not_known = "not_known"
    unborn = "unborn"


class YesNo(StrEnum):
    """An answer that may be missing: not knowing is not the same as no."""

    yes = "yes"
    no = "no"
    not_known = "not_known"


class AdultRelationship(StrEnum):
    """Who an adult is to the children."""

    mother = "mother"
    father = "father"
    step_parent = "step_parent"
    parents_partner = "parents_partner"
    grandparent = "grandparent"
    other_relative = "other_relative"
    carer = "carer"
    other_adult_in_household = "other_adult_in_household"
    other = "other"
    not_known = "not_known"


@dataclass(frozen=True, slots=True)
class Person:
    """A child this front door has heard of: who they are, across every contact."""

    id: UUID
    given_name: str | None
    family_name: str | None
    date_of_birth: date | None
    birth_knowledge: BirthKnowledge
    expected_delivery_on: date | None
    sex: Sex
    nhs_number: str | None
    unique_pupil_number: str | None
    created_at: datetime


def age_in_years(date_of_birth: date | None, on: date) -> int | None:
    """Completed years on a day, or None when the date of birth is not known or lies ahead."""
    if date_of_birth is None or date_of_birth > on:
        return None
    before_birthday = (on.month, on.day) < (date_of_birth.month, date_of_birth.day)
    return on.year - date_of_birth.year - before_birthday
