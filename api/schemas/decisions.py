"""Threshold decisions on the wire: as drafted, as signed off, and what they led to."""

from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from fastapi import Path
from pydantic import Field

from api.schemas.concerns import RepeatConcernCounts
from api.schemas.deadlines import Deadline
from api.schemas.fields import WireOut
from api.schemas.possible_matches import MatchLine
from service.domain.decisions import (
    AgencyAsked,
    DecisionState,
    LevelOfNeed,
    Outcome,
    PromptAnswer,
    StatutoryBasis,
)
from service.domain.whole_contacts import WholeDecision
from service.strict.fields import LARGEST, Flag, Id, Instant, Line, Text, Whole, Wire
from service.usecases.decisions import NewDecision

_ID = "01936f0e-7c1a-7b6e-8f60-2b1f6d1f9a11"
_RATIONALE = (
    "The school has seen bruises twice in a week, and the accounts given of them differ. The "
    "level is statutory because the injuries are unexplained."
)

DecisionId = Annotated[UUID, Path(description="The decision.", examples=[_ID])]


class History(Wire):
    """What is on file for the child, as considered. Needed when there is anything on file."""

    considered: Annotated[
        Annotated[str, Text(8000)] | None,
        Field(
            description="What the earlier contacts and referrals were.",
            examples=["One contact in March 2026 for neglect; early help until July."],
        ),
    ] = None
    last_closed_because: Annotated[
        Annotated[str, Text(4000)] | None,
        Field(
            description="Why the last one closed, or that it is still open.",
            examples=["The plan's outcomes were met."],
        ),
    ] = None


class AgencyLine(Wire):
    """One agency in the account of who was asked. No answer never means nothing known."""

    organisation_id: Annotated[
        Annotated[str, Line(64)], Field(description="The agency.", examples=["riverbourne-police"])
    ]
    asked: Annotated[Flag, Field(description="Whether it was asked.", examples=[True])]
    answered: Annotated[Flag, Field(description="Whether it answered.", examples=[False])]
    reason: Annotated[
        Annotated[str, Text(2000)] | None,
        Field(
            description=(
                "Why it was not asked, why the decision does not wait for its answer, or, where no "
                "information request is on the record, how it was asked and what it said."
            ),
            examples=["The risk does not allow to wait for the answer."],
        ),
    ] = None


class PromptLine(Wire):
    """One of the things that decisions keep missing: answered, or not known and why."""

    prompt: Annotated[
        Annotated[str, Line(64)],
        Field(description="The prompt, by its key in the policy.", examples=["child_voice"]),
    ]
    answer: Annotated[
        Annotated[str, Text(4000)] | None,
        Field(description="The answer.", examples=["Amara says that she is afraid to go home."]),
    ] = None
    not_known_because: Annotated[
        Annotated[str, Text(2000)] | None,
        Field(
            description="Why it is not known, in place of an answer.",
            examples=["Nobody has seen the child alone yet."],
        ),
    ] = None


class AssessmentTool(Wire):
    """The assessment tool used, and its score."""

    tool: Annotated[
        Annotated[str, Line(200)] | None,
        Field(description="The tool.", examples=["Graded Care Profile 2"]),
    ] = None
    score: Annotated[
        Annotated[str, Line(200)] | None, Field(description="Its score.", examples=["4"])
    ] = None


class Supersedes(Wire):
    """Which decision a new one replaces, and why: a changed mind is a new decision."""

    decision_id: Annotated[
        Id, Field(description="The decision that waits or stands for this child.", examples=[_ID])
    ]
    because: Annotated[
        Annotated[str, Text(4000)],
        Field(
            description="Why the mind was changed.",
            examples=["The hospital reports an older fracture."],
        ),
    ]


_AGENCIES = [
    {
        "organisation_id": "riverbourne-police",
        "asked": False,
        "answered": False,
        "reason": "No crime is suspected.",
    }
]
_PROMPTS = [
    {"prompt": "child_voice", "answer": "Amara says that she is afraid to go home."},
    {
        "prompt": "father_and_significant_adults",
        "not_known_because": "The mother does not say who the father is.",
    },
    {"prompt": "culture_disability_language", "answer": "English at home; no disability known."},
    {"prompt": "domestic_abuse", "answer": "Police know of no incident at this address."},
    {"prompt": "neglect_and_tool", "answer": "Graded Care Profile 2, level 4 for supervision."},
]


