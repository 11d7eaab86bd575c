"""Single assessments on the wire: begun, completed, authorised or sent back."""

from collections.abc import Sequence
from typing import Annotated, Self
from uuid import UUID

from fastapi import Path, Query
from pydantic import Field

from api.actions import what_can_be_done
from api.schemas.deadlines import Deadline
from api.schemas.fields import WireOut
from api.schemas.words import (
    EXAMPLE_ID,
    ChildOnContactId,
    ContactItCameOfId,
    DoneAt,
    DoneBy,
    ETagVersion,
    PersonId,
    a_reference,
    an_id,
)
from service.domain.assessments import (
    ASSESSMENT,
    AssessmentAction,
    AssessmentOutcome,
    AssessmentState,
    Completion,
    DatedAssessment,
    ToolUsed,
    WholeAssessment,
)
from service.strict.fields import DateOn, Flag, Id, Instant, Line, Text, Wire

_VIEW = "Amara says that she likes school best, and that it is loud at home when he drinks."
_ANALYSIS = (
    "The father's drinking and the violence that follows leave Amara frightened and often without "
    "a meal; her mother wants him to leave and needs help to keep him away."
)
_WORDS = (
    "I have read the assessment and spoken with the worker; the plan follows from what is seen."
)
_TOOLS = [{"tool": "graded_care_profile_2", "score": "4", "used_on": "2026-10-21"}]

AssessmentId = Annotated[UUID, Path(description="The assessment.", examples=[EXAMPLE_ID])]
States = Annotated[
    Sequence[AssessmentState],
    Query(max_length=4, description="Only these states.", examples=[["awaiting_authorisation"]]),
]
ReferralFilter = Annotated[Id | None, Query(description="Only those of this referral.")]


class AssessmentCreate(Wire):
    """Which referral is assessed."""

    referral_id: Annotated[Id, an_id("A referral that is open to social care.")]


class ToolIn(Wire):
    """A tool that was used, and what it gave."""

    tool: Annotated[
        Annotated[str, Line(64)],
        Field(
            description="A key of the policy's assessment tools.",
            examples=["graded_care_profile_2"],
        ),
    ]
    score: Annotated[
        Annotated[str, Line(100)] | None,
        Field(description="The score that it gave. Needed of a scored tool.", examples=["4"]),
    ] = None
    used_on: Annotated[
        DateOn, Field(description="On which day, in London.", examples=["2026-10-21"])
    ]


class AssessmentCompletionIn(Wire):
    """An assessment as it is completed, for a manager to authorise."""

    factors: Annotated[
        list[Annotated[str, Line(8)]],
        Field(
            max_length=60,
            description=(
                "Factors identified, codes of `GET /v1/codes/assessment_factor`, at least one. "
                "Code 21, no factors, stands by itself and goes with no further action."
            ),
            examples=[["3B", "16A"]],
        ),
    ]
    tools: Annotated[
        list[ToolIn],
        Field(
            max_length=30,
            description=(
                "Tools used. Neglect and domestic abuse as factors each take one of the policy's "
                "tools for it."
            ),
            examples=[
                [
                    *_TOOLS,
                    {"tool": "dash", "score": "11 of 24", "used_on": "2026-10-20"},
                ]
            ],
        ),
    ] = Field(default_factory=list)
    childs_view: Annotated[
        Annotated[str, Text(20_000)] | None,
        Field(
            description=(
                "What the child says and what daily life is like; left out for an unborn child "
                "alone."
            ),
            examples=[_VIEW],
        ),
    ] = None
    analysis: Annotated[
        Annotated[str, Text(50_000)],
        Field(
            description="The assessment in words. Stock phrases are refused.", examples=[_ANALYSIS]
        ),
    ]
    outcome: Annotated[
        AssessmentOutcome, Field(description="What follows.", examples=["child_in_need_plan"])
    ]
    closure_code: Annotated[
        Annotated[str, Line(8)] | None,
        Field(
            description=(
                "How the referral is to close, a code of the children in need census: RC9 with "
                "early_help, another with no_further_action; refused with other outcomes."
            ),
            examples=[None],
        ),
    ] = None

    def told(self) -> Completion:
        """As the use-case takes it."""
        return Completion(**{**dict(self), "tools": [ToolUsed(**dict(one)) for one in self.tools]})


class AssessmentAuthorisationIn(Wire):
    """What a manager makes of an assessment."""

    agreed: Annotated[
        Flag,
        Field(description="true authorises it; false sends it back.", examples=[True]),
    ]
    words: Annotated[
        Annotated[str, Text(20_000)],
        Field(description="In one's own words. Stock phrases are refused.", examples=[_WORDS]),
    ]


class Tool(WireOut):
    """A tool that was used, and what it gave."""

    tool: Annotated[
        str,
        Field(max_length=64, description="The tool.", examples=["graded_care_profile_2"]),
    ]
    score: Annotated[
        str | None, Field(max_length=100, description="The score that it gave.", examples=["4"])
    ]
    used_on: Annotated[DateOn, Field(description="On which day.", examples=["2026-10-21"])]


