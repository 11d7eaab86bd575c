"""Amendments read: what a contact said before and after each, one field after the other."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from service.domain.contacts import Amendment
from service.domain.new_contacts import CHILD_FACTS, NewAdult

# A field of the contract as it is kept: a text, a yes or no, codes, or nothing.
Told = str | bool | list[str] | None


class ChangeKind(StrEnum):
    """What an amendment did with the thing to which a field belongs."""

    changed = "changed"
    added = "added"
    removed = "removed"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field with its old and its new words; of the contact where nobody is named."""

    kind: ChangeKind
    child_id: UUID | None
    adult_id: UUID | None
    name: str
    before: Told
    after: Told


@dataclass(frozen=True, slots=True)
class SeenAmendment:
    """An amendment as far as its reader may see it. `reason` is None where it is hidden."""

    amendment: Amendment
    reason: str | None
    changes: tuple[FieldChange, ...]
    not_shown: tuple[str, ...]


# What is told of a child and of an adult, in the contract's order; a contact has no such bounds.
_OF_CHILDREN: Final = ("person_id", *CHILD_FACTS, "kept_as_told")
_OF_ADULTS: Final = tuple(dict.fromkeys((*(one.name for one in fields(NewAdult)), "kept_as_told")))


def changes_in(amendment: Amendment) -> Iterator[FieldChange]:
    """Each field that an amendment changed, with its old and its new words."""
    for part in {**amendment.before, **amendment.after}:
        before, after = _facts(amendment.before, part), _facts(amendment.after, part)
        noun, _, id_ = part.partition("/")
        kind = (
            ChangeKind.added
            if before is None
            else ChangeKind.removed
            if after is None
            else ChangeKind.changed
        )
        old, new = _each(before or {}), _each(after or {})
        for name in _names(noun, {**old, **new}):
            if old.get(name) != new.get(name):
                yield FieldChange(
                    kind=kind,
                    child_id=UUID(id_) if noun == "children" else None,
                    adult_id=UUID(id_) if noun == "adults" else None,
                    name=name,
                    before=old.get(name),
                    after=new.get(name),
                )


def _facts(side: Mapping[str, object], part: str) -> Mapping[str, Any] | None:
    found = side.get(part)
    return found if isinstance(found, dict) else None


def _each(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Each field by its name; what is kept by names of its own, each of them by the way there."""
    found: dict[str, Any] = {}
    for name, value in facts.items():
        if isinstance(value, dict):
            found.update({f"{name}/{part}": one for part, one in value.items()})
        else:
            found[name] = value
    return found


def _names(noun: str, held: Mapping[str, object]) -> list[str]:
    told = {"children": _OF_CHILDREN, "adults": _OF_ADULTS}.get(noun)
    if told is None:
        return list(held)
    return [name for field in told for name in held if name.partition("/")[0] == field]


def as_seen(amendment: Amendment, children: Collection[UUID] | None) -> SeenAmendment:
    """An amendment for who may know what becomes of these children; None for all there ever were.

    Where it tells of another child as well, its words may do so too: they are hidden with that.
    """
    told = tuple(changes_in(amendment))
    if children is None:
        return SeenAmendment(amendment, amendment.reason, told, ())
    seen = tuple(one for one in told if one.child_id is None or one.child_id in children)
    if seen == told:
        return SeenAmendment(amendment, amendment.reason, told, ())
    return SeenAmendment(amendment, None, seen, ("reason", "changes"))
