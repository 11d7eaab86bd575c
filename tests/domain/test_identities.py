"""Identity: what joins two tellings of a child, what parts them, and what a person must look at."""

from dataclasses import dataclass, replace
from datetime import date

import pytest
from hypothesis import given, strategies

from service.domain.identities import (
    BirthLikeness,
    Fact,
    NameLikeness,
    Reason,
    Shared,
    are_one_child,
    compare_births,
    compare_names,
    contradictions,
    differing_numbers,
    keys_of,
    lookup_of,
    named,
    same_pregnancy,
    swapped_day,
    why_possible,
)
from service.domain.people import BirthKnowledge, Sex


@dataclass(frozen=True)
class Told:
    given_name: str | None = "Amara"
    family_name: str | None = "Okafor"
    date_of_birth: date | None = date(2018, 4, 9)
    birth_knowledge: BirthKnowledge | None = BirthKnowledge.known
    expected_delivery_on: date | None = None
    sex: Sex = Sex.female
    nhs_number: str | None = None
    unique_pupil_number: str | None = None


AMARA = Told()
NOBODY = Told(None, None, None, BirthKnowledge.not_known, sex=Sex.unknown)
ESTIMATED = BirthKnowledge.estimated
HOME, MOTHER = Shared(address=True), Shared(mother=True)


def unborn(expected: str | None = "2027-02-14", family_name: str | None = "Okafor") -> Told:
    return Told(
        None,
        family_name,
        None,
        BirthKnowledge.unborn,
        None if expected is None else date.fromisoformat(expected),
        Sex.unknown,
    )


def newborn(born: str = "2027-02-10", **told: object) -> Told:
    return replace(
        Told(None, "Okafor", date.fromisoformat(born), sex=Sex.unknown),
        **told,
    )


NAME, BIRTH, SEX = Fact.name, Fact.birth, Fact.sex


@pytest.mark.parametrize(
    ("told", "against"),
    [
        # What agrees, or is not told, contradicts nothing.
        (AMARA, ()),
        (NOBODY, ()),
        (replace(NOBODY, given_name="Amara"), ()),
        (replace(NOBODY, family_name="Okafor"), ()),
        (replace(AMARA, sex=Sex.unknown), ()),
        (replace(AMARA, date_of_birth=None), ()),
        # Slips of the pen in the name.
        (replace(AMARA, given_name="Amarra"), ()),
        (replace(AMARA, family_name="OKAFFOR"), ()),
        (replace(AMARA, given_name="Okafor", family_name="Amara"), ()),
        (replace(AMARA, given_name="Amara Grace"), ()),
        (replace(AMARA, given_name="Grace Amara", family_name="Smith-Okafor"), ()),
        (replace(AMARA, given_name="A"), ()),
        (replace(AMARA, family_name="Adeyemi"), ()),
        # Slips of the pen in the date of birth, with the same name.
        (replace(AMARA, date_of_birth=date(2018, 9, 4)), ()),
        (replace(AMARA, date_of_birth=date(2018, 4, 8)), ()),
        (replace(AMARA, date_of_birth=date(2017, 4, 9)), ()),
        (replace(AMARA, date_of_birth=date(2008, 4, 9)), ()),
        (replace(AMARA, date_of_birth=date(2018, 4, 10)), ()),
        (replace(AMARA, date_of_birth=date(2018, 1, 1)), ()),
        # A guess of the age fits whatever the name.
        (replace(AMARA, date_of_birth=date(2016, 7, 1), birth_knowledge=ESTIMATED), ()),
        (
            replace(
                AMARA,
                given_name=None,
                date_of_birth=date(2019, 7, 1),
                birth_knowledge=ESTIMATED,
            ),
            (),
        ),
        # Another name.
        (replace(AMARA, given_name="Chidi"), (NAME,)),
        (replace(AMARA, given_name="Chidi", family_name="Smith"), (NAME,)),
        (replace(NOBODY, given_name="Chidi"), (NAME,)),
        (replace(NOBODY, family_name="Smith"), (NAME,)),
        # Another birth.
        (replace(AMARA, date_of_birth=date(2012, 11, 20)), (BIRTH,)),
        (replace(AMARA, date_of_birth=date(2017, 5, 9)), (BIRTH,)),
        (replace(AMARA, date_of_birth=date(2015, 7, 1), birth_knowledge=ESTIMATED), (BIRTH,)),
        # A slip alone is none where the name does not bear it out: brothers are born years apart.
        (replace(AMARA, given_name=None, date_of_birth=date(2017, 4, 9)), (BIRTH,)),
        (replace(AMARA, family_name="Adeyemi", date_of_birth=date(2018, 9, 4)), (BIRTH,)),
        (replace(NOBODY, date_of_birth=date(2018, 4, 8)), (BIRTH,)),
        # Another sex, whatever else agrees.
        (replace(AMARA, sex=Sex.male), (SEX,)),
        (Told("Ben", "Vale", date(2012, 1, 31), sex=Sex.male), (NAME, BIRTH, SEX)),
        # An unborn child is not the one who was born long ago; a child born then may be.
        (unborn("2027-02-14"), (BIRTH,)),
        (unborn("2018-04-20"), ()),
    ],
)
def test_what_contradicts_is_told_from_what_is_a_slip(
    told: Told, against: tuple[Fact, ...]
) -> None:
    assert contradictions(told, AMARA) == against
    assert contradictions(AMARA, told) == against


