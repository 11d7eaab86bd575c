"""Invented families for the demonstration data: obviously nobody, and of every kind.

Surnames are made of words for hills, water and weather, so that they are nobody's. NHS numbers
come from the range kept for tests (999…), telephone numbers from those kept for drama, and
postcodes from an area (RV) that does not exist.
"""

import random
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from frontdoor.demonstration.narratives import NAMES
from service.domain.new_contacts import NewAdult, NewChild
from service.domain.people import AdultRelationship, BirthKnowledge, Sex, YesNo

_INWARD: Final = "ABDEFGHJLNPQRSTUWXYZ"


class NhsNumbers:
    """NHS numbers from the range kept for tests, each once, with their right check digits."""

    def __init__(self, first: int = 0) -> None:
        self._next = first

    def another(self) -> str:
        """The next number."""
        while True:
            digits = f"999{self._next:06d}"
            self._next += 1
            total = sum(
                int(digit) * weight for digit, weight in zip(digits, range(10, 1, -1), strict=True)
            )
            check = (11 - total % 11) % 11
            if check < 10:
                return f"{digits}{check}"


@dataclass(slots=True)
class FamilyChild:
    """A child of an invented family; `person_id` once the front door has heard of them.

    `known_as` are all records that were made of the child: a partner that gives no number makes
    another one each time, until a worker links it.
    """

    told: NewChild
    person_id: UUID | None = None
    known_as: set[UUID] = field(default_factory=set)

    def newborn(self, chance: random.Random) -> tuple[str, Sex]:
        """A name and a sex for a child who is born."""
        sex = chance.choice((Sex.female, Sex.male))
        return chance.choice(NAMES.girls if sex is Sex.female else NAMES.boys), sex

    def born(self, name: str, sex: Sex, on: date) -> NewChild:
        """The child as a caller tells of them from the birth on."""
        return replace(
            self.told,
            given_name=name,
            birth_knowledge=BirthKnowledge.known,
            date_of_birth=on,
            expected_delivery_on=None,
            sex=sex,
        )


@dataclass(slots=True)
class Family:
    """An invented family. `contacts` counts how often the front door has heard of it.

    `busy_until` is when what was told of it last is decided, `referred_at` when it was last
    referred to social care.
    """

    children: list[FamilyChild]
    adults: tuple[NewAdult, ...]
    address: str
    town: str
    postcode: str | None
    parent: str
    contacts: int = 0
    busy_until: datetime | None = None
    referred_at: datetime | None = None

    @property
    def called(self) -> str:
        """What to call the children in a sentence."""
        names = [one.told.given_name for one in self.children if one.told.given_name]
        return names[0] if names else "the child"

    def tell(self) -> list[NewChild]:
        """The children as a caller tells of them now: linked to the file, if there is one."""
        return [
            one.told
            if one.person_id is None or one.told.nhs_number is not None
            else replace(one.told, person_id=one.person_id)
            for one in self.children
        ]

    def grown(self, on: date) -> None:
        """Lets a child who was unborn be born by now."""
        for child in self.children:
            expected = child.told.expected_delivery_on
            if child.told.birth_knowledge is BirthKnowledge.unborn and expected and expected < on:
                child.told = child.born("Baby", Sex.female, expected)


def _birthday(chance: random.Random, on: date) -> date:
    return on - timedelta(days=chance.randint(20, 17 * 365))


