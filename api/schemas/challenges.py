"""Challenges on the wire: what is disagreed with, every stage and answer, and what is possible."""

from collections.abc import Sequence
from typing import Annotated, Self
from uuid import UUID

from fastapi import Path, Query
from pydantic import Field

from api.schemas.deadlines import Deadline
from api.schemas.fields import FlagParameter, WholeParameter, WireOut
from api.schemas.words import (
    EXAMPLE_ID,
    ChallengeReference,
    ChildOnContactId,
    ContactBehindId,
    DoneAt,
    ItsChallengeId,
    PersonId,
    Version,
    an_id,
)
from service.domain.access import Role
from service.domain.challenges import (
    ChallengeAction,
    ChallengeAnswer,
    ChallengedThing,
    ChallengeOutcome,
    ChallengeState,
)
from service.strict.fields import Id, Instant, Text, Wire
from service.usecases.challenges import DatedChallenge, WholeChallenge

_REASONS = (
    "The bruises were explained by nobody, and the level decided passes over what the school saw."
)

ChallengeId = Annotated[UUID, Path(description="The challenge.", examples=[EXAMPLE_ID])]
States = Annotated[
    Sequence[ChallengeState],
    Query(max_length=5, description="Only these states.", examples=[["raised"]]),
]
Outcomes = Annotated[
    Sequence[ChallengeOutcome],
    Query(max_length=5, description="Only those that ended so.", examples=[["changed"]]),
]
OpenFilter = Annotated[
    FlagParameter | None,
    Query(alias="open", description="Only those that have not ended, or only those that have."),
]
StageFilter = Annotated[
    Annotated[int, WholeParameter(1, 9)] | None,
    Query(description="Only those at this stage, or that ended at it.", examples=[1]),
]
ThingFilter = Annotated[
    ChallengedThing | None,
    Query(description="Only challenges of a decision, or of a refusal.", examples=["decision"]),
]
AnsweringRoleFilter = Annotated[
    Role | None,
    Query(
        description="Only those whose stage this role answers, or answered last.",
        examples=["mash_manager"],
    ),
]


class ChallengeIn(Wire):
    """Why a signed decision is challenged."""

    words: Annotated[
        Annotated[str, Text(4000)],
        Field(
            description="What the facts are, and why they meet another threshold.",
            examples=[_REASONS],
        ),
    ]


class ChallengeAnswerIn(Wire):
    """What a stage answers, and why."""

    answer: Annotated[
        ChallengeAnswer,
        Field(
            description=(
                "`agreed`: both sides agree that it stands, and who challenged confirms it. "
                "`upheld`: it stands against the challenge, which may go to the next stage. "
                "`changed`: it does not stand; a superseding decision follows, or the transfer "
                "waits to be accepted."
            ),
            examples=["upheld"],
        ),
    ]
    words: Annotated[
        Annotated[str, Text(4000)],
        Field(
            description="Why, in your own words.",
            examples=[
                "I read the file again: the school's account and the hospital's fit each other."
            ],
        ),
    ]


class ChallengeEscalationIn(Wire):
    """Why a challenge goes to the next stage."""

    words: Annotated[
        Annotated[str, Text(4000)],
        Field(
            description="Why the answer, or its absence, does not settle it.", examples=[_REASONS]
        ),
    ]


class ChallengeWordsIn(Wire):
    """What the side that raised a challenge says to its end."""

    words: Annotated[
        Annotated[str, Text(4000)],
        Field(
            description="In your own words.",
            examples=["The hospital's letter has come since, and it settles what we asked."],
        ),
    ]


