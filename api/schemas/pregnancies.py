"""Unborn children on the wire: the expected date, the birth, and the weeks in between."""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from api.actions import what_can_be_done
from api.schemas.deadlines import Deadline
from api.schemas.fields import NotShown, WireOut
from api.schemas.words import (
    CodedSex,
    ETagVersion,
    FamilyName,
    PersonId,
    RecordedAt,
    RecordedBy,
    an_id,
)
from service.domain.people import Sex
from service.domain.pregnancies import (
    PREGNANCY,
    Birth,
    PregnancyAction,
    PregnancyState,
    gestation,
)
from service.domain.queues import UnbornChild
from service.strict.fields import LARGEST, DateOn, Flag, Line, Text, Wire
from service.strict.numbers import NhsNumber
from service.usecases.pregnancies import WholePregnancy

_BECAUSE = "The dating scan of last Tuesday puts the pregnancy a fortnight further on."

Words = Annotated[str, Text(4000)]


class ExpectedDeliveryIn(Wire):
    """When an unborn child is expected."""

    expected_delivery_on: Annotated[
        DateOn,
        Field(description="Expected date of delivery, in London.", examples=["2027-02-14"]),
    ]
    because: Annotated[
        Words | None,
        Field(
            description="Why the date changes. Needed when another date is on file.",
            examples=[_BECAUSE],
        ),
    ] = None


class BirthIn(Wire):
    """A birth: the child stays the same. Names that are left out stay as they are on file."""

    born_on: Annotated[DateOn, Field(description="Date of birth.", examples=["2026-10-20"])]
    given_name: Annotated[
        Annotated[str, Line(100)] | None,
        Field(description="Given names, when the child has any yet.", examples=["Adaeze"]),
    ] = None
    family_name: Annotated[
        Annotated[str, Line(100)] | None, Field(description="Family name.", examples=["Okafor"])
    ] = None
    sex: CodedSex
    nhs_number: Annotated[
        NhsNumber | None,
        Field(
            description="The child's own NHS number, when it is known; never the mother's.",
            examples=["9434765919"],
        ),
    ] = None
    another_child: Annotated[
        Flag,
        Field(
            description=(
                "True for a further child of the pregnancy, once the first birth is on file: a "
                "child of its own, on a contact of its own that waits for a decision."
            ),
            examples=[False],
        ),
    ] = False

    def told(self) -> Birth:
        """The birth as it was told."""
        return Birth(**dict(self))


class PregnancyEndIn(Wire):
    """A pregnancy that ended without a birth."""

    ended_on: Annotated[DateOn, Field(description="When it ended.", examples=["2026-10-20"])]
    because: Annotated[
        Words,
        Field(
            description="What is known, and from whom.",
            examples=[
                "The midwife rang: the pregnancy ended on Monday. The mother is in hospital."
            ],
        ),
    ]


class UnbornInQueue(WireOut):
    """An unborn child in a queue, by week of pregnancy."""

    person_id: PersonId
    expected_delivery_on: Annotated[
        DateOn | None,
        Field(description="Expected date of delivery; null while nobody knows it."),
    ]
    weeks: Annotated[
        Annotated[int, Field(ge=0, le=LARGEST)] | None,
        Field(description="Completed weeks of pregnancy today.", examples=[31]),
    ]
    days: Annotated[
        Annotated[int, Field(ge=0, le=6)] | None,
        Field(description="Days beyond them.", examples=[2]),
    ]
    in_words: Annotated[
        str | None,
        Field(max_length=40, description="The same, in words.", examples=["31 weeks and 2 days"]),
    ]

    @classmethod
    def of(cls, child: UnbornChild, today: date) -> Self:
        """As far as the pregnancy is today."""
        expected_on = child.expected_delivery_on
        at = None if expected_on is None else gestation(expected_on, today)
        return cls.made_of(
            {
                "person_id": child.person_id,
                "expected_delivery_on": expected_on,
                "weeks": None if at is None else at.weeks,
                "days": None if at is None else at.days,
                "in_words": None if at is None else at.words,
            }
        )


