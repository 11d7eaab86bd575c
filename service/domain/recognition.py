"""Recognition: whom on file a child told of is taken for, and which numbers are set aside."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from service.domain.errors import Invalid, Problem
from service.domain.identities import (
    NUMBERS,
    WHOLE_NAME,
    BirthLikeness,
    NameLikeness,
    are_one_child,
    compare_births,
    compare_names,
    contradictions,
    differing_numbers,
    named_of,
)
from service.domain.new_contacts import Faults, NewChild
from service.domain.people import Person, ToldOfChild


class PersonUnknown(Invalid):
    """A child was linked to a record that is not there."""

    code = "person_unknown"
    title = "No such child on file"


@dataclass(frozen=True, slots=True)
class Recognised:
    """The person on file for each child, None for one not on file; and the numbers on file.

    `set_aside` names, for each child, the numbers that somebody else on file bears.
    """

    people: Sequence[Person | None]
    bearers: Mapping[str, Person]
    set_aside: Sequence[Sequence[str]]

    def taken_from(self, person_id: UUID) -> frozenset[str]:
        """The numbers that somebody else bears."""
        return frozenset(
            number for number, bearer in self.bearers.items() if bearer.id != person_id
        )


NOBODY_ON_FILE: Mapping[str, Person] = {}


def _refuse_wrong_links(
    faults: Faults,
    children: Sequence[tuple[str, NewChild]],
    on_file: Mapping[UUID, Person],
    bearers: Mapping[str, Person],
) -> None:
    """Gathers links to nobody, and numbers that belong to somebody else than who was linked."""
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
            for name in NUMBERS
            if child.person_id is not None
            and (bearer := bearers.get(getattr(child, name) or "")) is not None
            and bearer.id != child.person_id
        ],
    )


def recognised(
    faults: Faults,
    children: Sequence[tuple[str, NewChild]],
    on_file: Mapping[UUID, Person],
    bearers: Mapping[str, Person],
    *,
    from_partner: bool,
) -> Recognised:
    """For each child, the person on file: named by a worker, or known by a number and all else.

    A number is one fact among several. Where what is told contradicts whoever bears it, the number
    is set aside: the child is somebody else, until a person has looked. A worker who names one
    child twice is told so. A partner is not, where only the file knows (they may not learn what is
    on file, and no concern waits for it): the second of the two is recorded as a child of its own.
    """
    _refuse_wrong_links(faults, children, on_file, bearers)
    everybody = [*on_file.values(), *bearers.values()]
    found = [
        on_file.get(child.person_id)
        if child.person_id is not None
        else bearer_of(child, bearers, everybody)
        for _, child in children
    ]
    if from_partner:
        found = _each_once(found)
    marks = [
        (at, {None if person is None else person.id, child.nhs_number, child.unique_pupil_number})
        for (at, child), person in zip(children, found, strict=True)
    ]
    refuse_one_child_twice(faults, marks)
    return Recognised(
        found,
        bearers,
        [
            numbers_set_aside(child, bearers, None if person is None else person.id)
            for (_, child), person in zip(children, found, strict=True)
        ],
    )


def numbers_set_aside(
    told: ToldOfChild, bearers: Mapping[str, Person], person_id: UUID | None
) -> list[str]:
    """The names of the numbers told of a child that somebody else on file bears."""
    return [
        name
        for name in NUMBERS
        if (bearer := bearers.get(getattr(told, name) or "")) is not None and bearer.id != person_id
    ]


def bearer_of(
    told: ToldOfChild, bearers: Mapping[str, Person], on_file: Iterable[Person] = ()
) -> Person | None:
    """Who on file bears a number of the child and is contradicted by nothing else that is told.

    Of two of them the one whose name is told. A name that is only similar does not make a child
    the bearer where somebody else on file has the very name: twins' numbers are mixed up.
    """
    able = [
        bearer
        for name in NUMBERS
        if (bearer := bearers.get(getattr(told, name) or "")) is not None
        and is_borne_out(told, bearer)
        and not _is_rather(told, bearer, on_file)
    ]
    return min(able, key=lambda one: _liking(told, one), default=None)


def is_borne_out(told: ToldOfChild, bearer: ToldOfChild) -> bool:
    """Whether nothing contradicts that a child is who bears the number."""
    if contradictions(told, bearer):
        return False
    if not differing_numbers(told, bearer):
        return True
    # The other number says somebody else: then the rest must say that it is the same child.
    whole = compare_names(named_of(told), named_of(bearer)) in WHOLE_NAME
    return whole and compare_births(told, bearer) is not BirthLikeness.not_known


def _is_rather(told: ToldOfChild, bearer: Person, on_file: Iterable[Person]) -> bool:
    if compare_names(named_of(told), named_of(bearer)) is not NameLikeness.similar:
        return False
    return any(other.id != bearer.id and are_one_child(told, other) for other in on_file)


def _liking(told: ToldOfChild, bearer: Person) -> bool:
    return compare_names(named_of(told), named_of(bearer)) not in WHOLE_NAME


def _each_once(found: Sequence[Person | None]) -> list[Person | None]:
    seen: set[UUID] = set()
    kept: list[Person | None] = []
    for person in found:
        again = person is not None and person.id in seen
        kept.append(None if again else person)
        if person is not None:
            seen.add(person.id)
    return kept


def refuse_one_child_twice(faults: Faults, marks: Sequence[tuple[str, set[Any]]]) -> None:
    """Adds to `faults` the children that share a mark with one before them."""
    seen: dict[object, str] = {}
    problems: list[Problem] = []
    for at, of_child in marks:
        told = of_child - {None}
        first = next((seen[mark] for mark in told if mark in seen), None)
        if first is not None:
            problems.append(_the_same(at, first))
        seen |= dict.fromkeys(told, at)
    faults.add(Invalid, "One child is named twice.", problems)


def _the_same(at: str, first: str) -> Problem:
    return Problem(
        at,
        f"This is the same child as the one at {first}: name each child once, with that child's "
        "own number.",
        "same_child_twice",
    )
