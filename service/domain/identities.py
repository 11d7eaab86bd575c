"""Identity: whether two tellings are of one child; a number is one fact among several."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final

from service.domain.names import any_alike, family_words, given_words, slips
from service.domain.people import BirthKnowledge, Person, Sex, ToldOfChild

NUMBERS: Final = ("nhs_number", "unique_pupil_number")
"""The numbers that a child may be known by, each one fact among several."""

GUESSED_WRONG_BY: Final = timedelta(days=731)
"""How far an estimated date of birth may be from the true one: seven looks like nine."""

EARLIEST_BIRTH: Final = timedelta(weeks=18)
LATEST_BIRTH: Final = timedelta(weeks=4)
"""How long before and after the expected date a child may be born."""

ANOTHER_ESTIMATE: Final = timedelta(weeks=4)
"""How far two expected dates of one pregnancy may be apart."""

_MOST_WORDS: Final = 4
"""As many words of one part of a name are looked for."""

_YEARS_OFF: Final = 2
"""As many years of birth before and after are looked at: as far as a guess may be wrong."""


class Fact(StrEnum):
    """What may speak against two tellings being of one child."""

    name = "name"
    birth = "birth"
    sex = "sex"
    nhs_number = "nhs_number"
    unique_pupil_number = "unique_pupil_number"


class Reason(StrEnum):
    """What speaks for two tellings being of one child."""

    number = "number"
    name = "name"
    similar_name = "similar_name"
    names_swapped = "names_swapped"
    part_of_name = "part_of_name"
    family_name = "family_name"
    birth_date = "birth_date"
    birth_date_similar = "birth_date_similar"
    address = "address"
    mother = "mother"
    pregnancy = "pregnancy"


# ---- Names --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Named:
    """A name by its words: what was told as given names, and as family name."""

    given: tuple[str, ...]
    family: tuple[str, ...]

    @property
    def words(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.given, *self.family)


@lru_cache(maxsize=512)
def named(given_name: str | None, family_name: str | None) -> Named:
    """A name as it is compared: asked for a dozen times while one contact is taken."""
    return Named(given_words(given_name), family_words(family_name))


class NameLikeness(StrEnum):
    """How two names go together."""

    same = "same"
    similar = "similar"
    swapped = "swapped"
    part = "part"
    given_only = "given_only"
    family_only = "family_only"
    different = "different"
    not_known = "not_known"


def compare_names(one: Named, other: Named) -> NameLikeness:
    """How two names go together: `part` where one of them is of one part alone, and fits."""
    if not one.words or not other.words:
        return NameLikeness.not_known
    if not (one.given and one.family and other.given and other.family):
        if any_alike(one.words, other.words):
            return NameLikeness.part
        # A given name alone and a family name alone can be of one child.
        apart = not (one.given and other.given) and not (one.family and other.family)
        return NameLikeness.not_known if apart else NameLikeness.different
    if set(one.words) == set(other.words):
        return NameLikeness.same if one == other else NameLikeness.swapped
    given, family = any_alike(one.given, other.given), any_alike(one.family, other.family)
    if given and family:
        return NameLikeness.similar
    if any_alike(one.given, other.family) and any_alike(one.family, other.given):
        return NameLikeness.swapped
    if given:
        return NameLikeness.given_only
    return NameLikeness.family_only if family else NameLikeness.different


# ---- Births -------------------------------------------------------------------------------------


class BirthLikeness(StrEnum):
    """How two dates of birth go together: `slip` is one of the pen, `guess` one that fits."""

    same = "same"
    guess = "guess"
    slip = "slip"
    different = "different"
    not_known = "not_known"


def swapped_day(day: date) -> date:
    """The date with its day and month the other way round, or itself where there is none such."""
    return day.replace(month=day.day, day=day.month) if day.day <= _MONTHS else day


_MONTHS: Final = 12


def compare_births(one: ToldOfChild, other: ToldOfChild) -> BirthLikeness:
    """How two dates of birth go together. An expected date is none: see `same_pregnancy`."""
    mine, theirs = one.date_of_birth, other.date_of_birth
    if mine is None or theirs is None:
        return BirthLikeness.not_known
    if mine == theirs:
        return BirthLikeness.same
    guessed = BirthKnowledge.estimated in (one.birth_knowledge, other.birth_knowledge)
    if guessed and abs(mine - theirs) <= GUESSED_WRONG_BY:
        return BirthLikeness.guess
    # Who does not know the day writes the first of January, and says that it is known.
    if mine.year == theirs.year and (1, 1) in ((mine.month, mine.day), (theirs.month, theirs.day)):
        return BirthLikeness.guess
    if (
        swapped_day(mine) == theirs
        or abs(mine - theirs) <= timedelta(days=1)
        or slips(mine.isoformat(), theirs.isoformat(), 1) == 1
    ):
        return BirthLikeness.slip
    return BirthLikeness.different


def is_unborn(told: ToldOfChild) -> bool:
    """Whether it is told of a child who is not born yet."""
    return told.date_of_birth is None and (
        told.birth_knowledge is BirthKnowledge.unborn or told.expected_delivery_on is not None
    )


def same_pregnancy(one: ToldOfChild, other: ToldOfChild) -> bool:
    """Whether one may be the child whom the other is to become, or both are: by the days alone."""
    if is_unborn(one) and is_unborn(other):
        mine, theirs = one.expected_delivery_on, other.expected_delivery_on
        return mine is None or theirs is None or abs(mine - theirs) <= ANOTHER_ESTIMATE
    unborn, born = (one, other.date_of_birth) if is_unborn(one) else (other, one.date_of_birth)
    if born is None or not is_unborn(unborn):
        return False
    expected = unborn.expected_delivery_on
    return expected is None or expected - EARLIEST_BIRTH <= born <= expected + LATEST_BIRTH


# ---- What speaks against, and what for ----------------------------------------------------------


def contradictions(told: ToldOfChild, held: ToldOfChild) -> tuple[Fact, ...]:
    """What is said of one child that cannot be so of the other, and is no slip of the pen either.

    A name that is misspelt, shortened, swapped or told in part contradicts nothing, nor does
    another family name after the same given one. A date of birth that may be a slip contradicts
    nothing where the whole name is the same. Sex does, whatever else agrees: a person looks.
    Numbers are not compared.
    """
    name = compare_names(named_of(told), named_of(held))
    birth = compare_births(told, held)
    found: list[Fact] = []
    if name in (NameLikeness.different, NameLikeness.family_only):
        found.append(Fact.name)
    if birth is BirthLikeness.different or (birth is BirthLikeness.slip and name not in WHOLE_NAME):
        found.append(Fact.birth)
    if birth is BirthLikeness.not_known and is_unborn(told) is not is_unborn(held):
        born = told.date_of_birth or held.date_of_birth
        if born is not None and not same_pregnancy(told, held):
            found.append(Fact.birth)
    if Sex.unknown not in (told.sex, held.sex) and told.sex is not held.sex:
        found.append(Fact.sex)
    return tuple(found)


def named_of(told: ToldOfChild) -> Named:
    """The name of a child as it is compared."""
    return named(told.given_name, told.family_name)


def differing_numbers(told: ToldOfChild, held: ToldOfChild) -> tuple[Fact, ...]:
    """The numbers of which both have one, and not the same."""
    return tuple(
        Fact(name)
        for name in NUMBERS
        if None not in (getattr(told, name), getattr(held, name))
        and getattr(told, name) != getattr(held, name)
    )


@dataclass(frozen=True, slots=True)
class Shared:
    """What two tellings share beside what is told of the child itself."""

    address: bool = False
    mother: bool = False
    another_mother: bool = False


_NOTHING_SHARED: Final = Shared()


def why_possible(
    told: ToldOfChild, held: ToldOfChild, shared: Shared = _NOTHING_SHARED
) -> tuple[Reason, ...]:
    """Why a child on file may be the child told of, from names and days; empty where nothing says.

    Never from a name alone, nor a day, nor an address: each is shared by too many.
    """
    name = compare_names(named_of(told), named_of(held))
    beside = [
        reason
        for reason, there in ((Reason.address, shared.address), (Reason.mother, shared.mother))
        if there
    ]
    if is_unborn(told) or is_unborn(held):
        another_mother = shared.another_mother and not shared.address
        return () if another_mother else _why_of_pregnancy(told, held, name, beside)
    birth = compare_births(told, held)
    if birth is BirthLikeness.different:
        return ()
    dated = birth is not BirthLikeness.not_known
    if name in WHOLE_NAME:
        enough = dated or bool(beside)
    elif name is NameLikeness.part:
        enough = dated and (birth in _DAY_AGREES or bool(beside))
    elif name is NameLikeness.different:
        enough = False
    else:
        enough = birth in _DAY_AGREES and bool(beside)
    if not enough:
        return ()
    return (*_OF_NAME.get(name, ()), *_OF_BIRTH.get(birth, ()), *beside)


def _why_of_pregnancy(
    told: ToldOfChild, held: ToldOfChild, name: NameLikeness, beside: Sequence[Reason]
) -> tuple[Reason, ...]:
    """The child of one pregnancy, born or not: by the days, and by the mother, home or name."""
    if not same_pregnancy(told, held) or (name is NameLikeness.different and not beside):
        return ()
    dated = None not in (
        told.expected_delivery_on or told.date_of_birth,
        held.expected_delivery_on or held.date_of_birth,
    )
    by_name = name not in (NameLikeness.not_known, NameLikeness.different) and dated
    if not (beside or by_name):
        return ()
    return (*_OF_NAME.get(name, ()), Reason.pregnancy, *beside)


WHOLE_NAME: Final = frozenset({NameLikeness.same, NameLikeness.similar, NameLikeness.swapped})
"""The names agree in both parts."""

_DAY_AGREES: Final = frozenset({BirthLikeness.same, BirthLikeness.slip})
_OF_NAME: Final = {
    NameLikeness.same: (Reason.name,),
    NameLikeness.similar: (Reason.similar_name,),
    NameLikeness.swapped: (Reason.names_swapped,),
    NameLikeness.part: (Reason.part_of_name,),
    NameLikeness.given_only: (Reason.part_of_name,),
    NameLikeness.family_only: (Reason.family_name,),
}
_OF_BIRTH: Final = {
    BirthLikeness.same: (Reason.birth_date,),
    BirthLikeness.guess: (Reason.birth_date_similar,),
    BirthLikeness.slip: (Reason.birth_date_similar,),
}


def is_strong(reasons: Sequence[Reason]) -> bool:
    """Whether so much speaks for it that nobody of less likeness in the same home is asked of."""
    return bool(_STRONG.intersection(reasons))


_STRONG: Final = frozenset({Reason.name, Reason.similar_name, Reason.names_swapped})


def are_one_child(one: ToldOfChild, other: ToldOfChild) -> bool:
    """Whether two children of one contact are plainly the same child told of twice.

    The same given and family name, and births that agree or are not told. Those without a given
    name are not: twins before and after birth, and newborns, are two.
    """
    mine, theirs = named_of(one), named_of(other)
    if not (mine.given and mine.family and set(mine.words) == set(theirs.words)):
        return False
    return one.date_of_birth == other.date_of_birth


def identity_key(
    given_name: str | None, family_name: str | None, date_of_birth: date | None
) -> str | None:
    """What two mentions of one person share: both parts of the name and the date of birth.

    None without any of the three: a name alone is shared by too many. It is written as the release
    before this one writes it, which may be at work on the same file.
    """
    name = named(given_name, family_name)
    if not (name.given and name.family) or date_of_birth is None:
        return None
    return f"{' '.join(name.family)}, {' '.join(name.given)}, {date_of_birth.isoformat()}"


def identity_keys(
    given_name: str | None, family_name: str | None, date_of_birth: date | None
) -> frozenset[str]:
    """What a person may have been written down as: also with the two parts of the name swapped."""
    ways = ((given_name, family_name), (family_name, given_name))
    keys = (identity_key(given, family, date_of_birth) for given, family in ways)
    return frozenset(key for key in keys if key is not None)


# ---- Keys: how the file is asked --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Keys:
    """What a child on file is found by: made when the record is written, and indexed.

    Never what decides: whoever is found is compared word by word. `identity_key` is what the
    release before this one finds people by, as long as both run beside each other.
    """

    identity_key: str | None
    name_key: str | None
    other_name_key: str | None
    given_key: str | None
    family_key: str | None


def keys_of(told: ToldOfChild) -> Keys:
    """The keys of a child: two pairs of a given and a family name, each with the year of birth."""
    name, born = named_of(told), told.date_of_birth
    given, family = name.given[:1], name.family[-1:]
    pair = (*given, *family)
    other = (*name.given[-1:], *name.family[:1])
    dated = born is not None and bool(pair)
    return Keys(
        identity_key=identity_key(told.given_name, told.family_name, born),
        name_key=_name_key(pair, born.year) if dated and born is not None else None,
        other_name_key=_name_key(other, born.year)
        if dated and born is not None and set(other) != set(pair)
        else None,
        given_key=given[0] if given else None,
        family_key=family[0] if family else None,
    )


def keyed(person: Person) -> Person:
    """A child on file with the keys that follow from what is known of the child."""
    keys = keys_of(person)
    return replace(
        person,
        identity_key=keys.identity_key,
        name_key=keys.name_key,
        other_name_key=keys.other_name_key,
        given_key=keys.given_key,
        family_key=keys.family_key,
    )


def _name_key(pair: Sequence[str], year: int) -> str:
    return f"{' '.join(sorted(pair))} {year}"


@dataclass(frozen=True, slots=True)
class Lookup:
    """What the file is asked for to find who a child may be: all of it by index.

    `name_keys` are looked for in both keys of a name; `family_words` and `given_words` on the
    `days` alone. Of whom one name alone is told, everybody born on those days is looked at.
    """

    name_keys: tuple[str, ...]
    days: tuple[date, ...]
    family_words: tuple[str, ...]
    given_words: tuple[str, ...]
    on_day: bool


def lookup_of(told: ToldOfChild) -> Lookup | None:
    """How to look for a child; None where no name, or no date of birth, is told."""
    name, born = named_of(told), told.date_of_birth
    if born is None or not name.words:
        return None
    years = range(born.year - _YEARS_OFF, born.year + _YEARS_OFF + 1)
    pairs = {
        (given, family)
        for given in name.given[:_MOST_WORDS]
        for family in name.family[:_MOST_WORDS]
    }
    keys = {_name_key(pair, year) for pair in pairs for year in years}
    # Whoever is on file by one name alone, or told of by one.
    words = name.words[: 2 * _MOST_WORDS]
    keys |= {_name_key((word,), born.year) for word in words}
    one_name = not (name.given and name.family)
    return Lookup(
        name_keys=tuple(sorted(keys)),
        days=tuple(sorted({born, swapped_day(born)})),
        family_words=() if one_name else name.family[:_MOST_WORDS],
        given_words=() if one_name else name.given[:_MOST_WORDS],
        on_day=one_name,
    )