class WeekAlert(WireOut):
    """A week of pregnancy by which the policy wants something done."""

    kind: Annotated[
        str,
        Field(
            max_length=64,
            description="The timescale, by its name in the policy.",
            examples=["pre_birth_assessment_begun"],
        ),
    ]
    title: Annotated[
        str,
        Field(
            max_length=200, description="What is wanted.", examples=["Pre-birth assessment begun"]
        ),
    ]
    weeks: Annotated[
        Annotated[int, Field(ge=1, le=40)],
        Field(description="The week of pregnancy.", examples=[20]),
    ]
    on: Annotated[DateOn, Field(description="The day on which so many weeks are complete.")]
    has_passed: Annotated[bool, Field(description="Whether that day has passed.", examples=[False])]


class PregnancyStep(WireOut):
    """One thing learnt of an unborn child, never changed."""

    action: Annotated[
        PregnancyAction,
        Field(
            description=(
                "What was learnt; `correct` where a contact was put right about whether the child "
                "is unborn."
            ),
            examples=["change_expected_delivery"],
        ),
    ]
    at: RecordedAt
    by: RecordedBy
    contact_id: Annotated[UUID | None, an_id("The contact that told of it, or that was open.")]
    happened_on: Annotated[DateOn | None, Field(description="The day of the birth, or of the end.")]
    expected_before_on: Annotated[DateOn | None, Field(description="Expected date before.")]
    expected_after_on: Annotated[DateOn | None, Field(description="Expected date after.")]
    words: Annotated[
        str | None, Field(max_length=4000, description="Why, in words.", examples=[_BECAUSE])
    ]


class Pregnancy(UnbornInQueue):
    """An unborn child by week of pregnancy; once born, the same child with what was before."""

    version: ETagVersion
    state: Annotated[
        PregnancyState,
        Field(
            description="unborn; born; or ended, without a birth.",
            examples=["unborn"],
        ),
    ]
    possible_actions: Annotated[
        list[PregnancyAction],
        Field(
            max_length=10,
            description=what_can_be_done(PregnancyAction),
            examples=[["change_expected_delivery", "record_birth", "end_pregnancy"]],
        ),
    ]
    given_name: Annotated[
        str | None, Field(max_length=100, description="Given names.", examples=[None])
    ]
    family_name: FamilyName
    sex: Annotated[Sex, Field(description="M, F; U until birth.", examples=["U"])]
    date_of_birth: Annotated[DateOn | None, Field(description="Date of birth; null until birth.")]
    ended_on: Annotated[
        DateOn | None, Field(description="When the pregnancy ended without a birth.")
    ]
    alerts: Annotated[
        list[WeekAlert],
        Field(
            max_length=10,
            description="The weeks that the policy names; none until the expected date is known.",
        ),
    ]
    steps: Annotated[
        list[PregnancyStep],
        Field(max_length=1000, description="Everything learnt, oldest first.", examples=[[]]),
    ]
    deadlines: Annotated[
        list[Deadline],
        Field(
            max_length=1000,
            description="The pre-birth clocks of the referrals that the caller may see.",
            examples=[[]],
        ),
    ]
    not_shown: NotShown

    @classmethod
    def whole(cls, found: WholePregnancy) -> Self:
        """As it is seen by staff."""
        person = found.person
        unborn = found.state is PregnancyState.unborn
        expected_on = person.expected_delivery_on
        at = gestation(expected_on, found.today) if unborn and expected_on is not None else None
        alerts = found.alerts if unborn else ()
        return cls.taken_from(
            person,
            person_id=person.id,
            weeks=None if at is None else at.weeks,
            days=None if at is None else at.days,
            in_words=None if at is None else at.words,
            version=found.version,
            state=found.state,
            possible_actions=PREGNANCY.allowed(found.state),
            ended_on=person.pregnancy_ended_on,
            alerts=[WeekAlert.taken_from(one, has_passed=one.on < found.today) for one in alerts],
            steps=found.steps,
            deadlines=found.deadlines,
            not_shown=found.not_shown,
        )
