"""A threshold decision as it is drafted, on the wire."""

from typing import Annotated

from pydantic import Field

from api.schemas.possible_matches import MatchLine
from api.schemas.words import an_id
from service.domain.decisions import (
    AgencySaid,
    LevelOfNeed,
    Outcome,
    PromptAnswer,
    StatutoryBasis,
)
from service.domain.drafts import NewDecision, Where, places_of
from service.strict.fields import Flag, Id, Line, Text, Whole, Wire

_RATIONALE = (
    "The school has seen bruises twice in a week, and the accounts given of them differ. The "
    "level is statutory because the injuries are unexplained."
)


AGENCIES_EXAMPLE = [
    {
        "organisation_id": "riverbourne-police",
        "asked": False,
        "answered": False,
        "reason": "No crime is suspected.",
    },
    {
        "organisation_id": "riverbourne-hospital",
        "asked": True,
        "answered": True,
        "reason": "On the telephone: not seen there this year.",
    },
]
PROMPTS_EXAMPLE = [
    {"prompt": "child_voice", "answer": "Amara says that she is afraid to go home."},
    {
        "prompt": "father_and_significant_adults",
        "not_known_because": "The mother does not say who the father is.",
    },
    {"prompt": "culture_disability_language", "answer": "English at home; no disability known."},
    {"prompt": "domestic_abuse", "answer": "Police know of no incident at this address."},
    {"prompt": "neglect_and_tool", "answer": "Graded Care Profile 2, level 4 for supervision."},
]


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


class AgencyLineIn(Wire):
    """What is said of one agency. No answer never means nothing known.

    What is on record is not said again: who was asked on this contact and has answered need not be
    listed, and whoever was asked here is listed with the reason alone.
    """

    organisation_id: Annotated[
        Annotated[str, Line(64)], Field(description="The agency.", examples=["riverbourne-police"])
    ]
    asked: Annotated[
        Flag | None,
        Field(
            description="Whether it was asked; as on record, when left out.",
            examples=[False],
        ),
    ] = None
    answered: Annotated[
        Flag | None,
        Field(
            description="Whether it answered; as on record, when left out.",
            examples=[False],
        ),
    ] = None
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


class PromptAnswersIn(Wire):
    """The answers to the prompts that every policy has, by their keys: shorter than `prompts`.

    What is not known, and why, is said in `prompts`, and so is what an authority asks besides.
    """

    child_voice: Annotated[
        Annotated[str, Text(4000)] | None,
        Field(
            description="What the child says, and what daily life is like for the child.",
            examples=["Amara says that she is afraid to go home."],
        ),
    ] = None
    father_and_significant_adults: Annotated[
        Annotated[str, Text(4000)] | None,
        Field(
            description="Who the father and the other significant adults are.",
            examples=["Her father left in June; the mother's partner moved in a month ago."],
        ),
    ] = None
    culture_disability_language: Annotated[
        Annotated[str, Text(4000)] | None,
        Field(
            description="What culture, disability and language mean for child and family.",
            examples=["Igbo and English at home; no disability known."],
        ),
    ] = None
    domestic_abuse: Annotated[
        Annotated[str, Text(4000)] | None,
        Field(
            description="Whether there is domestic abuse, and what it means for the child.",
            examples=["Police know of no incident at this address."],
        ),
    ] = None
    neglect_and_tool: Annotated[
        Annotated[str, Text(4000)] | None,
        Field(
            description="Whether there is neglect, and which tool was used, with what score.",
            examples=["Graded Care Profile 2, level 4 for supervision."],
        ),
    ] = None

    def lines(self) -> list[PromptAnswer]:
        """As the use-case takes them."""
        return [
            PromptAnswer(key, answer, None)
            for key, answer in self.__dict__.items()
            if answer is not None
        ]


