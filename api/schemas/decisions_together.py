"""Threshold decisions for a family in one act on the wire: drafted together, signed together."""

from typing import Annotated, Any, Self

from pydantic import Field

from api.schemas.decisions import Decision, SignOffIn, SignOffOutcome
from api.schemas.fields import WireOut
from api.schemas.new_decisions import (
    AGENCIES_EXAMPLE,
    PROMPTS_EXAMPLE,
    AdviceGiven,
    AgencyLineIn,
    AssessmentTold,
    AssessmentTool,
    History,
    HistoryTold,
    NothingMoreBecause,
    PrimaryNeed,
    PromptLine,
    ReceivingTeam,
    SupersedesTold,
    ToldPrompts,
)
from api.schemas.possible_matches import MatchLine
from api.schemas.words import EXAMPLE_ID, ETagVersion, ItsContactId, an_id
from service.domain.contacts import ContactState
from service.domain.decisions import (
    AgencySaid,
    LevelOfNeed,
    Outcome,
    StatutoryBasis,
)
from service.domain.drafts import SaidOfChild, SaidOfDecision, Where
from service.domain.sign_offs import SignOffSaid
from service.domain.whole_contacts import DecidedTogether
from service.strict.fields import Id, Text, Whole

_OTHERWISE_EXAMPLE: list[dict[str, Any]] = [
    {
        "decision_id": EXAMPLE_ID,
        "outcome": "returned",
        "words": "Say what the eldest herself tells of the night.",
    }
]
_CHILDREN_EXAMPLE: list[dict[str, Any]] = [
    {
        "child_id": EXAMPLE_ID,
        "answers": {"child_voice": "He says that he hides in his room."},
    },
]


class ToldOfDecision(ToldPrompts):
    """What is said of a decision: once for the family, or of one child where it differs.

    An answer that is said of a child replaces the family's answer to the same prompt.
    """

    level_of_need: Annotated[
        Annotated[int, Whole(1, 4)] | None,
        Field(description="1 universal, 2 additional, 3 targeted, 4 statutory.", examples=[4]),
    ] = None
    outcome: Annotated[
        Outcome | None,
        Field(
            description=(
                "What happens next. A child with an outcome of its own takes over nothing that "
                "goes with an outcome: level, basis, need, team, advice and rationale are its own."
            ),
            examples=["referral"],
        ),
    ] = None
    statutory_basis: Annotated[
        StatutoryBasis | None,
        Field(
            description="For a referral: section 17 (child in need) or 47 (harm suspected).",
            examples=["section_17"],
        ),
    ] = None
    primary_need_code: PrimaryNeed = None
    rationale: Annotated[
        Annotated[str, Text(20_000)] | None,
        Field(
            description=(
                "The facts, and why they meet this threshold. A child with a level, an outcome or "
                "a basis of its own takes a rationale of its own."
            ),
            examples=[
                "All four saw their father hit their mother on Sunday; the youngest was in her "
                "arms. He is back in the house, and she says that it is worse each month."
            ],
        ),
    ] = None
    history: HistoryTold = Field(default_factory=lambda: History())
    agencies: Annotated[
        Annotated[list[AgencyLineIn], Field(max_length=10)],
        Field(
            description=(
                "Who was asked, who answered, who was not asked and why. What is said of a child "
                "replaces the family's line of the same agency."
            ),
            examples=[AGENCIES_EXAMPLE],
        ),
    ] = Field(default_factory=list)
    assessment: AssessmentTold = Field(default_factory=lambda: AssessmentTool())
    receiving_team_id: ReceivingTeam = None
    advice_given: AdviceGiven = None
    nothing_more_because: NothingMoreBecause = None

    def said(self) -> SaidOfDecision:
        """As the use-case takes it."""
        level = self.level_of_need
        return SaidOfDecision(
            level_of_need=None if level is None else LevelOfNeed(level),
            outcome=self.outcome,
            rationale=self.rationale,
            statutory_basis=self.statutory_basis,
            primary_need_code=self.primary_need_code,
            history_considered=self.history.considered,
            last_closed_because=self.history.last_closed_because,
            assessment_tool=self.assessment.tool,
            assessment_score=self.assessment.score,
            receiving_team_id=self.receiving_team_id,
            advice_given=self.advice_given,
            nothing_more_because=self.nothing_more_because,
            agencies=[AgencySaid(**dict(line)) for line in self.agencies],
            prompts=self.prompt_lines(),
            answered_at=self.prompts_stand(),
        )


