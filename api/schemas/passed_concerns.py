"""Passed concerns on the wire: new concerns about open children, for who holds the case."""

from typing import Annotated, Self
from uuid import UUID

from fastapi import Path
from pydantic import Field

from api.actions import what_can_be_done
from api.schemas.deadlines import Deadline
from api.schemas.fields import WireOut
from api.schemas.words import (
    EXAMPLE_ID,
    ChildOnContactId,
    ETagVersion,
    PersonId,
    ReadBy,
    an_id,
)
from service.domain.accountabilities import CareService
from service.domain.deadlines import Rating
from service.domain.passed_concerns import (
    PASSED_CONCERN,
    PassedConcernAction,
    PassedConcernState,
)
from service.strict.fields import Instant, Text, Wire
from service.usecases.passed_concerns import WholePassedConcern

_WORDS = "I see Amara at school this afternoon, and speak to her mother after that."

PassedConcernId = Annotated[UUID, Path(description="The passed concern.", examples=[EXAMPLE_ID])]


class PassedConcernAnswerIn(Wire):
    """That a concern was read by who holds the child's case."""

    words: Annotated[
        Annotated[str, Text(8000)],
        Field(description="What you will do, in your own words.", examples=[_WORDS]),
    ]


class PassedConcernSummary(WireOut):
    """A passed concern in a list. What it says stands on the contact, and in the decision."""

    id: Annotated[UUID, an_id("The passed concern.")]
    version: ETagVersion
    state: Annotated[
        PassedConcernState,
        Field(
            description=(
                "`waiting` until it is read; `settled` when it waits for nobody: another decision "
                "took the place of this one, or nobody holds the child's case any more."
            ),
            examples=["waiting"],
        ),
    ]
    decision_id: Annotated[UUID, an_id("The signed decision that passed it.")]
    contact_id: Annotated[UUID, an_id("The contact that told of it.")]
    child_id: ChildOnContactId
    person_id: PersonId
    service: Annotated[
        CareService,
        Field(description="The side that holds the case.", examples=["social_care"]),
    ]
    referral_id: Annotated[UUID | None, an_id("The referral whose holder reads it.")]
    early_help_episode_id: Annotated[
        UUID | None, an_id("The early help episode whose holder reads it.")
    ]
    rating: Annotated[
        Rating,
        Field(
            description="How urgent the contact was rated then; amber when it was not.",
            examples=["red"],
        ),
    ]
    passed_at: Annotated[Instant, Field(description="When it was passed: the clock starts here.")]
    answered_at: Annotated[
        Instant | None, Field(description="When it was read, with what will be done.")
    ]
    answered_by: ReadBy
    words: Annotated[
        str | None,
        Field(max_length=8000, description="What they will do.", examples=[_WORDS]),
    ]


class PassedConcern(PassedConcernSummary):
    """A passed concern with what can be done about it, and its clock."""

    possible_actions: Annotated[
        list[PassedConcernAction],
        Field(
            max_length=5,
            description=what_can_be_done(PassedConcernAction),
            examples=[["answer"]],
        ),
    ]
    deadlines: Annotated[
        list[Deadline],
        Field(max_length=100, description="The clock of reading it.", examples=[[]]),
    ]

    @classmethod
    def of(cls, whole: WholePassedConcern) -> Self:
        """As it is seen by staff."""
        return cls.taken_from(
            whole.concern,
            possible_actions=PASSED_CONCERN.allowed(whole.concern.state),
            deadlines=whole.deadlines,
        )