class AssessmentContent(WireOut):
    """What an assessment says, as it was completed."""

    factors: Annotated[
        list[Annotated[str, Field(max_length=8)]],
        Field(max_length=60, description="Factors identified, coded.", examples=[["16A"]]),
    ]
    tools: Annotated[list[Tool], Field(max_length=30, description="Tools used.", examples=[_TOOLS])]
    childs_view: Annotated[
        str | None,
        Field(max_length=20_000, description="What the child says.", examples=[_VIEW]),
    ]
    analysis: Annotated[
        str | None,
        Field(max_length=50_000, description="The assessment in words.", examples=[_ANALYSIS]),
    ]
    outcome: Annotated[
        AssessmentOutcome | None,
        Field(description="What follows.", examples=["child_in_need_plan"]),
    ]
    closure_code: Annotated[
        str | None,
        Field(max_length=8, description="How the referral is to close.", examples=[None]),
    ]


class AssessmentStep(WireOut):
    """One move of an assessment, never changed."""

    action: Annotated[AssessmentAction, Field(description="What was done.", examples=["complete"])]
    state: Annotated[
        AssessmentState,
        Field(description="The state that it led to.", examples=["awaiting_authorisation"]),
    ]
    at: DoneAt
    by: DoneBy
    words: Annotated[
        str | None,
        Field(max_length=20_000, description="The manager's own words.", examples=[_WORDS]),
    ]
    content: Annotated[
        AssessmentContent | None,
        Field(description="The version that was completed by it; null for other moves."),
    ]


class AssessmentSummary(WireOut):
    """An assessment in a list."""

    id: Annotated[UUID, an_id("The assessment.")]
    reference: Annotated[str, a_reference("Human reference.", "A-7K3MA-9TQ4R")]
    version: ETagVersion
    referral_id: Annotated[UUID, an_id("The referral.")]
    contact_id: ContactItCameOfId
    child_id: ChildOnContactId
    person_id: PersonId
    state: Annotated[
        AssessmentState,
        Field(
            description=(
                "under_way, awaiting_authorisation, authorised; ended_unfinished when the "
                "referral closed before."
            ),
            examples=["under_way"],
        ),
    ]
    begun_at: Annotated[Instant, Field(description="When it was begun.")]
    begun_by: Annotated[UUID, an_id("Who began it.")]
    outcome: Annotated[
        AssessmentOutcome | None,
        Field(description="What follows.", examples=["child_in_need_plan"]),
    ]
    completed_at: Annotated[Instant | None, Field(description="When it was last completed.")]
    ended_at: Annotated[
        Instant | None,
        Field(description="When it was authorised, or ended unfinished; null while open."),
    ]


class DatedAssessmentSummary(AssessmentSummary):
    """An assessment in a list, with its limit."""

    due_at: Annotated[
        Instant | None,
        Field(description="The limit of the clock that runs out first; null when none runs."),
    ]

    @classmethod
    def of(cls, dated: DatedAssessment) -> Self:
        """As it stands in the list."""
        return cls.taken_from(dated.assessment, due_at=dated.due_at)


class Assessment(AssessmentSummary):
    """A single assessment: what it says, every version that was answered, and its clocks."""

    possible_actions: Annotated[
        list[AssessmentAction],
        Field(
            max_length=4,
            description=what_can_be_done(AssessmentAction),
            examples=[["complete"]],
        ),
    ]
    factors: Annotated[
        list[Annotated[str, Field(max_length=8)]],
        Field(
            max_length=60,
            description="Factors identified, as last completed.",
            examples=[["3B", "16A"]],
        ),
    ]
    tools: Annotated[
        list[Tool],
        Field(max_length=30, description="Tools used, as last completed.", examples=[_TOOLS]),
    ]
    childs_view: Annotated[
        str | None,
        Field(
            max_length=20_000,
            description="What the child says, as last completed.",
            examples=[_VIEW],
        ),
    ]
    analysis: Annotated[
        str | None,
        Field(
            max_length=50_000,
            description="The assessment in words, as last completed.",
            examples=[_ANALYSIS],
        ),
    ]
    closure_code: Annotated[
        str | None,
        Field(max_length=8, description="How the referral is to close.", examples=[None]),
    ]
    completed_by: Annotated[UUID | None, an_id("Who last completed it.")]
    answered_at: Annotated[
        Instant | None,
        Field(description="When that version was authorised or sent back; null until then."),
    ]
    answered_by: Annotated[UUID | None, an_id("The manager who did.")]
    answer_words: Annotated[
        str | None,
        Field(max_length=20_000, description="The manager's own words.", examples=[_WORDS]),
    ]
    steps: Annotated[
        list[AssessmentStep],
        Field(
            max_length=1000,
            description="Every move, oldest first, with each version that was completed.",
            examples=[[]],
        ),
    ]
    deadlines: Annotated[
        list[Deadline],
        Field(
            max_length=100,
            description="The clocks of assessments that run or ran on the referral.",
            examples=[[]],
        ),
    ]

    @classmethod
    def of(cls, whole: WholeAssessment) -> Self:
        """As it is seen by staff."""
        return cls.taken_from(
            whole.assessment,
            possible_actions=ASSESSMENT.allowed(whole.assessment.state),
            steps=whole.steps,
            deadlines=whole.deadlines,
        )