class FamilyChildIn(ToldOfDecision):
    """One child of the family: who, and what differs from what is said of all."""

    prompts: Annotated[
        Annotated[list[PromptLine], Field(max_length=10)],
        Field(
            description="The prompts, answered or not known and why, of this child alone.",
            examples=[PROMPTS_EXAMPLE],
        ),
    ] = Field(default_factory=list)

    child_id: Annotated[Id, an_id("The child on this contact, by its id there.")]
    supersedes: SupersedesTold = None
    matches: Annotated[
        Annotated[list[MatchLine], Field(max_length=20)],
        Field(
            description="Whether those on file who may be this child are the same child.",
            examples=[[]],
        ),
    ] = Field(default_factory=list)

    def told(self) -> SaidOfChild:
        """As the use-case takes it."""
        return SaidOfChild(
            child_id=self.child_id,
            said=self.said(),
            supersedes_id=None if self.supersedes is None else self.supersedes.decision_id,
            supersedes_because=None if self.supersedes is None else self.supersedes.because,
            matches=[line.told() for line in self.matches],
        )


class DecisionsTogetherCreate(ToldOfDecision):
    """The decisions for several children of a contact: what is said of all once, what differs."""

    children: Annotated[
        Annotated[list[FamilyChildIn], Field(min_length=1, max_length=10)],
        Field(
            description=(
                "The children who are decided, each with what differs from the rest. More than "
                "ten are decided in two acts."
            ),
            examples=[_CHILDREN_EXAMPLE],
        ),
    ]
    agencies: Annotated[
        Annotated[list[AgencyLineIn], Field(max_length=30)],
        Field(
            description="Who was asked, who answered, who was not asked and why, for all of them.",
            examples=[AGENCIES_EXAMPLE],
        ),
    ] = Field(default_factory=list)


class SignOffLine(SignOffIn):
    """A manager's answer to one decision that is answered otherwise than the rest."""

    decision_id: Annotated[Id, an_id("The decision, which waits for sign-off on this contact.")]


class SignOffTogetherIn(SignOffIn):
    """A manager's answer to every decision that waits on a contact."""

    otherwise: Annotated[
        Annotated[list[SignOffLine], Field(max_length=20)],
        Field(
            description="The decisions that are answered otherwise, each in words of its own.",
            examples=[_OTHERWISE_EXAMPLE],
        ),
    ] = Field(default_factory=list)

    def told(self) -> list[SignOffSaid]:
        """Those that are answered otherwise, as the use-case takes them."""
        return [
            SignOffSaid(
                line.decision_id,
                line.outcome is SignOffOutcome.agreed,
                line.words,
                Where(
                    f"/otherwise/{place}",
                    {} if line.whole_read else {"/whole_read": "/whole_read"},
                    own=frozenset({"/words"}),
                ),
                line.whole_read,
            )
            for place, line in enumerate(self.otherwise)
        ]


class DecisionsTogether(WireOut):
    """What was drafted, or signed, in one act for the children of a contact."""

    contact_id: ItsContactId
    contact_version: ETagVersion
    contact_state: Annotated[
        ContactState,
        Field(description="State of the contact from then on.", examples=["awaiting_sign_off"]),
    ]
    decisions: Annotated[
        list[Decision],
        Field(max_length=20, description="The decisions, in the order in which they were named."),
    ]

    @classmethod
    def of(cls, decided: DecidedTogether) -> Self:
        """As it is seen by staff."""
        contact = decided.contact
        return cls.taken_from(
            decided,
            contact_id=contact.id,
            contact_version=contact.version,
            contact_state=contact.state,
        )
