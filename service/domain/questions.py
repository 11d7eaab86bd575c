"""Questions to agencies: several in one act, what is asked of all said once, answered or not."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from service.domain.contacts import LawfulBasis
from service.domain.drafts import ALONE, Where
from service.domain.errors import Conflict, Invalid, Problem
from service.domain.information_requests import (
    AnswerIncomplete,
    AnswerKind,
    InformationScope,
)


@dataclass(frozen=True, slots=True)
class QuestionRules:
    """Why agencies are asked, and on which basis, where nobody says it otherwise."""

    purpose: str
    lawful_basis: LawfulBasis


@dataclass(frozen=True, slots=True)
class NewAnswer:
    """What the agency says."""

    answer: AnswerKind
    information: str | None = None
    answered_by_name: str | None = None


@dataclass(frozen=True, slots=True)
class NewInformationRequest:
    """A question to one agency about children on a contact; none named means all of them.

    Purpose and basis are the policy's where they are left out. With an `answer` it was asked and
    answered at once, on the telephone.
    """

    organisation_id: str
    purpose: str | None = None
    lawful_basis: LawfulBasis | None = None
    scope: InformationScope = InformationScope.content
    questions: str | None = None
    child_ids: Sequence[UUID] = ()
    answer: NewAnswer | None = None
    where: Where = ALONE


class AlreadyAsked(Conflict):
    """The agency has an open question about the same children."""

    code = "agency_asked_already"
    title = "This agency is asked already"


class QuestionFaulty(Invalid):
    """A question goes to an agency of the policy, about children on the contact."""

    code = "information_request_not_possible"
    title = "This cannot be asked so"


def require_answer_complete(new: NewAnswer, scope: InformationScope) -> None:
    """Raises AnswerIncomplete when the kind of answer and its words do not fit together.

    Asked only whether it knows the family, an agency has said enough by saying that it does.
    """
    problems: list[Problem] = []
    says_enough = scope is InformationScope.existence_only
    if new.answer is AnswerKind.information and not (new.information or says_enough):
        problems.append(
            Problem("/information", "Write down what the agency knows.", "information_missing")
        )
    if new.answer is AnswerKind.declined and not new.information:
        problems.append(
            Problem("/information", "Write down why the agency declines.", "reason_missing")
        )
    if new.answer is AnswerKind.nothing_known and new.information:
        problems.append(
            Problem(
                "/information",
                "Nothing known has nothing to add: use another kind of answer, or leave this out.",
                "not_expected",
            )
        )
    if problems:
        raise AnswerIncomplete("Put right what is named and send it again.", problems=problems)


def asked_twice(questions: Sequence[NewInformationRequest]) -> list[tuple[Where, Problem]]:
    """The questions in one act to an agency that is asked in it before."""
    seen: set[str] = set()
    found: list[tuple[Where, Problem]] = []
    for one in questions:
        if one.organisation_id in seen:
            told = "Name each agency once: ask it all of it in one question."
            found.append((one.where, Problem("/organisation_id", told, "named_twice")))
        seen.add(one.organisation_id)
    return found
