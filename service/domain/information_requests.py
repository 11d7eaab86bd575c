"""Information requests: what an agency was asked, and what it answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from service.domain.contacts import LawfulBasis
from service.domain.errors import Invalid
from service.domain.states import StateTable


class InformationScope(StrEnum):
    """Whether the agency is asked only if it knows the family, or what it knows."""

    existence_only = "existence_only"
    content = "content"


class AnswerKind(StrEnum):
    """The ways to answer. Silence is none of them: no answer is never "nothing known" (rule 4)."""

    nothing_known = "nothing_known"
    known_not_relevant = "known_not_relevant"
    information = "information"
    declined = "declined"


class InformationRequestState(StrEnum):
    """Where a request stands."""

    asked = "asked"
    answered = "answered"


class InformationRequestAction(StrEnum):
    """What can be done to a request."""

    answer = "answer"


INFORMATION_REQUEST = StateTable(
    noun="information request",
    start=InformationRequestState.asked,
    moves={
        (
            InformationRequestState.asked,
            InformationRequestAction.answer,
        ): InformationRequestState.answered,
    },
    final=frozenset({InformationRequestState.answered}),
)


@dataclass(frozen=True, slots=True)
class InformationRequest:
    """One agency asked about the children of one contact."""

    id: UUID
    contact_id: UUID
    organisation_id: str
    scope: InformationScope
    child_ids: Sequence[str]
    purpose: str
    lawful_basis: LawfulBasis
    questions: str | None
    state: InformationRequestState
    asked_at: datetime
    asked_by: UUID
    answer: AnswerKind | None
    information: str | None
    answered_at: datetime | None
    answered_by: UUID | None
    answered_by_name: str | None
    late: bool | None
    version: int


class AnswerIncomplete(Invalid):
    """The kind of answer and its words do not fit together."""

    code = "answer_incomplete"
    title = "The answer is incomplete"
