"""Information requests: what an agency was asked, and what it answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from service.domain.authority import PartnerRules
from service.domain.contacts import LawfulBasis
from service.domain.errors import Conflict, Invalid
from service.domain.fields import Id, Version, personal, plain, sensitive
from service.domain.states import StateTable

THE_ANSWER = "agency_information"
THE_READING = "late_answer_read"
"""The clocks of a request: until the agency answers, and until a late answer is read."""


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
    withdrawn = "withdrawn"
    answered = "answered"


class InformationRequestAction(StrEnum):
    """What can be done to a request."""

    chase = "chase"
    withdraw = "withdraw"
    answer = "answer"


INFORMATION_REQUEST = StateTable(
    noun="information request",
    start=InformationRequestState.asked,
    moves={
        (
            InformationRequestState.asked,
            InformationRequestAction.chase,
        ): InformationRequestState.asked,
        (
            InformationRequestState.asked,
            InformationRequestAction.withdraw,
        ): InformationRequestState.withdrawn,
        (
            InformationRequestState.asked,
            InformationRequestAction.answer,
        ): InformationRequestState.answered,
        # What an agency knows is never turned away.
        (
            InformationRequestState.withdrawn,
            InformationRequestAction.answer,
        ): InformationRequestState.answered,
    },
    final=frozenset({InformationRequestState.answered}),
)


class ChaserMeans(StrEnum):
    """How an agency that has not answered was chased."""

    telephone = "telephone"
    email = "email"
    in_person = "in_person"
    through_manager = "through_manager"


@dataclass(frozen=True, slots=True)
class InformationRequest:
    """One agency asked about the children of one contact.

    `late` marks an answer after its limit, `after_withdrawal` one that nobody waited for any more,
    `after_decision` one that came when every child it is about was decided: somebody has to read
    it, and `unread_since` says since when nobody has.
    """

    id: Id
    contact_id: Annotated[UUID, plain("The contact.")]
    organisation_id: Annotated[str, plain("The agency asked.")]
    scope: Annotated[InformationScope, plain("existence_only or content.")]
    child_ids: Annotated[Sequence[UUID], plain("The children asked about.")]
    purpose: Annotated[str, sensitive("Why asked.")]
    lawful_basis: Annotated[LawfulBasis, plain("Lawful basis for sharing.")]
    questions: Annotated[str | None, sensitive("What was asked.")]
    state: Annotated[InformationRequestState, plain("asked, withdrawn or answered.")]
    asked_at: Annotated[datetime, plain("When asked: the clock starts here.")]
    asked_by: Annotated[UUID, plain("Who asked.")]
    answer: Annotated[
        AnswerKind | None, sensitive("nothing_known, known_not_relevant, information, declined.")
    ]
    information: Annotated[str | None, sensitive("What the agency said.")]
    answered_at: Annotated[datetime | None, plain("When answered.")]
    answered_by: Annotated[UUID | None, plain("Account that recorded the answer.")]
    answered_by_name: Annotated[str | None, personal("Who answered at the agency.")]
    late: Annotated[bool | None, plain("Whether the answer came after its limit.")]
    after_withdrawal: Annotated[
        bool | None, plain("Whether the answer came after it was withdrawn.")
    ]
    after_decision: Annotated[
        bool | None, plain("Whether the answer came when every child it is about was decided.")
    ]
    withdrawn_at: Annotated[datetime | None, plain("When withdrawn.")]
    withdrawn_by: Annotated[UUID | None, plain("Who withdrew it.")]
    withdrawn_because: Annotated[str | None, sensitive("Why it was withdrawn.")]
    unread_since: Annotated[
        datetime | None, plain("Since when an answer after the decision waits to be read.")
    ]
    read_at: Annotated[datetime | None, plain("When that was read.")]
    read_by: Annotated[UUID | None, plain("Who read it.")]
    reading_words: Annotated[str | None, sensitive("What follows from it.")]
    version: Version


@dataclass(frozen=True, slots=True)
class Chaser:
    """That an agency was chased: when, how, whom one spoke to. The limit stays as it is."""

    id: Id
    request_id: Annotated[UUID, plain("The information request.")]
    chased_at: Annotated[datetime, plain("When.")]
    chased_by: Annotated[UUID, plain("Who chased.")]
    how: Annotated[ChaserMeans, plain("telephone, email, in_person, through_manager.")]
    spoken_to: Annotated[str | None, personal("Whom one spoke to at the agency.")]
    note: Annotated[str | None, sensitive("What was said.")]


@dataclass(frozen=True, slots=True)
class StillInSight:
    """After which instants a request was answered or withdrawn that its agency still reads.

    An agency that has answered, or is not asked any more, has no further use for a child's name:
    at the end of the policy's days the request is for it as if it were not there.
    """

    answered_after: datetime
    withdrawn_after: datetime

    @classmethod
    def at(cls, now: datetime, rules: PartnerRules) -> "StillInSight":
        """As it is at an instant; a request answered exactly so many days ago is gone."""
        return cls(
            answered_after=now - timedelta(days=rules.answered_in_sight_days),
            withdrawn_after=now - timedelta(days=rules.withdrawn_in_sight_days),
        )


class NothingToRead(Conflict):
    """Only an answer that came after the decision waits to be read."""

    code = "nothing_to_read"
    title = "No late answer waits here"


class WordsNeeded(Invalid):
    """A stock phrase says nothing."""

    code = "words_needed"
    title = "Say it in your own words"


def is_answered(requests: Sequence[InformationRequest]) -> dict[str, bool]:
    """For each agency asked, whether all that is still wanted of it has been answered.

    A request that was withdrawn was asked, and is no answer: silence is never "nothing known".
    """
    found: dict[str, bool] = {}
    for agency in {one.organisation_id for one in requests}:
        wanted = [
            one
            for one in requests
            if one.organisation_id == agency and one.state is not InformationRequestState.withdrawn
        ]
        found[agency] = bool(wanted) and all(
            one.state is InformationRequestState.answered for one in wanted
        )
    return found


class AnswerIncomplete(Invalid):
    """The kind of answer and its words do not fit together."""

    code = "answer_incomplete"
    title = "The answer is incomplete"