@pytest.mark.parametrize(
    ("told", "shared", "why"),
    [
        (AMARA, Shared(), (Reason.name, Reason.birth_date)),
        (replace(AMARA, given_name="AMARA", sex=Sex.male), Shared(), ("name", "birth_date")),
        (AMARA, HOME, ("name", "birth_date", "address")),
        # Names swapped, misspelt, with more or fewer of them.
        (
            replace(AMARA, given_name="Okafor", family_name="Amara"),
            Shared(),
            ("names_swapped", "birth_date"),
        ),
        (replace(AMARA, given_name="Amarra"), Shared(), ("similar_name", "birth_date")),
        (replace(AMARA, given_name="Amara Grace"), Shared(), ("similar_name", "birth_date")),
        (replace(AMARA, given_name="Grace Amara"), Shared(), ("similar_name", "birth_date")),
        (replace(AMARA, given_name=None), Shared(), ("part_of_name", "birth_date")),
        (replace(AMARA, family_name=None), Shared(), ("part_of_name", "birth_date")),
        (
            replace(AMARA, given_name=None, family_name="Amara"),
            Shared(),
            ("part_of_name", "birth_date"),
        ),
        # The date swapped, off by a slip, or guessed.
        (replace(AMARA, date_of_birth=date(2018, 9, 4)), Shared(), ("name", "birth_date_similar")),
        (
            replace(AMARA, date_of_birth=date(2019, 7, 1), birth_knowledge=ESTIMATED),
            Shared(),
            ("name", "birth_date_similar"),
        ),
        (replace(AMARA, date_of_birth=date(2018, 1, 1)), Shared(), ("name", "birth_date_similar")),
        # A name alone is shared by too many; in one home it is not.
        (replace(AMARA, date_of_birth=None), Shared(), ()),
        (replace(AMARA, date_of_birth=None), HOME, ("name", "address")),
        # So is a day, and one name beside a guess.
        (replace(NOBODY, date_of_birth=date(2018, 4, 9)), Shared(), ()),
        (replace(NOBODY, date_of_birth=date(2018, 4, 9)), HOME, ("birth_date", "address")),
        (
            replace(
                AMARA, family_name=None, date_of_birth=date(2018, 7, 1), birth_knowledge=ESTIMATED
            ),
            Shared(),
            (),
        ),
        # The family's name and the day in one home: perhaps a twin, perhaps another first name.
        (replace(AMARA, given_name="Adaeze"), Shared(), ()),
        (replace(AMARA, given_name="Adaeze"), HOME, ("family_name", "birth_date", "address")),
        (replace(AMARA, family_name="Adeyemi"), Shared(), ()),
        (replace(AMARA, family_name="Adeyemi"), MOTHER, ("part_of_name", "birth_date", "mother")),
        # Another child.
        (replace(AMARA, date_of_birth=date(2012, 4, 2)), HOME, ()),
        (replace(AMARA, given_name="Chidi", family_name="Smith"), HOME, ()),
        (NOBODY, HOME, ()),
    ],
)
def test_who_may_be_the_child_is_said_with_the_reasons(
    told: Told, shared: Shared, why: tuple[str, ...]
) -> None:
    assert why_possible(told, AMARA, shared) == why
    assert set(why_possible(AMARA, told, shared)) == set(why)


