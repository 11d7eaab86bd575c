"""Single assessments: the child and family assessment of a referral, authorised by a manager."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from service.domain.errors import Invalid, NotAllowed
from service.domain.states import StateTable

CLOCKS = ("single_assessment", "pre_birth_assessment_begun", "pre_birth_assessment_done")


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
class Assessment:
    """The assessment of one child in one referral.

    `factors` are codes of the children in need census; `tools` each a `tool`, a `score` where it
    gives one, and the day it was `used_on`. `closure_code` is how the referral is to close, where
    the outcome ends it.
    """

    id: UUID
    reference: str
    referral_id: UUID
    contact_id: UUID
    child_id: UUID
    person_id: UUID
    state: AssessmentState
    begun_at: datetime
    begun_by: UUID
    factors: Sequence[str]
    tools: Sequence[Mapping[str, object]]
    childs_view: str | None
    analysis: str | None
    outcome: AssessmentOutcome | None
    closure_code: str | None
    completed_at: datetime | None
    completed_by: UUID | None
    answered_at: datetime | None
    answered_by: UUID | None
    answer_words: str | None
    ended_at: datetime | None
    version: int


@dataclass(frozen=True, slots=True)
class AssessmentStep:
    """One move of an assessment, so that what was sent back stays on file."""

    id: UUID
    assessment_id: UUID
    action: AssessmentAction
    state: AssessmentState
    at: datetime
    by: UUID
    words: str | None
    content: Mapping[str, object]


class AssessmentIncomplete(Invalid):
    """The assessment leaves something out; each gap is named."""

    code = "assessment_incomplete"
    title = "The assessment leaves something out"


class OwnAssessment(NotAllowed):
    """Authorisation is by somebody else than who completed it."""

    code = "own_assessment"
    title = "Authorisation is by somebody else"
