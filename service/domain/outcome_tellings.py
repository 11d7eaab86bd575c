"""Outcome tellings: that the referrer was told what came of a contact (rule 16)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from service.domain.errors import Conflict, Invalid
from service.domain.fields import Id, plain, sensitive


class TellingWay(StrEnum):
    """How a referrer was told of the outcome."""

    telephone = "telephone"
    email = "email"
    letter = "letter"
    in_person = "in_person"


@dataclass(frozen=True, slots=True)
class OutcomeTelling:
    """That the referrer was told what came of a contact: how, when, and in which words."""

    id: Id
    contact_id: Annotated[UUID, plain("The contact.")]
    told_at: Annotated[datetime, plain("When the referrer was told.")]
    how: Annotated[TellingWay, plain("telephone, email, letter, in_person.")]
    words: Annotated[str, sensitive("What they were told.")]
    recorded_at: Annotated[datetime, plain("When it was recorded.")]
    recorded_by: Annotated[UUID, plain("By whom.")]


class NobodyToTell(Conflict):
    """The referrer did not say who they are."""

    code = "nobody_to_tell"
    title = "Nobody can be told"


class OutcomeToldTooEarly(Invalid):
    """The outcome is told after it is known, and not in the future."""

    code = "time_not_possible"
    title = "It cannot have been told then"
