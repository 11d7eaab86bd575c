"""Referrals on the wire: what children's social care holds."""

from typing import Annotated, Self
from uuid import UUID

from fastapi import Path
from pydantic import Field

from api.schemas.cases import DatedCaseSummary, WholeCaseOut
from api.schemas.words import EXAMPLE_ID, an_id
from service.domain import referrals
from service.domain.decisions import StatutoryBasis
from service.domain.whole_contacts import DatedCase, WholeCase
from service.strict.fields import Line, Text, Wire

ReferralId = Annotated[UUID, Path(description="The referral.", examples=[EXAMPLE_ID])]


class ReferralClosureIn(Wire):
    """Why a referral closes. Disagreeing with the decision is no reason."""

    closure_code: Annotated[
        Annotated[str, Line(8)],
        Field(
            description=(
                "Closure code of the children in need census. Never RC9: that is given by "
                "completing a step-down."
            ),
            examples=["RC8"],
        ),
    ]
    reason: Annotated[
        Annotated[str, Text(4000)],
        Field(description="Why it closes, in words.", examples=["Assessment found no unmet need."]),
    ]


class Referral(WholeCaseOut):
    """A child open to children's social care, who is accountable, and by when."""

    statutory_basis: Annotated[
        StatutoryBasis, Field(description="Section 17 or 47.", examples=["section_17"])
    ]
    re_referral: Annotated[
        bool,
        Field(
            description="Whether it came within the policy's months of the one before.",
            examples=[False],
        ),
    ]
    previous_referral_id: Annotated[UUID | None, an_id("The referral before this one.")]
    last_known_team_id: Annotated[
        str | None,
        Field(
            max_length=64,
            description="The team that held the child last; for reporting only.",
            examples=["assessment-south"],
        ),
    ]
    closure_code: Annotated[
        str | None, Field(max_length=8, description="Why it closed, coded.", examples=["RC8"])
    ]

    @classmethod
    def of(cls, whole: WholeCase[referrals.Referral]) -> Self:
        """As it is seen by staff."""
        return cls.taken_from(whole.case, deadlines=whole.deadlines)


class ReferralSummary(DatedCaseSummary):
    """A referral in a list."""

    statutory_basis: Annotated[
        StatutoryBasis, Field(description="Section 17 or 47.", examples=["section_17"])
    ]
    re_referral: Annotated[
        bool,
        Field(
            description="Whether it came within the policy's months of the one before.",
            examples=[False],
        ),
    ]

    @classmethod
    def of(cls, dated: DatedCase[referrals.Referral]) -> Self:
        """As it stands in the list."""
        return cls.taken_from(dated.case, due_at=dated.due_at)
