"""Pregnancies: the unborn child by week, before and after the birth (rule 17)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from service.domain.calendar import london_day_ends
from service.domain.deadlines import TERM_IN_WEEKS, PregnancyLimit, Timescale
from service.domain.errors import Conflict, Invalid, Problem
from service.domain.fields import Id, personal, plain, sensitive
from service.domain.people import BirthKnowledge, Person
from service.domain.states import StateTable
from service.domain.texts import counted

CLOCKS = ("pre_birth_assessment_begun", "pre_birth_assessment_done")
"""The clocks that run by the week of pregnancy."""

ASKING = "expected_delivery_known"
"""The clock that runs until the expected date of delivery is known."""

ALL_CLOCKS = (ASKING, *CLOCKS)
"""Every clock that only runs before a birth."""

LONGEST = timedelta(weeks=42)
"""As far ahead as an expected date may lie."""

OVERDUE_AT_MOST = timedelta(weeks=4)
"""As long ago as an expected date may lie of a child who is not born: beyond, ask for the birth."""

APART_AT_MOST = timedelta(weeks=14)
"""How far apart the children of one pregnancy may be born."""

_TERM = timedelta(weeks=TERM_IN_WEEKS)


class PregnancyState(StrEnum):
    """Where a pregnancy stands."""

    unborn = "unborn"
    born = "born"
    ended = "ended"


class PregnancyAction(StrEnum):
    """What can be done about an unborn child.

    `correct` is a contact that was put right: it had said unborn of a child who is not, or not so
    of one who is. `record_another_birth` is of a twin of whom nothing was known before the birth.
    """

    change_expected_delivery = "change_expected_delivery"
    record_birth = "record_birth"
    record_another_birth = "record_another_birth"
    end_pregnancy = "end_pregnancy"
    correct = "correct"


PREGNANCY: StateTable[PregnancyState, PregnancyAction] = StateTable(
    noun="unborn child",
    start=PregnancyState.unborn,
    moves={
        (PregnancyState.unborn, PregnancyAction.change_expected_delivery): PregnancyState.unborn,
        (PregnancyState.unborn, PregnancyAction.record_birth): PregnancyState.born,
        (PregnancyState.unborn, PregnancyAction.end_pregnancy): PregnancyState.ended,
        (PregnancyState.born, PregnancyAction.record_another_birth): PregnancyState.born,
    },
    final=frozenset({PregnancyState.born, PregnancyState.ended}),
)


@dataclass(frozen=True, slots=True)
class PregnancyStep:
    """One thing learnt of an unborn child, never changed.

    `happened_on` is the day of the birth or of the end; the two dates are the expected date of
    delivery before and after; `contact_id` is the contact that it was told by, or that is open.
    """

    id: Id
    person_id: Annotated[UUID, plain("The child.")]
    contact_id: Annotated[UUID | None, plain("The contact that told of it, or that is open.")]
    action: Annotated[
        PregnancyAction, plain("change_expected_delivery, record_birth, end_pregnancy, correct.")
    ]
    at: Annotated[datetime, plain("When it was recorded.")]
    by: Annotated[UUID, plain("Who.")]
    happened_on: Annotated[date | None, sensitive("Day of the birth or of the end, London.")]
    expected_before_on: Annotated[date | None, personal("Expected date before.")]
    expected_after_on: Annotated[date | None, personal("Expected date after.")]
    words: Annotated[str | None, sensitive("Why, in words.")]


@dataclass(frozen=True, slots=True)
class Gestation:
    """Completed weeks of pregnancy, and the days beyond them."""

    weeks: int
    days: int

    @property
    def words(self) -> str:
        """As it is said: "31 weeks and 2 days"."""
        weeks = counted(self.weeks, "week")
        return weeks if self.days == 0 else f"{weeks} and {counted(self.days, 'day')}"


@dataclass(frozen=True, slots=True)
class WeekAlert:
    """A week of pregnancy by which the policy wants something done."""

    kind: str
    title: str
    weeks: int
    on: date


@dataclass(frozen=True, slots=True)
class Birth:
    """A birth as it is told. Names that are left out stay as they are on file."""

    born_on: date
    given_name: str | None
    family_name: str | None
    sex: str
    nhs_number: str | None
    another_child: bool = False


class NotUnborn(Conflict):
    """The child is born, or the pregnancy has ended."""

    code = "not_unborn"
    title = "The child is not unborn"


class ChildNotOpen(Conflict):
    """Nothing is open about the child, so nobody would act on what is new."""

    code = "child_not_open"
    title = "Nothing is open about this child"


class PregnancyIncomplete(Invalid):
    """What was told of an unborn child leaves something out, or cannot be so."""

    code = "pregnancy_incomplete"
    title = "Something is missing or cannot be so"


def gestation(expected_delivery_on: date, on: date) -> Gestation | None:
    """How far a pregnancy is on a London day; None where the count has not begun.

    As midwives count: forty weeks are complete on the expected date of delivery. Days, not hours:
    neither a leap day nor a change of the clocks moves it.
    """
    gone = (_TERM - (expected_delivery_on - on)).days
    return None if gone < 0 else Gestation(*divmod(gone, 7))


def is_unborn(person: Person) -> bool:
    """Whether a child is not born yet, of a pregnancy that goes on."""
    return person.birth_knowledge is BirthKnowledge.unborn and person.pregnancy_ended_on is None


def state_of(person: Person, steps: Sequence[PregnancyStep]) -> PregnancyState | None:
    """Where the pregnancy stands; None for a child who was never unborn here."""
    if is_unborn(person):
        return PregnancyState.unborn
    if person.pregnancy_ended_on is not None:
        return PregnancyState.ended
    return PregnancyState.born if steps else None


def what_was_learnt(before: Person, after: Person) -> PregnancyAction | None:
    """What a change of a person means to a pregnancy; None when nothing."""
    was, is_ = is_unborn(before), is_unborn(after)
    if was and is_:
        same = before.expected_delivery_on == after.expected_delivery_on
        return None if same else PregnancyAction.change_expected_delivery
    if was and after.pregnancy_ended_on is not None:
        return PregnancyAction.end_pregnancy
    if was and after.date_of_birth is not None:
        return PregnancyAction.record_birth
    return PregnancyAction.correct if was or is_ else None


def surely_by(day: date, now: datetime) -> datetime:
    """The instant by which what happened on a London day had surely happened: its end, or now.

    Only the day of a birth is told: no clock that starts with it runs out too soon.
    """
    return min(london_day_ends(day), now)


def alerts(timescales: Iterable[Timescale], expected_delivery_on: date | None) -> list[WeekAlert]:
    """The weeks that the policy names, each with its day; none without an expected date."""
    if expected_delivery_on is None:
        return []
    return [
        WeekAlert(one.kind, one.title, one.limit.weeks, one.limit.day(expected_delivery_on))
        for one in timescales
        if isinstance(one.limit, PregnancyLimit)
    ]


def faults_in_expected_date(
    person: Person, expected_on: date, because: str | None, today: date
) -> list[Problem]:
    """What is wrong with an expected date of delivery as it is told."""
    at = "/expected_delivery_on"
    problems: list[Problem] = []
    if expected_on > today + LONGEST:
        problems.append(
            Problem(at, "This is more than 42 weeks ahead. Check the date.", "too_far_ahead")
        )
    if expected_on < today - OVERDUE_AT_MOST:
        problems.append(
            Problem(
                at,
                "This is more than four weeks ago. Check the date; when the child is born, record "
                "the birth.",
                "too_long_ago",
            )
        )
    if expected_on == person.expected_delivery_on:
        problems.append(Problem(at, "This is the date on file. Send another one.", "no_change"))
    if person.expected_delivery_on is not None and because is None:
        problems.append(
            Problem("/because", "Another date was on file: say why it changes.", "missing")
        )
    return problems


def faults_in_another_birth(first: Person, day: date, today: date) -> list[Problem]:
    """What is wrong with the day of birth of a child whose twin's birth is on file."""
    if day > today:
        return [Problem("/born_on", "This lies ahead. Check the date.", "in_the_future")]
    if first.date_of_birth is None or abs(day - first.date_of_birth) > APART_AT_MOST:
        return [
            Problem(
                "/born_on",
                "The first child of this pregnancy was born more than fourteen weeks from then. "
                "Check the date; a child of another pregnancy is logged as a contact.",
                "not_of_this_pregnancy",
            )
        ]
    return []


def faults_in_day(person: Person, day: date, today: date, pointer: str) -> list[Problem]:
    """What is wrong with the day of a birth, or of the end of a pregnancy."""
    if day > today:
        return [Problem(pointer, "This lies ahead. Check the date.", "in_the_future")]
    expected = person.expected_delivery_on
    earliest = person.created_at.date() - LONGEST if expected is None else expected - _TERM
    if day < earliest:
        return [
            Problem(
                pointer,
                "This is before the pregnancy that is on file began. Check the date.",
                "before_the_pregnancy",
            )
        ]
    return []


def incomplete(problems: Sequence[Problem]) -> PregnancyIncomplete:
    """The refusal that names everything that is missing or cannot be so."""
    return PregnancyIncomplete(
        "Something is missing or cannot be so. Put right what is named and send it again.",
        problems=list(problems),
    )
