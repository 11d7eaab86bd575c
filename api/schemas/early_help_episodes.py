"""Early help episodes on the wire: what early help holds."""

from typing import Annotated, Self
from uuid import UUID

from fastapi import Path
from pydantic import Field

from api.schemas.cases import DatedCaseSummary, WholeCaseOut
from api.schemas.words import EXAMPLE_ID
from service.domain import early_help_episodes
from service.domain.early_help_episodes import EpisodeClosure
from service.domain.transfers import FamilyAgreement
from service.domain.whole_contacts import DatedCase, WholeCase
from service.strict.fields import Instant, Text, Wire

EarlyHelpEpisodeId = Annotated[
    UUID, Path(description="The early help episode.", examples=[EXAMPLE_ID])
]


class EarlyHelpEpisodeClosureIn(Wire):
    """Why early help ends. Disagreeing with the decision is no reason."""

    closure_code: Annotated[
        EpisodeClosure,
        Field(
            description=(
                "Why, coded: outcomes_met, family_declined, moved_away, universal_services, died. "
                "The others follow from a new signed decision, a step-up or a step-down that came "
                "back, and are refused here."
            ),
            examples=["outcomes_met"],
        ),
    ]
    reason: Annotated[
        Annotated[str, Text(4000)],
        Field(
            description="Why it ends, in words.", examples=["The plan's four outcomes were met."]
        ),
    ]


class EarlyHelpAgreementIn(Wire):
    """What the family says to early help. Not the lawful basis for sharing."""

    agreement: Annotated[
        FamilyAgreement,
        Field(
            description=(
                "asked, given or refused; withdrawn once it was given, and given again after a "
                "refusal."
            ),
            examples=["given"],
        ),
    ]
    words: Annotated[
        Annotated[str, Text(4000)],
        Field(
            description="Who was asked and what they said, in words.",
            examples=["Both parents met the family worker and want the help that was offered."],
        ),
    ]


class EarlyHelpEpisode(WholeCaseOut):
    """A child open to early help, who is accountable, and by when."""

    level_of_need: Annotated[
        Annotated[int, Field(ge=1, le=4)],
        Field(description="2 additional or 3 targeted.", examples=[3]),
    ]
    closure_code: Annotated[
        EpisodeClosure | None, Field(description="Why it ended, coded.", examples=["outcomes_met"])
    ]
    family_agreement: Annotated[
        FamilyAgreement | None,
        Field(
            description=(
                "Whether the family agrees to early help. Null where a step-down brought the "
                "child, which says so itself, and for an episode that is older than this."
            ),
            examples=["given"],
        ),
    ]
    family_agreement_at: Annotated[
        Instant | None, Field(description="When that was recorded; null when it never was.")
    ]
    family_agreement_words: Annotated[
        str | None,
        Field(
            max_length=8000,
            description="What the family said, in words; null until it was asked here.",
            examples=["Both parents want the help that was offered."],
        ),
    ]

    @classmethod
    def of(cls, whole: WholeCase[early_help_episodes.EarlyHelpEpisode]) -> Self:
        """As it is seen by staff."""
        return cls.taken_from(whole.case, deadlines=whole.deadlines)


class EarlyHelpEpisodeSummary(DatedCaseSummary):
    """An early help episode in a list."""

    level_of_need: Annotated[
        Annotated[int, Field(ge=1, le=4)],
        Field(description="2 additional or 3 targeted.", examples=[3]),
    ]

    @classmethod
    def of(cls, dated: DatedCase[early_help_episodes.EarlyHelpEpisode]) -> Self:
        """As it stands in the list."""
        return cls.taken_from(dated.case, due_at=dated.due_at)
