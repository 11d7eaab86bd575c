"""Passed concerns: a new concern about an open child, until who holds the case has read it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, ClassVar
from uuid import UUID

from service.domain.accountabilities import CareService, OpenToSocialCare
from service.domain.deadlines import Rating
from service.domain.decisions import Outcome
from service.domain.errors import Conflict, Invalid, NotAllowed, Problem
from service.domain.fields import Id, PersonId, Version, plain, sensitive
from service.domain.measure_cases import CountedFilters
from service.domain.measures import Counted
from service.domain.states import StateTable

READING_CLOCKS: Mapping[CareService, str] = MappingProxyType(
    {
        CareService.social_care: "passed_concern_read",
        CareService.early_help: "early_help_passed_concern_read",
    }
)
"""The clock of reading it, by the side that holds the child; each runs by the rating."""

CLOCKS = tuple(READING_CLOCKS.values())


class PassedConcernState(StrEnum):
    """Where a passed concern stands."""

    waiting = "waiting"
    answered = "answered"
    settled = "settled"


class PassedConcernAction(StrEnum):
    """What can be done to a passed concern."""

    answer = "answer"
    go_along = "go_along"
    settle = "settle"


_S, _A = PassedConcernState, PassedConcernAction
PASSED_CONCERN = StateTable(
    noun="passed concern",
    start=_S.waiting,
    moves={
        (_S.waiting, _A.answer): _S.answered,
        # The child goes to another case before anybody has read it: it waits for who holds that.
        (_S.waiting, _A.go_along): _S.waiting,
        # Nobody holds the child any more, or another decision has taken the place of this one.
        (_S.waiting, _A.settle): _S.settled,
    },
    final=frozenset({_S.answered, _S.settled}),
    by_itself=frozenset({_A.go_along, _A.settle}),
)


@dataclass(frozen=True, slots=True)
class PassedConcern:
    """A new concern about a child whose case is open, passed to who holds that case.

    It waits until the case holder has read it and said what they will do. `passed_at` stays what it
    was when the child goes to another case: nobody gains time by that.
    """

    id: Id
    decision_id: Annotated[UUID, plain("The signed decision that passed it.")]
    contact_id: Annotated[UUID, plain("The contact that told of it.")]
    child_id: Annotated[UUID, plain("The child on that contact.")]
    person_id: PersonId
    service: Annotated[CareService, plain("The side that holds the case.")]
    referral_id: Annotated[UUID | None, plain("The referral whose holder reads it.")]
    early_help_episode_id: Annotated[UUID | None, plain("The episode whose holder reads it.")]
    rating: Annotated[Rating, plain("How urgent the contact was rated; amber when it was not.")]
    state: Annotated[PassedConcernState, plain("waiting, answered or settled.")]
    passed_at: Annotated[datetime, plain("When it was passed on: the clock starts here.")]
    passed_by: Annotated[UUID, plain("The manager who signed the decision.")]
    answered_at: Annotated[datetime | None, plain("When it was read, with what will be done.")]
    answered_by: Annotated[UUID | None, plain("Who read it.")]
    words: Annotated[str | None, sensitive("What they will do.")]
    settled_at: Annotated[datetime | None, plain("Since when it waits for nobody.")]
    version: Version

    @property
    def clock(self) -> str:
        """The clock that runs on it while it waits."""
        return READING_CLOCKS[self.service]


@dataclass(frozen=True, slots=True)
class PassedConcernFilters(CountedFilters):
    """What a list of passed concerns can be narrowed by."""

    counted: ClassVar[Counted] = Counted.passed_concerns

    states: Sequence[PassedConcernState] = ()
    service: CareService | None = None
    person_id: UUID | None = None
    contact_id: UUID | None = None
    referral_id: UUID | None = None
    early_help_episode_id: UUID | None = None


class NotTheCaseHolder(NotAllowed):
    """A concern is answered by who holds the child's case, or by the manager of that side."""

    code = "not_the_case_holder"
    title = "Somebody else holds the case"


class SayWhatYouWillDo(Invalid):
    """To have read it is not enough: who holds the case says what they will do."""

    code = "say_what_you_will_do"
    title = "Say what you will do"


class ConcernWaits(Conflict):
    """While a new concern about the child is unread the case stays open."""

    code = "passed_concern_waiting"
    title = "A new concern waits to be read"


class NobodyHoldsTheChild(Conflict):
    """Nobody holds the child's case any more, so that there is nobody to pass a concern to."""

    code = "child_held_by_nobody"
    title = "Nobody holds this child's case"


def faults_of_open_child(outcome: Outcome, open_to: CareService | None) -> list[Problem]:
    """What an outcome has against who holds the child: nobody, early help or social care."""
    if outcome is Outcome.passed_to_case_holder and open_to is None:
        return [
            Problem(
                "/outcome",
                "No referral and no early help episode of this child is open, so that nobody holds "
                "the case. Decide what happens next for the child.",
                NobodyHoldsTheChild.code,
            )
        ]
    if outcome is Outcome.no_further_action and open_to is CareService.social_care:
        return [
            Problem(
                "/outcome",
                "The child is open to children's social care, and a new concern about such a child "
                "is never no further action. Use passed_to_case_holder: who holds the case reads "
                "it and says what they will do. Use referral where it is more serious than what "
                "is known: it joins the open one.",
                OpenToSocialCare.code,
            )
        ]
    return []


def refuse_if_held_otherwise(outcome: Outcome, held_by: CareService | None) -> None:
    """Raises NobodyHoldsTheChild and OpenToSocialCare where that has changed since the draft."""
    if outcome is Outcome.passed_to_case_holder and held_by is None:
        raise NobodyHoldsTheChild(
            "Since this was drafted the child's case has closed, so that nobody holds it. Return "
            "the decision, and have it decided anew what happens next for the child.",
            state=CareService.front_door,
            allowed=(),
        )
    if outcome is Outcome.no_further_action and held_by is CareService.social_care:
        raise OpenToSocialCare(
            "Since this was drafted the child has been opened to children's social care, and a new "
            "concern about such a child is never no further action. Return the decision, and have "
            "it passed to the case holder.",
            state=CareService.social_care,
            allowed=(Outcome.passed_to_case_holder, Outcome.referral),
        )