class ToldPrompts(Wire):
    """The prompts of the policy, answered in one form or the other."""

    prompts: Annotated[
        Annotated[list[PromptLine], Field(max_length=50)],
        Field(
            description="Each prompt of the policy, answered, or not known and why.",
            examples=[PROMPTS_EXAMPLE],
        ),
    ] = Field(default_factory=list)
    answers: Annotated[
        PromptAnswersIn,
        Field(
            description="Answers by the prompt's key, in place of lines in `prompts`.",
            examples=[{}],
        ),
    ] = Field(default_factory=lambda: PromptAnswersIn())

    def prompt_lines(self) -> list[PromptAnswer]:
        """Every prompt that is answered, as the use-case takes it."""
        return [PromptAnswer(**dict(line)) for line in self.prompts] + self.answers.lines()

    def prompts_stand(self) -> list[str]:
        """Where each of them stands."""
        listed = [f"/prompts/{place}" for place in range(len(self.prompts))]
        return listed + [f"/answers/{line.prompt}" for line in self.answers.lines()]


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

    decision_id: Annotated[Id, an_id("The decision that waits or stands for this child.")]
    because: Annotated[
        Annotated[str, Text(4000)],
        Field(
            description="Why the mind was changed.",
            examples=["The hospital reports an older fracture."],
        ),
    ]


PrimaryNeed = Annotated[
    Annotated[str, Line(4)] | None,
    Field(
        description="For a referral: primary need code of the children in need census.",
        examples=["N1"],
    ),
]
"""The need that a referral names, as it is told."""

HistoryTold = Annotated[
    History,
    Field(
        description="What is on file, as considered.",
        examples=[{"considered": "One contact in March 2026 for neglect."}],
    ),
]
"""What is on file, as it is told."""

AssessmentTold = Annotated[
    AssessmentTool,
    Field(
        description="The assessment tool used, where one was.",
        examples=[{"tool": "Graded Care Profile 2", "score": "4"}],
    ),
]
"""The tool used, as it is told."""

ReceivingTeam = Annotated[
    Annotated[str, Line(64)] | None,
    Field(
        description=(
            "The team that is to receive a referral or early help; the policy's first, when "
            "left out."
        ),
        examples=["assessment-north"],
    ),
]
"""The team named, as it is told."""

AdviceGiven = Annotated[
    Annotated[str, Text(8000)] | None,
    Field(
        description="Needed for information and advice: what was given.",
        examples=["How to reach the family centre."],
    ),
]
"""The advice given, as it is told."""

NothingMoreBecause = Annotated[
    Annotated[str, Text(8000)] | None,
    Field(
        description=(
            "For a child who is told of again and again (`cumulative_concern`): why nothing more "
            "follows from all of the contacts together. Needed then for level 1 and for no "
            "further action."
        ),
        examples=[
            "Each time it was the one lost coat; the school has seen him fed and warm since May."
        ],
    ),
]
"""Why nothing more follows from all of the contacts together, as it is told."""

SupersedesTold = Annotated[
    Supersedes | None,
    Field(
        description="Only for a changed mind: the decision that this one replaces, and why.",
        examples=[None],
    ),
]
"""What a changed mind replaces, as it is told."""


class DecisionCreate(ToldPrompts):
    """A threshold decision for one child, as drafted. Nothing in it has a default."""

    child_id: Annotated[Id, an_id("The child on this contact, by its id there.")]
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
    primary_need_code: PrimaryNeed = None
    rationale: Annotated[
        Annotated[str, Text(20_000)],
        Field(
            description="The facts, and why they meet this threshold. Stock phrases are refused.",
            examples=[_RATIONALE],
        ),
    ]
    history: HistoryTold = Field(default_factory=lambda: History())
    agencies: Annotated[
        Annotated[list[AgencyLineIn], Field(max_length=50)],
        Field(
            description=(
                "Who was asked, who answered, who was not asked and why. Who was asked on this "
                "contact and has answered is on record, and need not be listed."
            ),
            examples=[AGENCIES_EXAMPLE],
        ),
    ] = Field(default_factory=list)
    assessment: AssessmentTold = Field(default_factory=lambda: AssessmentTool())
    receiving_team_id: ReceivingTeam = None
    advice_given: AdviceGiven = None
    nothing_more_because: NothingMoreBecause = None
    supersedes: SupersedesTold = None
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
            agencies=[AgencySaid(**dict(line)) for line in self.agencies],
            prompts=self.prompt_lines(),
            assessment_tool=self.assessment.tool,
            assessment_score=self.assessment.score,
            receiving_team_id=self.receiving_team_id,
            advice_given=self.advice_given,
            nothing_more_because=self.nothing_more_because,
            supersedes_id=None if self.supersedes is None else self.supersedes.decision_id,
            supersedes_because=None if self.supersedes is None else self.supersedes.because,
            matches=[line.told() for line in self.matches],
            where=Where(elsewhere=places_of("/prompts", self.prompts_stand())),
        )