class ChallengeSummary(WireOut):
    """A challenge in a list."""

    id: ItsChallengeId
    reference: ChallengeReference
    version: Version
    thing: Annotated[
        ChallengedThing,
        Field(description="What is disagreed with: decision, refusal.", examples=["decision"]),
    ]
    decision_id: Annotated[UUID | None, an_id("The decision challenged; null for a refusal.")]
    transfer_id: Annotated[
        UUID | None,
        Field(
            description="The transfer whose refusal is challenged; null for a decision.",
            examples=[None],
        ),
    ]
    contact_id: ContactBehindId
    child_id: ChildOnContactId
    person_id: PersonId
    state: Annotated[
        ChallengeState,
        Field(description="raised, agreed, upheld, awaiting_change, ended.", examples=["raised"]),
    ]
    stage: Annotated[
        Annotated[int, Field(ge=1, le=9)],
        Field(description="The stage that it is at, from 1.", examples=[1]),
    ]
    answering_role: Annotated[
        str,
        Field(
            max_length=64,
            description="The role that answers at this stage.",
            examples=["mash_manager"],
        ),
    ]
    challenger_role: Annotated[
        str,
        Field(
            max_length=64,
            description="The manager of the side that raised it; partner_system for a partner's.",
            examples=["early_help_spoc_manager"],
        ),
    ]
    raised_at: Annotated[Instant, Field(description="When it was raised.")]
    raised_by: Annotated[UUID, an_id("Who raised it.")]
    raised_by_organisation_id: Annotated[
        str | None,
        Field(
            max_length=64,
            description="The partner agency that raised it; null for staff.",
            examples=[None],
        ),
    ]
    stage_began_at: Annotated[Instant, Field(description="When this stage began.")]
    outcome: Annotated[
        ChallengeOutcome | None,
        Field(
            description="How it ended: agreed, upheld, changed, withdrawn, overtaken.",
            examples=[None],
        ),
    ]
    changed_to_decision_id: Annotated[
        UUID | None, Field(description="The superseding decision it led to.", examples=[None])
    ]
    ended_at: Annotated[Instant | None, Field(description="When it ended; null while open.")]
    due_at: Annotated[
        Instant | None,
        Field(description="The limit of the clock that runs on it; null when none runs."),
    ]

    @classmethod
    def of(cls, dated: DatedChallenge) -> Self:
        """As it stands in the list."""
        return cls.taken_from(dated.challenge, due_at=dated.due_at)


class ChallengeStep(WireOut):
    """One move of a challenge, never changed."""

    action: Annotated[
        ChallengeAction,
        Field(description="What was done.", examples=["raise"]),
    ]
    state: Annotated[ChallengeState, Field(description="The state it led to.", examples=["raised"])]
    stage: Annotated[
        Annotated[int, Field(ge=1, le=9)],
        Field(description="The stage at which it stood then.", examples=[1]),
    ]
    at: DoneAt
    by: Annotated[UUID | None, an_id("Who; null when its own clock did it.")]
    organisation_id: Annotated[
        str | None,
        Field(max_length=64, description="The partner agency, if one did it.", examples=[None]),
    ]
    words: Annotated[
        str | None,
        Field(
            max_length=20_000,
            description="In their own words; null where the service did it by itself.",
            examples=[_REASONS],
        ),
    ]


class Challenge(ChallengeSummary):
    """A challenge with its whole history: every move, every clock, and what is possible now."""

    allowed: Annotated[
        list[ChallengeAction],
        Field(
            max_length=11,
            description=(
                "What can be done now. `agree`, `uphold` and `change` are answers of the answering "
                "role; the others are for the side that raised it."
            ),
            examples=[["agree", "uphold", "change", "escalate", "withdraw"]],
        ),
    ]
    steps: Annotated[
        list[ChallengeStep],
        Field(max_length=100, description="Every move, in order.", examples=[[]]),
    ]
    deadlines: Annotated[
        list[Deadline],
        Field(max_length=100, description="Every clock that runs or ran on it.", examples=[[]]),
    ]

    @classmethod
    def of_whole(cls, whole: WholeChallenge) -> Self:
        """As it is seen by staff."""
        running = (clock.due_at for clock in whole.deadlines if clock.stopped_at is None)
        return cls.taken_from(
            whole.challenge,
            due_at=next(running, None),
            allowed=whole.allowed,
            steps=whole.steps,
            deadlines=whole.deadlines,
        )


PersonFilter = Annotated[Id | None, Query(description="Only this child, across contacts.")]
ContactFilter = Annotated[Id | None, Query(description="Only about this contact.")]
RaisedFromFilter = Annotated[Instant | None, Query(description="Raised at this instant or later.")]
RaisedToFilter = Annotated[Instant | None, Query(description="Raised before this instant.")]