class DecisionCreate(Wire):
    """A threshold decision for one child, as drafted. Nothing in it has a default."""

    child_id: Annotated[
        Id, Field(description="The child on this contact, by its id there.", examples=[_ID])
    ]
    level_of_need: Annotated[
        Annotated[int, Whole(1, 4)],
        Field(description="1 universal, 2 additional, 3 targeted, 4 statutory.", examples=[4]),
    ]
    outcome: Annotated[Outcome, Field(description="What happens next.", examples=["referral"])]
    statutory_basis: Annotated[
        StatutoryBasis | None,
        Field(
            description="For a referral: section 17 (child in need) or 47 (harm suspected).",
            examples=["section_47"],
        ),
    ] = None
    primary_need_code: Annotated[
        Annotated[str, Line(4)] | None,
        Field(
            description="For a referral: primary need code of the children in need census.",
            examples=["N1"],
        ),
    ] = None
    rationale: Annotated[
        Annotated[str, Text(20_000)],
        Field(
            description="The facts, and why they meet this threshold. Stock phrases are refused.",
            examples=[_RATIONALE],
        ),
    ]
    history: Annotated[
        History,
        Field(
            description="What is on file, as considered.",
            examples=[{"considered": "One contact in March 2026 for neglect."}],
        ),
    ] = Field(default_factory=lambda: History())
    agencies: Annotated[
        Annotated[list[AgencyLine], Field(max_length=50)],
        Field(
            description="Who was asked, who answered, who was not asked and why.",
            examples=[_AGENCIES],
        ),
    ] = Field(default_factory=list)
    prompts: Annotated[
        Annotated[list[PromptLine], Field(max_length=50)],
        Field(description="Each prompt of the policy, answered.", examples=[_PROMPTS]),
    ] = Field(default_factory=list)
    assessment: Annotated[
        AssessmentTool,
        Field(
            description="The assessment tool used, where one was.",
            examples=[{"tool": "Graded Care Profile 2", "score": "4"}],
        ),
    ] = Field(default_factory=lambda: AssessmentTool())
    receiving_team_id: Annotated[
        Annotated[str, Line(64)] | None,
        Field(
            description=(
                "The team that is to receive a referral or early help; the policy's first, when "
                "left out."
            ),
            examples=["assessment-north"],
        ),
    ] = None
    advice_given: Annotated[
        Annotated[str, Text(8000)] | None,
        Field(
            description="Needed for information and advice: what was given.",
            examples=["How to reach the family centre."],
        ),
    ] = None
    supersedes: Annotated[
        Supersedes | None,
        Field(
            description="Only for a changed mind: the decision that this one replaces, and why.",
            examples=[None],
        ),
    ] = None
    matches: Annotated[
        Annotated[list[MatchLine], Field(max_length=20)],
        Field(
            description=(
                "Whether those on file who may be this child are the same child, where nobody has "
                "said so yet: linked first, and then decided."
            ),
            examples=[[]],
        ),
    ] = Field(default_factory=list)

    def told(self) -> NewDecision:
        """As the use-case takes it."""
        return NewDecision(
            child_id=self.child_id,
            level_of_need=LevelOfNeed(self.level_of_need),
            outcome=self.outcome,
            rationale=self.rationale,
            statutory_basis=self.statutory_basis,
            primary_need_code=self.primary_need_code,
            history_considered=self.history.considered,
            last_closed_because=self.history.last_closed_because,
            agencies=[AgencyAsked(**dict(line)) for line in self.agencies],
            prompts=[PromptAnswer(**dict(line)) for line in self.prompts],
            assessment_tool=self.assessment.tool,
            assessment_score=self.assessment.score,
            receiving_team_id=self.receiving_team_id,
            advice_given=self.advice_given,
            supersedes_id=None if self.supersedes is None else self.supersedes.decision_id,
            supersedes_because=None if self.supersedes is None else self.supersedes.because,
            matches=[line.told() for line in self.matches],
        )


class SignOffOutcome(StrEnum):
    """What a manager can make of a decision."""

    agreed = "agreed"
    returned = "returned"


