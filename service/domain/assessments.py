"""Single assessments: the child and family assessment of a referral, authorised by a manager."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

from service.domain.authority import AssessmentRules
from service.domain.deadlines import Deadline
from service.domain.errors import Conflict, Invalid, NotAllowed, Problem
from service.domain.fields import Id, PersonId, Reference, Version, plain, sensitive
from service.domain.measure_cases import CountedFilters
from service.domain.measures import Counted
from service.domain.own_words import RationaleRules, own_words_faults, rationale_faults
from service.domain.states import StateTable

CLOCKS = ("single_assessment", "pre_birth_assessment_begun", "pre_birth_assessment_done")

NO_FACTORS = "21"
"""No factors identified: by itself, where no further action is taken (children in need census)."""

TO_EARLY_HELP = "RC9"
"""Case closed after assessment, referred to early help (children in need census)."""


class AssessmentOutcome(StrEnum):
    """What follows from an assessment."""

    child_protection = "child_protection"
    child_in_need_plan = "child_in_need_plan"
    early_help = "early_help"
    no_further_action = "no_further_action"


class AssessmentState(StrEnum):
    """Where an assessment stands."""

    under_way = "under_way"
    awaiting_authorisation = "awaiting_authorisation"
    authorised = "authorised"
    ended_unfinished = "ended_unfinished"


class AssessmentAction(StrEnum):
    """What can be done to an assessment."""

    complete = "complete"
    authorise = "authorise"
    send_back = "send_back"
    end_with_referral = "end_with_referral"


_S, _A = AssessmentState, AssessmentAction
ASSESSMENT = StateTable(
    noun="assessment",
    start=_S.under_way,
    moves={
        (_S.under_way, _A.complete): _S.awaiting_authorisation,
        (_S.under_way, _A.end_with_referral): _S.ended_unfinished,
        (_S.awaiting_authorisation, _A.authorise): _S.authorised,
        (_S.awaiting_authorisation, _A.send_back): _S.under_way,
        (_S.awaiting_authorisation, _A.end_with_referral): _S.ended_unfinished,
    },
    final=frozenset({_S.authorised, _S.ended_unfinished}),
    by_itself=frozenset({_A.end_with_referral}),
)


@dataclass(frozen=True, slots=True)
class ToolUsed:
    """A tool that was used in an assessment, on a London day, with the score that it gave."""

    tool: str
    score: str | None
    used_on: date


@dataclass(frozen=True, slots=True)
class Completion:
    """An assessment as it is completed, to be authorised by a manager."""

    factors: Sequence[str]
    tools: Sequence[ToolUsed]
    childs_view: str | None
    analysis: str
    outcome: AssessmentOutcome
    closure_code: str | None


@dataclass(frozen=True, slots=True)
class Assessment:
    """The assessment of one child in one referral.

    `factors` are codes of the children in need census; `tools` each a `tool`, a `score` where it
    gives one, and the day it was `used_on`. `closure_code` is how the referral is to close, where
    the outcome ends it.
    """

    id: Id
    reference: Reference
    referral_id: Annotated[UUID, plain("Social care's case.")]
    contact_id: Annotated[UUID, plain("The contact behind that case.")]
    child_id: Annotated[UUID, plain("The child on that contact.")]
    person_id: PersonId
    state: Annotated[
        AssessmentState, plain("under_way, awaiting_authorisation, authorised, ended_unfinished.")
    ]
    begun_at: Annotated[datetime, plain("When it was begun.")]
    begun_by: Annotated[UUID, plain("Who began it.")]
    factors: Annotated[Sequence[str], sensitive("Factors at assessment, codes of the census.")]
    tools: Annotated[Sequence[ToolUsed], sensitive("Tools used, with their scores.")]
    childs_view: Annotated[str | None, sensitive("What the child says.")]
    analysis: Annotated[str | None, sensitive("The assessment in words.")]
    outcome: Annotated[AssessmentOutcome | None, sensitive("What follows.")]
    closure_code: Annotated[str | None, sensitive("How the referral is to close.")]
    completed_at: Annotated[datetime | None, plain("When last completed.")]
    completed_by: Annotated[UUID | None, plain("Who completed it.")]
    answered_at: Annotated[datetime | None, plain("When last authorised or sent back.")]
    answered_by: Annotated[UUID | None, plain("The manager who did.")]
    answer_words: Annotated[str | None, sensitive("The manager's own words.")]
    ended_at: Annotated[datetime | None, plain("When authorised, or ended unfinished.")]
    version: Version


@dataclass(frozen=True, slots=True)
class AssessmentStep:
    """One move of an assessment, so that what was sent back stays on file."""

    id: Id
    assessment_id: Annotated[UUID, plain("The assessment.")]
    action: Annotated[AssessmentAction, plain("What was done.")]
    state: Annotated[AssessmentState, plain("The state that it led to.")]
    at: Annotated[datetime, plain("When.")]
    by: Annotated[UUID, plain("Who.")]
    words: Annotated[str | None, sensitive("In their own words.")]
    content: Annotated[Completion | None, sensitive("The assessment as it was completed then.")]


class AssessmentIncomplete(Invalid):
    """The assessment leaves something out; each gap is named."""

    code = "assessment_incomplete"
    title = "The assessment leaves something out"


class OwnAssessment(NotAllowed):
    """Authorisation is by somebody else than who completed it."""

    code = "own_assessment"
    title = "Authorisation is by somebody else"


class ReferralNotOpen(Conflict):
    """Social care does not hold the child in this referral, so there is nothing to assess in it."""

    code = "referral_not_open"
    title = "Not open to social care"


@dataclass(frozen=True, slots=True)
class AssessmentFilters(CountedFilters):
    """What a list of assessments can be narrowed by."""

    counted: ClassVar[Counted] = Counted.assessments

    states: Sequence[AssessmentState] = ()
    person_id: UUID | None = None
    referral_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class DatedAssessment:
    """An assessment in a list, with the limit of the clock that runs out first on it."""

    assessment: Assessment
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class WholeAssessment:
    """An assessment with every version that was completed and answered, and its clocks."""

    assessment: Assessment
    steps: Sequence[AssessmentStep]
    deadlines: Sequence[Deadline]


def faults_in_completion(
    completion: Completion,
    *,
    factors: Collection[str],
    closure_codes: Sequence[str],
    tools: AssessmentRules,
    rationale: RationaleRules,
    unborn: bool,
    today: date,
) -> list[Problem]:
    """Everything that an assessment leaves out or that does not fit, all at once.

    `factors` and `closure_codes` are the codes of the census, `today` a London day.
    """
    problems = [
        *_faults_in_factors(completion, factors),
        *_faults_in_tools(completion, tools, rationale, today),
    ]
    if completion.childs_view is None and not unborn:
        problems.append(
            Problem(
                "/childs_view",
                "Say what the child says, or what daily life is like for a child too young to "
                "tell.",
                "missing",
            )
        )
    problems += own_words_faults(rationale, ("/childs_view", completion.childs_view))
    problems += rationale_faults(rationale, "/analysis", completion.analysis)
    return [*problems, *_faults_in_closure(completion, closure_codes)]


def _faults_in_factors(completion: Completion, known: Collection[str]) -> list[Problem]:
    problems: list[Problem] = []
    if not completion.factors:
        problems.append(
            Problem(
                "/factors",
                "Name the factors that were found, from GET /v1/codes/assessment_factor. Where "
                f"there are none, that is code {NO_FACTORS}.",
                "missing",
            )
        )
    named: set[str] = set()
    for place, code in enumerate(completion.factors):
        at = f"/factors/{place}"
        if code not in known:
            problems.append(
                Problem(
                    at,
                    "Use a code of GET /v1/codes/assessment_factor.",
                    "code_unknown",
                )
            )
        if code in named:
            problems.append(Problem(at, "This factor is named already.", "listed_twice"))
        named.add(code)
    if NO_FACTORS in named:
        at = f"/factors/{list(completion.factors).index(NO_FACTORS)}"
        if len(named) > 1:
            problems.append(
                Problem(
                    at,
                    "No factors identified stands by itself: leave it out, or the others.",
                    "not_alone",
                )
            )
        if completion.outcome is not AssessmentOutcome.no_further_action:
            problems.append(
                Problem(
                    at,
                    "No factors identified goes with no further action alone. Name what was found.",
                    "does_not_fit_outcome",
                )
            )
    return problems


def _faults_in_tools(
    completion: Completion, rules: AssessmentRules, rationale: RationaleRules, today: date
) -> list[Problem]:
    problems: list[Problem] = []
    listed: set[tuple[str, date]] = set()
    for place, one in enumerate(completion.tools):
        at = f"/tools/{place}"
        if one.tool not in rules.tools:
            known = ", ".join(rules.tools)
            problems.append(Problem(f"{at}/tool", f"Use one of: {known}.", "code_unknown"))
        if one.tool in rules.scored_tools and one.score is None:
            problems.append(Problem(f"{at}/score", "Give the score that it gave.", "missing"))
        problems += own_words_faults(rationale, (f"{at}/score", one.score))
        if one.used_on > today:
            problems.append(
                Problem(f"{at}/used_on", "Name the day on which it was used.", "not_yet")
            )
        if (one.tool, one.used_on) in listed:
            problems.append(
                Problem(at, "This tool is listed already for this day.", "listed_twice")
            )
        listed.add((one.tool, one.used_on))
    used = {one.tool for one in completion.tools}
    for factors, wanted, what in (
        (rules.neglect_factors, rules.neglect_tools, "Neglect"),
        (rules.domestic_abuse_factors, rules.domestic_abuse_tools, "Domestic abuse"),
    ):
        if set(completion.factors) & set(factors) and not used & set(wanted):
            problems.append(
                Problem(
                    "/tools",
                    f"{what} is a factor: use one of {', '.join(wanted)}, and say what it gave.",
                    "tool_missing",
                )
            )
    return problems


def _faults_in_closure(completion: Completion, codes: Sequence[str]) -> list[Problem]:
    pointer, code = "/closure_code", completion.closure_code
    match completion.outcome:
        case AssessmentOutcome.no_further_action:
            possible = [one for one in codes if one != TO_EARLY_HELP]
        case AssessmentOutcome.early_help:
            possible = [TO_EARLY_HELP]
        case _:
            possible = []
    if code in possible or (code is None and not possible):
        return []
    if not possible:
        return [
            Problem(pointer, "The referral stays open with this outcome: leave it out.", "surplus")
        ]
    return [
        Problem(
            pointer,
            f"Say how the referral is to close: {', '.join(possible)}.",
            "missing" if code is None else "closure_code_not_possible",
        )
    ]


def incomplete(problems: Sequence[Problem]) -> AssessmentIncomplete:
    """The refusal that names everything that is missing or does not fit."""
    return AssessmentIncomplete(
        "Something is missing or does not fit. Put right what is named and send it again.",
        problems=list(problems),
    )