@pytest.mark.parametrize(
    ("told", "held", "shared", "possible"),
    [
        # The hospital tells of the newborn whom the midwife told of before the birth.
        (newborn("2027-02-10"), unborn("2027-02-14"), Shared(), True),
        (newborn("2027-02-10", family_name="Smith"), unborn(), Shared(), False),
        (newborn("2027-02-10", family_name="Smith"), unborn(), MOTHER, True),
        (newborn("2027-02-10", family_name=None), unborn(), HOME, True),
        (newborn("2027-02-10", family_name=None), unborn(), Shared(), False),
        (newborn("2026-10-20"), unborn("2027-02-14"), Shared(), True),
        (newborn("2026-10-01"), unborn("2027-02-14"), HOME, False),
        (newborn("2027-03-20"), unborn("2027-02-14"), HOME, False),
        # Without an expected date only the mother or the home tells.
        (newborn(), unborn(None), Shared(), False),
        (newborn(), unborn(None), MOTHER, True),
        # The same pregnancy told of twice, with another estimate.
        (unborn("2027-02-14"), unborn("2027-02-28"), Shared(), True),
        (unborn("2027-02-14"), unborn("2027-04-28"), HOME, False),
        (unborn("2027-02-14", None), unborn("2027-02-14"), Shared(), False),
        (unborn("2027-02-14", None), unborn("2027-02-14"), MOTHER, True),
    ],
)
def test_one_pregnancy_is_recognised_by_its_days_and_the_mother_the_home_or_the_name(
    told: Told, held: Told, shared: Shared, possible: bool
) -> None:
    for one, other in ((told, held), (held, told)):
        found = why_possible(one, other, shared)
        assert bool(found) is possible
        assert (Reason.pregnancy in found) is possible


def test_numbers_differ_only_where_both_are_told() -> None:
    one = replace(AMARA, nhs_number="9434765919")
    assert differing_numbers(one, AMARA) == ()
    assert differing_numbers(one, one) == ()
    assert differing_numbers(one, replace(one, nhs_number="4505577104")) == (Fact.nhs_number,)


@pytest.mark.parametrize(
    ("one", "other", "twice"),
    [
        (AMARA, AMARA, True),
        (AMARA, replace(AMARA, given_name="AMARA"), True),
        (AMARA, replace(AMARA, given_name="Okafor", family_name="Amara"), True),
        (replace(AMARA, date_of_birth=None), replace(AMARA, date_of_birth=None), True),
        # Twins: another name on the same day, or no name yet.
        (AMARA, replace(AMARA, given_name="Ada"), False),
        (newborn(), newborn(), False),
        (newborn(given_name="Baby"), newborn(given_name="Baby"), False),
        (newborn(given_name="Twin 1"), newborn(given_name="Twin 2"), False),
        (unborn(), unborn(), False),
        # Named after a child who died, or a cousin.
        (AMARA, replace(AMARA, date_of_birth=date(2020, 4, 9)), False),
        (replace(AMARA, family_name=None), replace(AMARA, family_name=None), False),
    ],
)
def test_twins_are_two_and_a_child_named_twice_is_one(one: Told, other: Told, twice: bool) -> None:
    assert are_one_child(one, other) is twice
    assert are_one_child(other, one) is twice


# ---- Whoever may be the child is found by the keys ----------------------------------------------


def is_found(told: Told, held: Told) -> bool:
    """As the file is asked: see the statement of possible matches."""
    lookup, keys = lookup_of(told), keys_of(held)
    if lookup is None:
        return False
    by_name = {keys.name_key, keys.other_name_key} & set(lookup.name_keys)
    on_day = held.date_of_birth in lookup.days
    by_word = keys.family_key in lookup.family_words or keys.given_key in lookup.given_words
    return bool(by_name) or (on_day and (by_word or lookup.on_day))


