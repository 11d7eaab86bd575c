"""Kinds of contact: what a contact is that is no concern, and the path that policy gives it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final
from uuid import UUID

from service.domain.calendar import day_months_later, london_date
from service.domain.fields import Id, plain, sensitive


class ContactKind(StrEnum):
    """What somebody wants who turns to the front door (rule 29). Only a concern is one."""

    concern = "concern"
    check = "check"
    consultation = "consultation"
    adult_only = "adult_only"
    another_authority = "another_authority"
    allegation_against_staff = "allegation_against_staff"
    private_fostering = "private_fostering"
    plan_transferred_in = "plan_transferred_in"
    unaccompanied_child = "unaccompanied_child"
    marac = "marac"


KINDS_ON_A_PATH: Final = tuple(one for one in ContactKind if one is not ContactKind.concern)
"""The kinds that the policy gives a path of their own."""

DECIDED_KINDS: Final = frozenset(
    {ContactKind.concern, ContactKind.plan_transferred_in, ContactKind.unaccompanied_child}
)
"""The kinds whose children are each decided and signed: they come to social care. Others end."""

TELLS_NO_WORRY: Final = frozenset(
    {ContactKind.check, ContactKind.consultation, ContactKind.adult_only}
)
"""The kinds that tell nothing of a child: none is an earlier contact that a decision considers."""

ENDED_CLOCK: Final = "light_contact_ended"
"""The clock of ending a contact that asks for nothing but an answer."""
VISIT_CLOCKS: Final = ("private_fostering_visit_again", "private_fostering_visit_later")
"""The clocks that a step starts by itself, each time that it was taken."""
KIND_CLOCKS: Final = (
    ENDED_CLOCK,
    "designated_officer_told",
    "evaluation_meeting_considered",
    "private_fostering_visit",
    *VISIT_CLOCKS,
    "transfer_in_conference",
    "accommodation_arranged",
    "marac_told",
)
"""The clocks that a path can name. Each but the first is stopped by the step of its name."""


class Children(StrEnum):
    """Whether a kind of contact tells of children."""

    needed = "needed"
    optional = "optional"
    none = "none"


@dataclass(frozen=True, slots=True)
class Repeat:
    """What a step starts when it was taken: it is to be taken again within that clock's limit.

    `from_month`: so many months after the contact was received, and from then on.
    """

    step: str
    clock: str
    from_month: int


@dataclass(frozen=True, slots=True)
class KindRules:
    """The path of one kind of contact, as the policy has it.

    `clocks` start at receipt; `steps` are what can be recorded on the way, each with its words,
    and stop the clock of their name; `before_ending` are those without which it does not end.
    `endings` are how it may end; of those in `passed_on` it is said to whom it went. `prompts` are
    answered at the end. `by_manager`: a manager who did not log it ends it. `tells_referrer`:
    whoever asked has their answer with the end.
    """

    kind: ContactKind
    title: str
    children: Children
    adult: bool
    clocks: Sequence[str] = ()
    steps: Mapping[str, str] = field(default_factory=dict)
    before_ending: Sequence[str] = ()
    endings: Mapping[str, str] = field(default_factory=dict)
    passed_on: Sequence[str] = ()
    prompts: Mapping[str, str] = field(default_factory=dict)
    by_manager: bool = False
    tells_referrer: bool = False
    repeats: Sequence[Repeat] = ()

    def next_clock(self, step: str, received_at: datetime, taken_at: datetime) -> str | None:
        """The clock that a step starts when it was taken, if it is to be taken again."""
        received_on, taken_on = london_date(received_at), london_date(taken_at)
        begun = [
            one
            for one in self.repeats
            if one.step == step and day_months_later(received_on, one.from_month) <= taken_on
        ]
        return max(begun, key=lambda one: one.from_month).clock if begun else None

    def clocks_of(self, step: str) -> tuple[str, ...]:
        """The clocks that a step stops: that of its name, and those that it started before."""
        repeated = (one.clock for one in self.repeats if one.step == step)
        return tuple(one for one in (step, *repeated) if one in KIND_CLOCKS)


CONCERN: Final = KindRules(
    kind=ContactKind.concern,
    title="Concern about a child",
    children=Children.needed,
    adult=False,
)
"""A concern has no path of its own: its children are decided."""


class KindAction(StrEnum):
    """What was done to a contact as one of its kind."""

    step_recorded = "step_recorded"
    ended = "ended"
    reclassified = "reclassified"


@dataclass(frozen=True, slots=True)
class KindAct:
    """One thing that was done to a contact as one of its kind. Nothing of it is ever changed."""

    id: Id
    contact_id: Annotated[UUID, plain("The contact.")]
    action: Annotated[KindAction, plain("step_recorded, ended, reclassified.")]
    at: Annotated[datetime, plain("When it was recorded.")]
    by: Annotated[UUID, plain("By whom.")]
    happened_at: Annotated[datetime, plain("When it happened.")]
    kind: Annotated[ContactKind, plain("The kind of the contact from then on.")]
    was: Annotated[ContactKind | None, plain("The kind before; none unless it was reclassified.")]
    code: Annotated[str | None, plain("The step or the ending, by its code in the policy.")]
    words: Annotated[str, sensitive("What was done or said, or why it was reclassified.")]
    passed_to: Annotated[str | None, sensitive("To whom it was passed on, and how.")]
    answers: Annotated[dict[str, str] | None, sensitive("The answers to what its path asks.")]


@dataclass(frozen=True, slots=True)
class NewStep:
    """A step as somebody records it."""

    step: str
    happened_at: datetime
    words: str


@dataclass(frozen=True, slots=True)
class NewEnding:
    """The end of a contact as somebody records it. `answers` are (prompt, words), in order."""

    ending: str
    words: str
    passed_to: str | None = None
    answers: Sequence[tuple[str, str]] = ()
