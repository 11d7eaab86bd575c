"""Missing episodes: moved with a line of history each, with the clock of the return interview."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from service.domain.access import Caller
from service.domain.events import EventType
from service.domain.flags import SubjectKind
from service.domain.missing_episodes import (
    MISSING_EPISODE,
    RETURN_CLOCK,
    MissingAction,
    MissingEpisode,
    MissingEpisodeStep,
    refuse_while_missing,
)
from service.persistence.clocks import start_clock, stop_clocks
from service.persistence.ids import new_id
from service.persistence.repositories import missing_episodes
from service.persistence.units_of_work import Work


def keep_missing_step(
    work: Work,
    who: Caller,
    episode: MissingEpisode,
    action: MissingAction,
    happened_at: datetime,
    words: str | None,
) -> None:
    """Keeps a line of an episode's history, with the state that it has now."""
    work.add(
        MissingEpisodeStep(
            id=new_id(),
            episode_id=episode.id,
            action=action,
            state=episode.state,
            at=work.now,
            by=who.account_id,
            happened_at=happened_at,
            words=words,
        )
    )


async def move_missing_episode(
    work: Work,
    who: Caller,
    episode: MissingEpisode,
    action: MissingAction,
    happened_at: datetime,
    words: str | None,
    **changed: Any,
) -> MissingEpisode:
    """Takes an episode one step on, with its line of history. Raises WrongState, Stale."""
    changed["state"] = MISSING_EPISODE.after(episode.state, action)
    version = await work.change(MissingEpisode, episode.id, episode.version, **changed)
    moved = replace(episode, version=version, **changed)
    keep_missing_step(work, who, moved, action, happened_at, words)
    return moved


def start_return_clock(work: Work, episode: MissingEpisode, returned_at: datetime) -> None:
    """Starts the clock of the return home interview, from when the child was back."""
    start_clock(
        work,
        RETURN_CLOCK,
        SubjectKind.missing_episode,
        episode.id,
        episode.contact_id,
        returned_at,
    )


async def stop_return_clock(
    work: Work, episode: MissingEpisode, because: str, happened_at: datetime
) -> None:
    """Stops the clock of the interview by when that happened; one that has stopped stays so."""
    await stop_clocks(
        work, episode.contact_id, episode.id, [RETURN_CLOCK], because, happened_at=happened_at
    )


def record_missing_event(
    work: Work,
    who: Caller,
    type_: EventType,
    episode: MissingEpisode,
    happened_at: datetime,
    **data: Any,
) -> None:
    """Keeps the event of what happened in an episode: ids, codes and times alone."""
    work.record(
        type_,
        who,
        episode.id,
        contact_id=episode.contact_id,
        about=[episode.person_id],
        happened_at=happened_at,
        state=episode.state,
        **data,
    )


async def let_missing_episodes_follow(work: Work, moved: Mapping[UUID, UUID]) -> None:
    """Lets episodes follow children on a contact that turned out to be other people on file.

    `moved` are the people by child. Raises MissingAlready where both are missing now.
    """
    if not moved:
        return
    for episode in await missing_episodes.of_children(work, moved):
        person_id = moved[episode.child_id]
        refuse_while_missing(
            episode.returned_at is None,
            [
                one
                for one in await missing_episodes.of_person(work, person_id)
                if one.id != episode.id
            ],
        )
        await missing_episodes.give_to(work, episode.id, person_id)