NAMES = strategies.sampled_from(
    ["Amara", "Amara Grace", "Grace", "Okafor", "Okafor-Smith", "Smith", "O'Brien", None]
)
DAYS = strategies.dates(date(2014, 1, 1), date(2019, 12, 31))


@pytest.mark.parametrize(
    "held",
    [
        AMARA,
        replace(AMARA, given_name="AMÁRA", family_name="okafor"),
        replace(AMARA, given_name="Okafor", family_name="Amara"),
        replace(AMARA, given_name="Amara Grace"),
        replace(AMARA, given_name="Grace Amara"),
        replace(AMARA, family_name="Okafor-Smith"),
        replace(AMARA, family_name="Smith Okafor"),
        replace(AMARA, family_name=None),
        replace(AMARA, given_name=None),
        replace(AMARA, given_name=None, family_name="Amara"),
        replace(AMARA, date_of_birth=date(2018, 9, 4)),
        replace(AMARA, date_of_birth=date(2016, 7, 1), birth_knowledge=ESTIMATED),
        replace(AMARA, date_of_birth=date(2019, 12, 31), birth_knowledge=ESTIMATED),
        replace(AMARA, given_name="Adaeze"),
        replace(AMARA, given_name="Amarra"),
    ],
)
def test_who_is_told_of_otherwise_is_found_by_the_keys_both_ways(held: Told) -> None:
    assert is_found(AMARA, held)
    assert is_found(held, AMARA)


@given(NAMES, NAMES, DAYS, NAMES, NAMES, DAYS)
def test_names_told_in_whole_or_in_part_on_the_same_or_swapped_day_are_always_found(
    given_name: str | None,
    family_name: str | None,
    born: date,
    other_given: str | None,
    other_family: str | None,
    other_born: date,
) -> None:
    told = Told(given_name, family_name, born)
    held = Told(other_given, other_family, swapped_day(born))
    if set(named(given_name, family_name).words) <= set(named(other_given, other_family).words):
        likeness = compare_names(named(given_name, family_name), named(other_given, other_family))
        whole = {NameLikeness.same, NameLikeness.swapped, NameLikeness.part}
        if likeness in whole:
            assert is_found(told, held)
            assert is_found(held, told)
    assert not is_found(
        told, replace(held, date_of_birth=other_born.replace(year=other_born.year - 9))
    )


def test_nobody_is_looked_for_by_a_name_or_a_day_alone() -> None:
    assert lookup_of(replace(AMARA, date_of_birth=None)) is None
    assert lookup_of(Told(None, None)) is None
    assert lookup_of(Told("Baby", "Unknown")) is None


@pytest.mark.parametrize(
    ("one", "other", "likeness"),
    [
        (date(2018, 4, 9), date(2018, 4, 9), BirthLikeness.same),
        (date(2018, 4, 9), date(2018, 9, 4), BirthLikeness.slip),
        (date(2018, 4, 12), date(2018, 4, 21), BirthLikeness.slip),
        (date(2018, 3, 31), date(2018, 4, 1), BirthLikeness.slip),
        (date(2018, 4, 29), date(2018, 1, 1), BirthLikeness.guess),
        (date(2018, 4, 29), date(2019, 1, 1), BirthLikeness.different),
        (date(2018, 4, 9), date(2012, 11, 20), BirthLikeness.different),
    ],
)
def test_days_are_compared_as_they_are_miswritten(
    one: date, other: date, likeness: BirthLikeness
) -> None:
    mine, theirs = replace(AMARA, date_of_birth=one), replace(AMARA, date_of_birth=other)
    assert compare_births(mine, theirs) is likeness
    assert compare_births(theirs, mine) is likeness


def test_a_pregnancy_is_none_of_two_who_are_born() -> None:
    assert not same_pregnancy(AMARA, AMARA)
    assert same_pregnancy(unborn(), unborn())