class SignOffIn(Wire):
    """A manager's answer to a decision."""

    outcome: Annotated[
        SignOffOutcome,
        Field(description="agreed, or returned to the decider.", examples=["agreed"]),
    ]
    words: Annotated[
        Annotated[str, Text(8000)],
        Field(
            description="The manager's own words; when returned, what is missing.",
            examples=["I have read the file; the level fits what the school has seen."],
        ),
    ]


class DecisionWithdrawalIn(Wire):
    """That a draft is withdrawn."""

    because: Annotated[
        Annotated[str, Text(8000)],
        Field(
            description="Why, in your own words. The draft and this stay on the record.",
            examples=["Drafted for the wrong sister: the school spoke of the older one."],
        ),
    ]


class DecisionWithdrawal(WireOut):
    """That a draft was withdrawn before anybody signed it."""

    because: Annotated[
        str,
        Field(
            max_length=8000,
            description="Why.",
            examples=["Drafted for the wrong sister: the school spoke of the older one."],
        ),
    ]
    at: Annotated[Instant, Field(description="When.")]
    by: Annotated[UUID, Field(description="By whom: who drafted it, or a manager.", examples=[_ID])]


class SupersededDecision(WireOut):
    """The earlier decision that this one replaces."""

    decision_id: Annotated[UUID, Field(description="The earlier decision.", examples=[_ID])]
    because: Annotated[
        str | None,
        Field(
            max_length=4000,
            description="Why the mind was changed; null where this answers a return.",
            examples=["The hospital reports an older fracture."],
        ),
    ]


class SignOff(WireOut):
    """What a manager made of the decision."""

    outcome: Annotated[
        SignOffOutcome, Field(description="agreed or returned.", examples=["agreed"])
    ]
    words: Annotated[
        str,
        Field(
            max_length=8000,
            description="The manager's own words.",
            examples=["I have read the file; the level fits what the school has seen."],
        ),
    ]
    at: Annotated[Instant, Field(description="When.")]
    by: Annotated[UUID, Field(description="The manager.", examples=[_ID])]


