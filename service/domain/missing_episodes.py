"""Missing children: an episode, the return, and the return home interview (rule 19)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

from service.domain.errors import Conflict, Invalid, Problem
from service.domain.fields import Id, PersonId, Reference, Version, personal, plain, sensitive
from service.domain.instants import lies_ahead
from service.domain.measure_cases import CountedFilters
from service.domain.measures import Counted
from service.domain.states import StateTable

RETURN_CLOCK = "return_home_interview"


class MissingState(StrEnum):
    """Where a missing episode stands."""

    missing = "missing"
    returned = "returned"
    interview_offered = "interview_offered"
    interview_accepted = "interview_accepted"
    interview_declined = "interview_declined"
    interview_held = "interview_held"


class MissingAction(StrEnum):
    """What can be done to a missing episode; `report` is how it begins."""

    report = "report"
    record_return = "record_return"
    attempt_interview = "attempt_interview"
    offer_interview = "offer_interview"
    accept_interview = "accept_interview"
    decline_interview = "decline_interview"
    hold_interview = "hold_interview"


class InterviewAnswer(StrEnum):
    """What the child said to the interview that was offered."""

    accepted = "accepted"
    declined = "declined"


class InterviewStep(StrEnum):
    """One step towards a return home interview, as it is told.

    `attempted`: somebody tried to reach the child, or to hold it, and did not.
    """

    attempted = "attempted"
    offered = "offered"
    accepted = "accepted"
    declined = "declined"
    held = "held"


ACTION_OF = {
    InterviewStep.attempted: MissingAction.attempt_interview,
    InterviewStep.offered: MissingAction.offer_interview,
    InterviewStep.accepted: MissingAction.accept_interview,
    InterviewStep.declined: MissingAction.decline_interview,
    InterviewStep.held: MissingAction.hold_interview,
}

_S, _A = MissingState, MissingAction
MISSING_EPISODE = StateTable(
    noun="missing episode",
    start=_S.missing,
    moves={
        (_S.missing, _A.record_return): _S.returned,
        (_S.returned, _A.attempt_interview): _S.returned,
        (_S.returned, _A.offer_interview): _S.interview_offered,
        (_S.interview_offered, _A.attempt_interview): _S.interview_offered,
        (_S.interview_offered, _A.accept_interview): _S.interview_accepted,
        (_S.interview_offered, _A.decline_interview): _S.interview_declined,
        (_S.interview_offered, _A.hold_interview): _S.interview_held,
        (_S.interview_accepted, _A.attempt_interview): _S.interview_accepted,
        (_S.interview_accepted, _A.decline_interview): _S.interview_declined,
        (_S.interview_accepted, _A.hold_interview): _S.interview_held,
        # A child who declined may talk after all; the clock has stopped and stays so.
        (_S.interview_declined, _A.hold_interview): _S.interview_held,
    },
    final=frozenset({_S.interview_held}),
)


@dataclass(frozen=True, slots=True)
class MissingEpisode:
    """One time that a child went missing, and the interview that is owed after the return.

    `contact_id` is the contact that told of the child; `reported_at` is when the police or the
    front door were told. `interview_held_independently` is whether who held it has no part in the
    child's care (statutory guidance on children who run away or go missing, DfE 2014).
    """

    id: Id
    reference: Reference
    contact_id: Annotated[UUID, plain("The contact that told of the child.")]
    child_id: Annotated[UUID, plain("The child on that contact.")]
    person_id: PersonId
    state: Annotated[MissingState, plain("missing, returned, or how far the interview has come.")]
    missing_from: Annotated[datetime, plain("Since when the child was missing.")]
    reported_at: Annotated[datetime, plain("When the child was reported missing.")]
    circumstances: Annotated[str, sensitive("How it came about, in words.")]
    police_reference: Annotated[str | None, plain("The police's own reference.")]
    recorded_at: Annotated[datetime, plain("When the row was written.")]
    recorded_by: Annotated[UUID, plain("Account that recorded it.")]
    returned_at: Annotated[
        datetime | None, plain("When the child was back: the clock of the interview starts here.")
    ]
    found_where: Annotated[str | None, sensitive("Where the child was found.")]
    return_circumstances: Annotated[str | None, sensitive("How the return came about, in words.")]
    interview_offered_at: Annotated[datetime | None, plain("When an interview was offered.")]
    interview_answer: Annotated[InterviewAnswer | None, plain("accepted or declined.")]
    interview_answered_at: Annotated[datetime | None, plain("When the child answered.")]
    declined_because: Annotated[str | None, sensitive("Why the child declined.")]
    interview_held_at: Annotated[datetime | None, plain("When the interview was held.")]
    interview_held_where: Annotated[str | None, sensitive("Where it was held.")]
    interviewer: Annotated[str | None, personal("Who held it.")]
    interview_held_independently: Annotated[
        bool | None, plain("Whether who held it has no part in the child's care.")
    ]
    interview_words: Annotated[str | None, sensitive("What came of it, in words.")]
    version: Version


@dataclass(frozen=True, slots=True)
class MissingEpisodeStep:
    """One thing that happened in an episode. `happened_at` is when, `at` when it was recorded."""

    id: Id
    episode_id: Annotated[UUID, plain("The missing episode.")]
    action: Annotated[MissingAction, plain("What was done.")]
    state: Annotated[MissingState, plain("The state that it led to.")]
    at: Annotated[datetime, plain("When it was recorded.")]
    by: Annotated[UUID, plain("Who.")]
    happened_at: Annotated[datetime, plain("When it happened.")]
    words: Annotated[str | None, sensitive("In their own words.")]


@dataclass(frozen=True, slots=True)
class MissingFilters(CountedFilters):
    """What a list of missing episodes can be narrowed by."""

    counted: ClassVar[Counted] = Counted.missing_episodes

    states: Sequence[MissingState] = ()
    person_id: UUID | None = None
    contact_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Return:
    """A return as it is told: when, where the child was found, and how it came about."""

    returned_at: datetime
    found_where: str
    circumstances: str


@dataclass(frozen=True, slots=True)
class Interview:
    """A step towards the interview as it is told. Each step carries what belongs to it alone."""

    step: InterviewStep
    happened_at: datetime
    because: str | None = None
    interviewer: str | None = None
    independent: bool | None = None
    where: str | None = None
    words: str | None = None


class MissingAlready(Conflict):
    """A child who is missing cannot go missing again before the return."""

    code = "missing_already"
    title = "The child is missing already"


class MissingEpisodeIncomplete(Invalid):
    """What was told of a missing episode leaves something out, or cannot be so."""

    code = "missing_episode_incomplete"
    title = "The missing episode leaves something out"


def incomplete(problems: Sequence[Problem]) -> MissingEpisodeIncomplete:
    """The refusal that names everything that is missing or cannot be so."""
    return MissingEpisodeIncomplete(
        "Something is missing or cannot be so. Put right what is named and send it again.",
        problems=list(problems),
    )


def faults_in_times(
    now: datetime,
    missing_from: datetime,
    reported_at: datetime,
    told: Return | None,
    *,
    at_return: str = "/returned",
) -> list[Problem]:
    """What cannot be so of the times of an episode: in the future, or before what came before."""
    problems = [
        Problem(pointer, "This lies ahead. Check the time and its zone.", "in_the_future")
        for pointer, at in (
            ("/missing_from", missing_from),
            ("/reported_at", reported_at),
            *([] if told is None else [(f"{at_return}/returned_at", told.returned_at)]),
        )
        if lies_ahead(at, now)
    ]
    if reported_at < missing_from:
        problems.append(
            Problem(
                "/reported_at",
                "Nobody can report a child missing before the child is. Check both times.",
                "before_missing",
            )
        )
    if told is not None and told.returned_at <= missing_from:
        problems.append(
            Problem(
                f"{at_return}/returned_at",
                "The return comes after the child went missing. Check both times.",
                "return_before_missing",
            )
        )
    return problems


_OWN = {
    InterviewStep.declined: ("because",),
    InterviewStep.held: ("interviewer", "independent", "where"),
}
_ASKED_FOR = {
    "because": "Say why the child declined.",
    "interviewer": "Name who held it, and what they are to the child.",
    "independent": "Say whether who held it has no part in the child's care.",
    "where": "Say where it was held.",
}


def faults_in_interview(episode: MissingEpisode, told: Interview, now: datetime) -> list[Problem]:
    """What is missing of a step towards the interview, or cannot be so."""
    problems: list[Problem] = []
    own = _OWN.get(told.step, ())
    for name, message in _ASKED_FOR.items():
        value = getattr(told, name)
        if name in own and value is None:
            problems.append(Problem(f"/{name}", message, "missing"))
        elif name not in own and value is not None:
            problems.append(
                Problem(f"/{name}", "This belongs to another step: leave it out.", "surplus")
            )
    if told.step is InterviewStep.held and told.independent is False and told.words is None:
        problems.append(
            Problem(
                "/words",
                "The interview is held by somebody independent of the child's care. Say why it "
                "was not.",
                "missing",
            )
        )
    if told.step is InterviewStep.attempted and told.words is None:
        problems.append(Problem("/words", "Say what was tried, and what came of it.", "missing"))
    if lies_ahead(told.happened_at, now):
        problems.append(
            Problem(
                "/happened_at", "This lies ahead. Check the time and its zone.", "in_the_future"
            )
        )
    for word, before in (
        ("the child's return", episode.returned_at),
        ("the interview was offered", episode.interview_offered_at),
        ("the child's answer", episode.interview_answered_at),
    ):
        if before is not None and told.happened_at < before:
            problems.append(
                Problem(
                    "/happened_at",
                    f"This cannot lie before {word}. Check the time.",
                    "out_of_order",
                )
            )
            break
    return problems


def refuse_while_missing(is_missing: bool, others: Sequence[MissingEpisode]) -> None:
    """Raises MissingAlready when a child is missing and one of these episodes is open too."""
    for one in others:
        if is_missing and one.returned_at is None:
            raise MissingAlready(
                f"Missing episode {one.reference} of this child is open: record the return there "
                "first.",
                state=one.state,
                allowed=MISSING_EPISODE.allowed(one.state),
            )
