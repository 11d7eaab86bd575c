"""Missing children: recorded missing, recorded back, and the return home interview (rule 19)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from service.domain.access import Caller, Permission
from service.domain.accountabilities import require_side
from service.domain.contacts import Child
from service.domain.deadlines import Deadline
from service.domain.errors import Problem
from service.domain.events import EventType
from service.domain.missing_episodes import (
    ACTION_OF,
    MISSING_EPISODE,
    RETURN_CLOCK,
    Interview,
    InterviewAnswer,
    InterviewStep,
    MissingAction,
    MissingEpisode,
    MissingEpisodeStep,
    MissingFilters,
    MissingState,
    Return,
    faults_in_interview,
    faults_in_times,
    incomplete,
    refuse_while_missing,
)
from service.domain.own_words import own_words_faults
from service.domain.people import BirthKnowledge, Person
from service.domain.references import ReferenceKind, new_reference
from service.domain_services.missing_episodes import (
    MISSING_EPISODES,
    keep_missing_step,
    move_missing_episode,
    record_missing_event,
    start_return_clock,
    stop_return_clock,
)
from service.persistence.asking import Asking
from service.persistence.ids import new_id
from service.persistence.keysets import Place
from service.persistence.repositories import (
    accountabilities,
    contacts,
    deadlines,
    missing_episodes,
    people,
)
from service.persistence.units_of_work import Work

# Refusals from below that routes name in the contract.
ContactNotFound = contacts.ContactNotFound
MissingEpisodeNotFound = missing_episodes.MissingEpisodeNotFound


@dataclass(frozen=True, slots=True)
class NewMissingEpisode:
    """A missing child as told. `returned` is set when it is told after the child came back."""

    contact_id: UUID
    child_id: UUID
    missing_from: datetime
    reported_at: datetime | None
    circumstances: str
    police_reference: str | None = None
    returned: Return | None = None


@dataclass(frozen=True, slots=True)
class WholeMissingEpisode:
    """An episode with everything that happened in it, and the clock of its interview."""

    episode: MissingEpisode
    steps: Sequence[MissingEpisodeStep]
    deadlines: Sequence[Deadline]


async def whole_missing_episode(ask: Asking | Work, episode: MissingEpisode) -> WholeMissingEpisode:
    """All that hangs on an episode that the caller may see."""
    return WholeMissingEpisode(
        episode=episode,
        steps=await missing_episodes.steps_of(ask, episode.id),
        deadlines=await deadlines.of_subject(ask, episode.contact_id, episode.id),
    )


async def record_missing_episode(work: Work, who: Caller, new: NewMissingEpisode) -> MissingEpisode:
    """Records that a child on a contact is missing, or was and has come back since.

    Told after the return, the clock of the interview has run since the child was back. Raises
    AnotherSidesChild for a child whom the caller's side does not answer for, MissingAlready while
    the child's last episode is open, MissingEpisodeIncomplete naming every fault.
    """
    who.require(Permission.record_missing_episode)
    await contacts.get(work, who.sight, new.contact_id)
    await contacts.renew(work, new.contact_id)
    child = _child_of(await contacts.children(work, new.contact_id), new.child_id)
    await accountabilities.held(work, child.person_id)
    require_side(who.acts_for, await accountabilities.whose(work, child.person_id))
    person = (await people.find(work, [child.person_id]))[child.person_id]
    others = await missing_episodes.of_person(work, child.person_id)
    refuse_while_missing(new.returned is None, others)
    reported_at = new.reported_at or work.now
    _refuse_faults(_faults_in_new(work, new, reported_at, person, others))
    episode = _new_episode(work, who, new, child, reported_at)
    work.add(episode)
    keep_missing_step(
        work,
        who,
        episode,
        MissingAction.report,
        happened_at=new.missing_from,
        words=new.circumstances,
    )
    record_missing_event(
        work,
        who,
        EventType.missing_episode_recorded,
        episode,
        new.missing_from,
        reported_at=reported_at,
    )
    if new.returned is not None:
        keep_missing_step(
            work,
            who,
            episode,
            MissingAction.record_return,
            happened_at=new.returned.returned_at,
            words=new.returned.circumstances,
        )
        start_return_clock(work, episode, new.returned.returned_at)
        # A thing of its own, with clocks of its own, though it is told in the same breath.
        record_missing_event(
            work,
            who,
            EventType.missing_episode_returned,
            episode,
            new.returned.returned_at,
        )
    return episode


def _new_episode(
    work: Work, who: Caller, new: NewMissingEpisode, child: Child, reported_at: datetime
) -> MissingEpisode:
    """A missing episode as it begins on the record: open, or with the child back already."""
    returned = new.returned
    return MissingEpisode(
        id=new_id(),
        reference=new_reference(ReferenceKind.missing_episode),
        contact_id=new.contact_id,
        child_id=child.id,
        person_id=child.person_id,
        state=MISSING_EPISODE.start if returned is None else MissingState.returned,
        missing_from=new.missing_from,
        reported_at=reported_at,
        circumstances=new.circumstances,
        police_reference=new.police_reference,
        recorded_at=work.now,
        recorded_by=who.account_id,
        returned_at=None if returned is None else returned.returned_at,
        found_where=None if returned is None else returned.found_where,
        return_circumstances=None if returned is None else returned.circumstances,
        interview_offered_at=None,
        interview_answer=None,
        interview_answered_at=None,
        declined_because=None,
        interview_held_at=None,
        interview_held_where=None,
        interviewer=None,
        interview_held_independently=None,
        interview_words=None,
        version=1,
    )


def _child_of(children: Sequence[Child], child_id: UUID) -> Child:
    found = next((one for one in children if one.id == child_id), None)
    if found is None:
        raise incomplete(
            [
                Problem(
                    "/child_id",
                    "This child is not on this contact. Name one of its children.",
                    "not_on_this_contact",
                )
            ]
        )
    return found


def _refuse_faults(problems: Sequence[Problem]) -> None:
    if problems:
        raise incomplete(problems)


def _faults_in_new(
    work: Work,
    new: NewMissingEpisode,
    reported_at: datetime,
    person: Person,
    others: Sequence[MissingEpisode],
) -> list[Problem]:
    problems = faults_in_times(work.now, new.missing_from, reported_at, new.returned)
    if person.birth_knowledge is BirthKnowledge.unborn:
        problems.append(
            Problem(
                "/child_id",
                "An unborn child does not go missing. When the mother is missing, log a contact "
                "about the unborn child.",
                "unborn",
            )
        )
    back = work.now if new.returned is None else new.returned.returned_at
    if any(
        one.missing_from < back and new.missing_from < (one.returned_at or work.now)
        for one in others
    ):
        problems.append(
            Problem(
                "/missing_from",
                "Another episode of this child is on file for this time. Check the times, or "
                "record the return there.",
                "overlaps",
            )
        )
    problems += own_words_faults(work.policy.rationale, ("/circumstances", new.circumstances))
    if new.returned is not None:
        problems += _faults_in_return(work, new.returned, "/returned")
    return problems


def _faults_in_return(work: Work, told: Return, at: str) -> list[Problem]:
    problems = own_words_faults(work.policy.rationale, (f"{at}/circumstances", told.circumstances))
    too_long_ago = work.policy.why_no_rule([RETURN_CLOCK], at=told.returned_at)
    if too_long_ago is not None:
        problems.append(Problem(f"{at}/returned_at", too_long_ago, "too_long_ago"))
    return problems


async def _hold(
    work: Work, who: Caller, episode_id: UUID, version: int, action: MissingAction
) -> MissingEpisode:
    """An episode on which somebody is about to act, with its contact and its child held.

    Raises MissingEpisodeNotFound; AnotherSidesChild; WrongState with the state and what is possible
    in it; and only then Stale: who comes second is told why.
    """

    async def can(episode: MissingEpisode) -> None:
        require_side(who.acts_for, await accountabilities.whose(work, episode.person_id))
        MISSING_EPISODE.after(episode.state, action)

    return (await MISSING_EPISODES.hold(work, who, episode_id, version, can)).thing


async def record_return(
    work: Work, who: Caller, episode_id: UUID, version: int, told: Return
) -> MissingEpisode:
    """Records that the child is back: the interview is owed within the limit from then on."""
    who.require(Permission.record_missing_episode)
    action = MissingAction.record_return
    episode = await _hold(work, who, episode_id, version, action)
    _refuse_faults(
        [
            *faults_in_times(
                work.now, episode.missing_from, episode.reported_at, told, at_return=""
            ),
            *_faults_in_return(work, told, ""),
        ]
    )
    moved = await move_missing_episode(
        work,
        who,
        episode,
        action,
        told.returned_at,
        told.circumstances,
        returned_at=told.returned_at,
        found_where=told.found_where,
        return_circumstances=told.circumstances,
    )
    start_return_clock(work, moved, told.returned_at)
    record_missing_event(work, who, EventType.missing_episode_returned, moved, told.returned_at)
    return moved


async def record_return_interview(
    work: Work, who: Caller, episode_id: UUID, version: int, told: Interview
) -> MissingEpisode:
    """Records that the interview was offered, accepted, declined or held, or that it was tried.

    An attempt to reach the child is kept with its words, and the clock goes on.
    Declined or held, its clock stops by when that happened. Held after all by a child who had
    declined, it is recorded and no clock runs again. Raises WrongState before the return and once
    it was held, MissingEpisodeIncomplete naming every fault.
    """
    who.require(Permission.record_return_interview)
    action = ACTION_OF[told.step]
    episode = await _hold(work, who, episode_id, version, action)
    _refuse_faults(
        [
            *faults_in_interview(episode, told, work.now),
            *own_words_faults(
                work.policy.rationale, ("/because", told.because), ("/words", told.words)
            ),
        ]
    )
    if told.step in (InterviewStep.declined, InterviewStep.held):
        await stop_return_clock(work, episode, told.step, told.happened_at)
    moved = await move_missing_episode(
        work,
        who,
        episode,
        action,
        told.happened_at,
        told.because or told.words,
        **_changed_by(told),
    )
    record_missing_event(
        work,
        who,
        EventType.missing_episode_interview_recorded,
        moved,
        told.happened_at,
        step=told.step,
    )
    return moved


def _changed_by(told: Interview) -> dict[str, Any]:
    if told.step is InterviewStep.attempted:
        return {}
    if told.step is InterviewStep.offered:
        return {"interview_offered_at": told.happened_at}
    if told.step is InterviewStep.held:
        return {
            "interview_held_at": told.happened_at,
            "interview_held_where": told.where,
            "interviewer": told.interviewer,
            "interview_held_independently": told.independent,
            "interview_words": told.words,
        }
    return {
        "interview_answer": InterviewAnswer(told.step.value),
        "interview_answered_at": told.happened_at,
        "declined_because": told.because,
    }


async def read_missing_episode(ask: Asking, who: Caller, episode_id: UUID) -> WholeMissingEpisode:
    """One episode with its history and its clock. Raises MissingEpisodeNotFound."""
    who.require(Permission.read_missing_episodes)
    return await whole_missing_episode(ask, await missing_episodes.get(ask, who.sight, episode_id))


async def list_missing_episodes(
    ask: Asking,
    who: Caller,
    filters: MissingFilters,
    *,
    limit: int,
    after: Place | None = None,
) -> list[MissingEpisode]:
    """Episodes that the caller may see, newest first; those behind a figure when one is named."""
    who.require(Permission.read_missing_episodes)
    return await missing_episodes.LISTED.newest_first(
        ask, who.sight, filters, limit=limit, after=after
    )