class Decision(WireOut):
    """A threshold decision for one child, with its sign-off and what it led to."""

    id: Annotated[UUID, Field(description="The decision.", examples=[_ID])]
    version: Annotated[
        Annotated[int, Field(ge=1, le=LARGEST)],
        Field(description="The version, as in the ETag.", examples=[1]),
    ]
    contact_id: Annotated[UUID, Field(description="The contact.", examples=[_ID])]
    child_id: Annotated[UUID, Field(description="The child on this contact.", examples=[_ID])]
    person_id: Annotated[UUID, Field(description="The child, across contacts.", examples=[_ID])]
    state: Annotated[
        DecisionState,
        Field(
            description="awaiting_sign_off, returned, signed, superseded, withdrawn.",
            examples=["awaiting_sign_off"],
        ),
    ]
    level_of_need: Annotated[
        Annotated[int, Field(ge=1, le=4)],
        Field(description="1 universal, 2 additional, 3 targeted, 4 statutory.", examples=[4]),
    ]
    outcome: Annotated[Outcome, Field(description="What happens next.", examples=["referral"])]
    statutory_basis: Annotated[
        StatutoryBasis | None,
        Field(description="For a referral: section 17 or 47.", examples=["section_47"]),
    ]
    primary_need_code: Annotated[
        str | None,
        Field(max_length=4, description="For a referral: primary need code.", examples=["N1"]),
    ]
    rationale: Annotated[
        str,
        Field(
            max_length=20_000,
            description="The facts, and why they meet this threshold.",
            examples=[_RATIONALE],
        ),
    ]
    history: Annotated[
        History,
        Field(
            description="What was on file, as considered.",
            examples=[{"considered": "One contact in March 2026 for neglect."}],
        ),
    ]
    agencies: Annotated[
        list[AgencyLine],
        Field(
            max_length=50,
            description="Who was asked, who answered, who was not asked and why.",
            examples=[_AGENCIES],
        ),
    ]
    prompts: Annotated[
        list[PromptLine],
        Field(
            max_length=50, description="What decisions keep missing, answered.", examples=[_PROMPTS]
        ),
    ]
    assessment: Annotated[
        AssessmentTool,
        Field(
            description="The assessment tool used.",
            examples=[{"tool": "Graded Care Profile 2", "score": "4"}],
        ),
    ]
    receiving_team_id: Annotated[
        str | None,
        Field(
            max_length=64,
            description="The team named to receive the case.",
            examples=["assessment-north"],
        ),
    ]
    advice_given: Annotated[
        str | None,
        Field(
            max_length=8000,
            description="Information and advice given.",
            examples=["How to reach the family centre."],
        ),
    ]
    supersedes: Annotated[
        SupersededDecision | None,
        Field(description="The earlier decision that this one replaces.", examples=[None]),
    ]
    drafted_at: Annotated[Instant, Field(description="When it was drafted.")]
    drafted_by: Annotated[UUID, Field(description="Who decided.", examples=[_ID])]
    sign_off: Annotated[
        SignOff | None,
        Field(description="What a manager made of it; null while it waits.", examples=[None]),
    ]
    superseded_at: Annotated[
        Instant | None, Field(description="When a new decision replaced it; null while it stands.")
    ]
    withdrawal: Annotated[
        DecisionWithdrawal | None,
        Field(description="That the draft was withdrawn; null otherwise.", examples=[None]),
    ]
    joined_case_id: Annotated[
        UUID | None,
        Field(
            description=(
                "The case that was open for the child already, which the signed decision joined; "
                "null when it opened one, or none."
            ),
            examples=[None],
        ),
    ]
    referral_id: Annotated[
        UUID | None, Field(description="The referral that it led to or joined.", examples=[_ID])
    ]
    early_help_episode_id: Annotated[
        UUID | None,
        Field(description="The early help episode that it led to or joined.", examples=[_ID]),
    ]
    repeat_concern: Annotated[
        RepeatConcernCounts | None,
        Field(
            description=(
                "How often the child was spoken of on other contacts, as it stood when this was "
                "drafted; null for a decision that is older than these counts."
            )
        ),
    ]
    deadlines: Annotated[
        list[Deadline],
        Field(max_length=100, description="The clock of its sign-off.", examples=[[]]),
    ]

    @classmethod
    def of(cls, whole: WholeDecision) -> Self:
        """As it is seen by staff."""
        decision = whole.decision
        withdrawn = decision.state is DecisionState.withdrawn
        return cls.model_validate(
            {
                **{name: getattr(decision, name) for name in _OWN},
                "history": History.model_construct(
                    considered=decision.history_considered,
                    last_closed_because=decision.last_closed_because,
                ),
                "agencies": [AgencyLine.model_construct(**line) for line in decision.agencies],  # type: ignore[arg-type]  # kept as it was told
                "prompts": [PromptLine.model_construct(**line) for line in decision.prompts],  # type: ignore[arg-type]  # kept as it was told
                "assessment": AssessmentTool.model_construct(
                    tool=decision.assessment_tool, score=decision.assessment_score
                ),
                "supersedes": None
                if decision.supersedes_id is None
                else {
                    "decision_id": decision.supersedes_id,
                    "because": decision.supersedes_because,
                },
                "sign_off": None
                if decision.answered_at is None
                else {
                    "outcome": SignOffOutcome.returned
                    if decision.state is DecisionState.returned
                    else SignOffOutcome.agreed,
                    "words": decision.answer_words,
                    "at": decision.answered_at,
                    "by": decision.answered_by,
                },
                "superseded_at": None if withdrawn else decision.superseded_at,
                "withdrawal": {
                    "because": decision.withdrawn_because,
                    "at": decision.superseded_at,
                    "by": decision.withdrawn_by,
                }
                if withdrawn
                else None,
                "referral_id": whole.referral_id,
                "early_help_episode_id": whole.early_help_episode_id,
                "repeat_concern": RepeatConcernCounts.kept(decision.repeat_concern),
                "deadlines": whole.deadlines,
            }
        )


_OWN = tuple(
    name
    for name in Decision.model_fields
    if name
    not in (
        "history",
        "agencies",
        "prompts",
        "assessment",
        "supersedes",
        "sign_off",
        "superseded_at",
        "withdrawal",
        "referral_id",
        "early_help_episode_id",
        "repeat_concern",
        "deadlines",
    )
)
