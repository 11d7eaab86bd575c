"""People: what identifies a child, how sure we are of a date of birth, and the unborn."""

from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Protocol

from service.domain.errors import Problem
from service.domain.fields import Id, personal, plain, sensitive


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
    """A child this front door has heard of: who they are, across every contact.

    `pregnancy_ended_on` is set for an unborn child who will not be born. The keys are what the
    child is found by, made from the rest (`service.domain.identities`).
    """

    id: Id
    given_name: Annotated[str | None, personal("Given names, as last told.")]
    family_name: Annotated[str | None, personal("Family name, as last told.")]
    date_of_birth: Annotated[date | None, personal("Date of birth, London.")]
    birth_knowledge: Annotated[
        BirthKnowledge,
        plain("How the date of birth is known: known, estimated, not_known, unborn."),
    ]
    expected_delivery_on: Annotated[
        date | None, personal("Expected date of delivery of an unborn child.")
    ]
    sex: Annotated[Sex, personal("Sex code of the census; U for an unborn child.")]
    nhs_number: Annotated[str | None, personal("NHS number, ten digits.")]
    unique_pupil_number: Annotated[str | None, personal("Unique pupil number.")]
    identity_key: Annotated[
        str | None,
        personal("Name and date of birth, normalised: the same for who may be the same child."),
    ]
    created_at: Annotated[datetime, plain("When the front door first heard of this child.")]
    pregnancy_ended_on: Annotated[
        date | None, sensitive("When the pregnancy ended without a birth, London.")
    ]
    name_key: Annotated[
        str | None, personal("A given and a family name, folded, with the year of birth.")
    ] = None
    other_name_key: Annotated[
        str | None, personal("The same of another pair of names, where there are several.")
    ] = None
    given_key: Annotated[str | None, personal("The first given name, folded.")] = None
    family_key: Annotated[str | None, personal("The last family name, folded.")] = None


def age_in_years(date_of_birth: date | None, on: date) -> int | None:
    """Completed years on a day, or None when the date of birth is not known or lies ahead."""
    if date_of_birth is None or date_of_birth > on:
        return None
    before_birthday = (on.month, on.day) < (date_of_birth.month, date_of_birth.day)
    return on.year - date_of_birth.year - before_birthday


class ToldOfChild(Protocol):
    """What somebody tells of a child, as far as it says who the child is."""

    @property
    def given_name(self) -> str | None:
        """Given names."""

    @property
    def family_name(self) -> str | None:
        """Family name."""

    @property
    def date_of_birth(self) -> date | None:
        """Date of birth."""

    @property
    def birth_knowledge(self) -> BirthKnowledge | None:
        """How the date of birth is known; None when nothing was said of it."""

    @property
    def expected_delivery_on(self) -> date | None:
        """Expected date of delivery."""

    @property
    def sex(self) -> Sex:
        """Sex."""

    @property
    def nhs_number(self) -> str | None:
        """NHS number."""

    @property
    def unique_pupil_number(self) -> str | None:
        """Unique pupil number."""


def birth_knowledge_meant(told: ToldOfChild) -> BirthKnowledge:
    """How the date of birth is known, from all that was told.

    Left out, it follows from the dates that were given. A date that is said to be known or
    estimated and is not there is not known: what is missing is asked for, never a reason to
    refuse.
    """
    knowledge = told.birth_knowledge
    dated = told.date_of_birth is not None
    if knowledge in (BirthKnowledge.known, BirthKnowledge.estimated) and not dated:
        return BirthKnowledge.not_known
    if knowledge is not None:
        return knowledge
    if dated:
        return BirthKnowledge.known
    said_born = told.sex is not Sex.unknown or told.nhs_number or told.unique_pupil_number
    if told.expected_delivery_on is not None and not said_born:
        return BirthKnowledge.unborn
    return BirthKnowledge.not_known


def faults_in_birth(told: ToldOfChild, at: str, today: date) -> list[Problem]:
    """What cannot both be true of a child's birth. `at` is the pointer to the child.

    Only contradictions are faults. What is missing is a warning, so that leaving something out
    never makes a contact worse than saying it.
    """
    found: list[Problem] = []

    def fault(name: str, code: str, message: str) -> None:
        found.append(Problem(f"{at}/{name}", message, code))

    knowledge, born = told.birth_knowledge, told.date_of_birth
    if born is not None and born > today:
        fault(
            "date_of_birth",
            "born_in_the_future",
            "A date of birth cannot lie ahead. For an unborn child give expected_delivery_on.",
        )
    if born is not None and told.expected_delivery_on is not None:
        fault(
            "expected_delivery_on",
            "born_and_expected",
            "A child has a date of birth or an expected date of delivery: leave one out.",
        )
    elif told.expected_delivery_on is not None and knowledge in (
        BirthKnowledge.known,
        BirthKnowledge.estimated,
    ):
        fault(
            "expected_delivery_on",
            "born_and_expected",
            "A child who was born has a date of birth: give that, or say `unborn`.",
        )
    if knowledge is BirthKnowledge.not_known and born is not None:
        fault(
            "birth_knowledge",
            "date_said_not_known",
            "A date of birth is given: say whether it is `known` or `estimated`.",
        )
    if knowledge is BirthKnowledge.unborn:
        if born is not None:
            fault(
                "date_of_birth",
                "unborn_with_date_of_birth",
                "An unborn child has no date of birth. Say `known` if the child is born by now.",
            )
        if told.sex is not Sex.unknown:
            fault("sex", "unborn_with_sex", "The sex of an unborn child is U until birth.")
        for name in ("nhs_number", "unique_pupil_number"):
            if getattr(told, name) is not None:
                fault(
                    name,
                    "unborn_with_number",
                    "An unborn child has no number yet, and the mother's is not the child's.",
                )
    return found


_NAMES = ("given_name", "family_name")
_NUMBERS = ("nhs_number", "unique_pupil_number")
_BIRTH = ("date_of_birth", "birth_knowledge", "expected_delivery_on")


def learn(
    person: Person,
    told: ToldOfChild,
    *,
    corrected: Mapping[str, Any] | None = None,
    taken: Container[str] = (),
) -> Person:
    """The person with what was told of them: gaps are filled, what others told is left.

    `corrected` holds the old values of what a correction changes: where the file still says the
    old, it follows. `taken` are numbers that another person bears.
    """
    before = corrected or {}
    values: dict[str, Any] = {}
    for name in (*_NAMES, *_NUMBERS):
        new, held = getattr(told, name), getattr(person, name)
        if name in _NUMBERS and new is not None and new in taken:
            continue
        if (held is None and new is not None) or (name in before and held == before[name]):
            values[name] = new
    says_another = told.sex is not person.sex
    if says_another and (person.sex is Sex.unknown or person.sex is before.get("sex")):
        values["sex"] = told.sex
    if _birth_learnt(person, told, before):
        values |= {name: getattr(told, name) for name in _BIRTH}
    return replace(person, **values) if values else person


def _birth_learnt(person: Person, told: ToldOfChild, before: Mapping[str, Any]) -> bool:
    if person.pregnancy_ended_on is not None:
        return False
    if before.keys() & set(_BIRTH):
        held = {name: before.get(name, getattr(told, name)) for name in _BIRTH}
        if all(getattr(person, name) == held[name] for name in _BIRTH):
            return True
    if person.date_of_birth is not None:
        return False
    return told.date_of_birth is not None or (
        person.expected_delivery_on is None and told.expected_delivery_on is not None
    )