def _child(
    chance: random.Random,
    on: date,
    surname: str,
    ethnicity: str,
    language: str,
    numbers: NhsNumbers,
    schools: tuple[str, ...],
) -> NewChild:
    sex = chance.choice((Sex.female, Sex.male))
    born = _birthday(chance, on)
    years = (on - born).days // 365
    knowledge = chance.choices(
        (BirthKnowledge.known, BirthKnowledge.estimated, BirthKnowledge.not_known), (88, 8, 4)
    )[0]
    school = None
    if years >= 4 and schools:
        school = schools[0] if years < 11 else schools[-1]
    return NewChild(
        given_name=chance.choice(NAMES.girls if sex is Sex.female else NAMES.boys),
        family_name=surname,
        date_of_birth=None if knowledge is BirthKnowledge.not_known else born,
        birth_knowledge=knowledge,
        sex=sex,
        nhs_number=numbers.another() if chance.random() < 0.45 else None,
        ethnicity_code=ethnicity if chance.random() < 0.85 else None,
        disability_codes=chance.choices(
            ((), ("NONE",), ("LD",), ("AUT",), ("BEH", "COMM"), ("HEAR",)), (55, 30, 5, 6, 3, 1)
        )[0],
        first_language=language if chance.random() < 0.6 else None,
        school=school,
    )


def _unborn(chance: random.Random, on: date, surname: str) -> NewChild:
    return NewChild(
        family_name=surname,
        birth_knowledge=BirthKnowledge.unborn,
        expected_delivery_on=on + timedelta(days=chance.randint(25, 150)),
    )


def _postcode(chance: random.Random, district: str) -> str:
    return f"{district} {chance.randint(1, 9)}{chance.choice(_INWARD)}{chance.choice(_INWARD)}"


def _telephone(chance: random.Random) -> str:
    return f"07700 900{chance.randrange(1000):03d}"


def _adults(chance: random.Random, surname: str) -> tuple[NewAdult, ...]:
    mother = NewAdult(
        relationship=AdultRelationship.mother,
        given_name=chance.choice(NAMES.women),
        family_name=surname,
        parental_responsibility=YesNo.yes,
        in_household=YesNo.yes,
        telephone=_telephone(chance) if chance.random() < 0.6 else None,
    )
    adults = [mother]
    father = chance.random()
    if father < 0.5:
        adults.append(
            NewAdult(
                relationship=AdultRelationship.father,
                given_name=chance.choice(NAMES.men),
                family_name=surname,
                parental_responsibility=chance.choice((YesNo.yes, YesNo.not_known)),
                in_household=chance.choice((YesNo.yes, YesNo.no)),
            )
        )
    elif father < 0.82:
        adults.append(
            NewAdult(
                relationship=AdultRelationship.father,
                name_known=False,
                note=chance.choice(
                    (
                        "Nobody who was asked knows who he is.",
                        "Said to work away; the name was not given.",
                        "Mother would rather not say.",
                    )
                ),
            )
        )
    if chance.random() < 0.25:
        adults.append(
            NewAdult(
                relationship=chance.choice(
                    (
                        AdultRelationship.parents_partner,
                        AdultRelationship.grandparent,
                        AdultRelationship.step_parent,
                        AdultRelationship.other_adult_in_household,
                    )
                ),
                given_name=chance.choice(NAMES.men + NAMES.women),
                parental_responsibility=YesNo.no,
                in_household=chance.choice((YesNo.yes, YesNo.not_known)),
            )
        )
    return tuple(adults)


def new_family(
    chance: random.Random, on: date, numbers: NhsNumbers, schools: tuple[str, ...]
) -> Family:
    """A family that nobody has heard of, as it is on a day."""
    of = chance.choices(NAMES.surnames, [one.weight for one in NAMES.surnames])[0]
    surname, ethnicity = chance.choice(of.names), chance.choice(of.ethnicities)
    count = chance.choices((1, 2, 3, 4), (56, 27, 12, 5))[0]
    children = [
        _child(chance, on, surname, ethnicity, of.language, numbers, schools) for _ in range(count)
    ]
    if chance.random() < 0.06:
        children[-1] = _unborn(chance, on, surname)
    town, district = chance.choice(NAMES.towns)
    adults = _adults(chance, surname)
    return Family(
        children=[FamilyChild(child) for child in children],
        adults=adults,
        address=f"{chance.randint(1, 140)} {chance.choice(NAMES.streets)}",
        town=town,
        postcode=_postcode(chance, district) if chance.random() < 0.9 else None,
        parent=adults[0].given_name or "The mother",
    )
