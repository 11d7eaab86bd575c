"""What a partner disagrees with, and what became of it, on the wire."""

from typing import Annotated

from pydantic import Field

from api.schemas.fields import WireOut
from api.schemas.words import a_reference
from service.domain.multi_agency_referrals import (
    DisagreementOutcome,
    DisagreementState,
)
from service.strict.fields import Instant, Text, Whole, Wire

_CHILDREN = Annotated[
    Annotated[list[Annotated[int, Whole(0, 100)]], Field(max_length=20)],
    Field(
        description=(
            "The children meant, by their place in `children` as you sent them, from 0; all of "
            "them when left out."
        ),
        examples=[[0]],
    ),
]


class DisagreementCreate(Wire):
    """What you disagree with, and why."""

    words: Annotated[
        Annotated[str, Text(4000)],
        Field(
            description="What the facts are, and why they call for another outcome.",
            examples=["She was seen with new bruises on Monday, and nobody asked her about them."],
        ),
    ]
    children: _CHILDREN = Field(default_factory=list)


class DisagreementEscalationCreate(Wire):
    """Why what you disagree with goes to the next stage."""

    words: Annotated[
        Annotated[str, Text(4000)],
        Field(
            description="Why the answer, or its absence, does not settle it.",
            examples=["The answer does not say how the new bruises on Monday were explained."],
        ),
    ]
    children: _CHILDREN = Field(default_factory=list)


class DisagreementWithdrawalCreate(Wire):
    """Why you take back what you disagreed with."""

    words: Annotated[
        Annotated[str, Text(4000)],
        Field(
            description="In your own words.",
            examples=["The manager has told us what was done since, and it settles our concern."],
        ),
    ]
    children: _CHILDREN = Field(default_factory=list)


class Disagreement(WireOut):
    """What you said against the outcome for one child, and what became of it."""

    reference: Annotated[
        str, a_reference("Human reference, to be read out over the telephone.", "H-7K3MA-9TQ4R")
    ]
    position: Annotated[
        Annotated[int, Field(ge=0, le=100)],
        Field(description="The child's place in `children` as you sent it, from 0.", examples=[0]),
    ]
    state: Annotated[
        DisagreementState, Field(description="Where it stands.", examples=["being_considered"])
    ]
    in_words: Annotated[
        str,
        Field(
            max_length=200,
            description="Where it stands, or how it ended, as a sentence.",
            examples=["A manager is considering what you said."],
        ),
    ]
    stage: Annotated[
        Annotated[int, Field(ge=1, le=9)],
        Field(description="The stage that it is at, from 1.", examples=[1]),
    ]
    raised_at: Annotated[Instant, Field(description="When you said so.")]
    due_at: Annotated[
        Instant | None,
        Field(
            description=(
                "By when it is answered; once it is answered, until when you may take it further; "
                "while it is being changed, by when that is done; null when it has ended."
            ),
            examples=["2026-10-28T23:59:59Z"],
        ),
    ]
    outcome: Annotated[
        DisagreementOutcome | None,
        Field(description="How it ended; null until then.", examples=[None]),
    ]
    ended_at: Annotated[Instant | None, Field(description="When it ended; null until then.")]
