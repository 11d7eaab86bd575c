"""Corrections: what was told of a child is put right, and only that child is touched by it."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from typing import Any

from service.domain.contacts import Child
from service.domain.identities import (
    NUMBERS,
    WHOLE_NAME,
    BirthLikeness,
    Fact,
    compare_births,
    compare_names,
    contradictions,
    differing_numbers,
    named_of,
)
from service.domain.people import BirthKnowledge, Person, Sex, ToldOfChild

IDENTITY: frozenset[str] = frozenset(
    {
        "given_name",
        "family_name",
        "date_of_birth",
        "birth_knowledge",
        "expected_delivery_on",
        "sex",
        *NUMBERS,
    }
)
"""What is told of a child that says who the child is."""

_SIMPLE = ("given_name", "family_name", *NUMBERS)
_BIRTH = ("date_of_birth", "birth_knowledge", "expected_delivery_on")


def why_another(told: ToldOfChild, others: Sequence[ToldOfChild]) -> tuple[Fact, ...]:
    """What shows that a child, as put right, is not the one of whom other contacts tell.

    Empty where everything may be of one child; another number alone is a slip where the whole name
    and the birth agree.
    """
    for other in others:
        found = contradictions(told, other)
        if not found and not _plainly_one(told, other):
            found = differing_numbers(told, other)
        if found:
            return found
    return ()


def _plainly_one(told: ToldOfChild, other: ToldOfChild) -> bool:
    whole = compare_names(named_of(told), named_of(other)) in WHOLE_NAME
    return whole and compare_births(told, other) is not BirthLikeness.not_known


def told_of_others(name: str, others: Sequence[Child]) -> list[Any]:
    """What other contacts tell of one fact; a number that was set aside there is not told."""
    return [
        value
        for other in others
        if name not in other.set_aside and (value := getattr(other, name)) is not None
    ]


def corrected(before: Child, after: Child, others: Sequence[Child]) -> Mapping[str, Any]:
    """The old values of what a correction changes, where no other contact tells the same.

    The file follows these; what somebody else told as well stays as it is. An expected date is
    what was thought of it last.
    """
    changed = {
        name: old for name in IDENTITY if (old := getattr(before, name)) != getattr(after, name)
    }
    born = before.date_of_birth
    if born is not None and born in told_of_others("date_of_birth", others):
        changed = {name: old for name, old in changed.items() if name not in _BIRTH}
    return {
        name: old
        for name, old in changed.items()
        if name in _BIRTH or old not in told_of_others(name, others)
    }


def unlearnt(
    person: Person, gone: Child, others: Sequence[Child], *, kept: Container[str] = ()
) -> Person:
    """A child on file without what only a telling told that turned out to be of another child.

    What others told takes its place. `kept` are facts that somebody recorded of the child itself.
    """
    values: dict[str, Any] = {}
    for name in _SIMPLE:
        held = getattr(person, name)
        if held is None or name in kept or held != getattr(gone, name):
            continue
        told = told_of_others(name, others)
        if held not in told:
            values[name] = told[0] if told else None
    if "sex" not in kept and person.sex is gone.sex and person.sex is not Sex.unknown:
        told = [other.sex for other in others if other.sex is not Sex.unknown]
        if person.sex not in told:
            values["sex"] = told[0] if told else Sex.unknown
    alone = _born_as(person, gone) and not any(_born_as(person, other) for other in others)
    if alone and "date_of_birth" not in kept:
        values |= _birth_of(others)
    return replace(person, **values) if values else person


def _born_as(person: Person, told: Child) -> bool:
    known = person.date_of_birth is not None or person.expected_delivery_on is not None
    return known and all(getattr(person, name) == getattr(told, name) for name in _BIRTH)


def _birth_of(others: Sequence[Child]) -> dict[str, Any]:
    dated = [one for one in others if one.date_of_birth is not None]
    dated += [one for one in others if one.expected_delivery_on is not None]
    if dated:
        return {name: getattr(dated[0], name) for name in _BIRTH}
    return {
        "date_of_birth": None,
        "birth_knowledge": BirthKnowledge.not_known,
        "expected_delivery_on": None,
    }
