"""Missing episodes: moved with a line of history each, with the clock of the return interview."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from service.domain.access import Caller
from service.domain.flags import SubjectKind
from service.domain.missing_episodes import (
    MISSING_EPISODE,
    RETURN_CLOCK,
    MissingAction,
    MissingEpisode,
    refuse_while_missing,
)
from service.domain_services.lives import Life, Moves
from service.persistence.repositories import missing_episodes
from service.persistence.units_of_work import Work

MISSING_EPISODES = Life(
    missing_episodes.EPISODES,
    Moves(MISSING_EPISODE, missing_episodes.STEPS),
    SubjectKind.missing_episode,
)
keep_missing_step = MISSING_EPISODES.moves.keep_step
record_missing_event = MISSING_EPISODES.record


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
    line = {"happened_at": happened_at, "words": words}
    return await MISSING_EPISODES.moves.move(work, who, episode, action, line=line, **changed)


def start_return_clock(work: Work, episode: MissingEpisode, returned_at: datetime) -> None:
    """Starts the clock of the return home interview, from when the child was back."""
    MISSING_EPISODES.start_clock(work, episode, RETURN_CLOCK, since=returned_at)


async def stop_return_clock(
    work: Work, episode: MissingEpisode, because: str, happened_at: datetime
) -> None:
    """Stops the clock of the interview by when that happened; one that has stopped stays so."""
    await MISSING_EPISODES.stop_clocks(
        work, episode, because, RETURN_CLOCK, happened_at=happened_at
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
