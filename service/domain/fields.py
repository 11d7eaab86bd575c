"""What each field of a record means and how sensitive it is, said once, beside the field.

The tables, their columns' comments and the data dictionary are made of it.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, TypeAlias
from uuid import UUID


class Sensitivity(StrEnum):
    """What a field may hold: drives log redaction, exports and the data dictionary."""

    plain = "plain"
    personal = "personal"
    sensitive = "sensitive"


@dataclass(frozen=True, slots=True)
class Kept:
    """What a field that is kept holds, in a sentence, and its class."""

    meaning: str
    sensitivity: Sensitivity


def plain(meaning: str) -> Kept:
    """A field of ids, codes, times and counts."""
    return Kept(meaning, Sensitivity.plain)


def personal(meaning: str) -> Kept:
    """A field that says who somebody is."""
    return Kept(meaning, Sensitivity.personal)


def sensitive(meaning: str) -> Kept:
    """A field with what is told of a child's or a family's life."""
    return Kept(meaning, Sensitivity.sensitive)


# What many records have, and means the same in each.
Id: TypeAlias = Annotated[UUID, plain("Identifier (UUIDv7).")]
Reference: TypeAlias = Annotated[str, plain("Human reference with a check character.")]
PersonId: TypeAlias = Annotated[UUID, plain("The child, across contacts.")]
Version: TypeAlias = Annotated[int, plain("Grows with each change; the ETag.")]
