"""Missing episodes: read, by child and by contact, and listed."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select, update

from service.domain.access import Sight
from service.domain.errors import NotFound
from service.domain.missing_episodes import MissingEpisode, MissingEpisodeStep
from service.persistence.asking import Asking
from service.persistence.records import columns_of, read, table_of
from service.persistence.repositories.lists import Listed
from service.persistence.statements import all_of, one_seen
from service.persistence.units_of_work import Work
from service.persistence.visibility import missing_episodes_visible_to

EPISODE = table_of(MissingEpisode)
STEP = table_of(MissingEpisodeStep)


class MissingEpisodeNotFound(NotFound):
    """No such missing episode, or not one that the caller may know of."""

    code = "missing_episode_not_found"
    title = "No such missing episode"


async def get(ask: Asking | Work, sight: Sight, episode_id: UUID) -> MissingEpisode:
    """One episode. Raises MissingEpisodeNotFound for what is not there and may not be seen."""
    row = await ask.first(
        one_seen(sight, MissingEpisode, missing_episodes_visible_to), id=episode_id
    )
    if row is None:
        raise MissingEpisodeNotFound(
            "There is no missing episode with this id that you may see. Check the id."
        )
    return read(MissingEpisode, row)


async def of_person(ask: Asking | Work, person_id: UUID) -> list[MissingEpisode]:
    """Every episode of a child, the latest first."""
    rows = await ask.all(
        select(*columns_of(MissingEpisode))
        .where(EPISODE.c.person_id == person_id)
        .order_by(EPISODE.c.missing_from.desc(), EPISODE.c.id.desc())
    )
    return [read(MissingEpisode, row) for row in rows]


async def steps_of(ask: Asking | Work, episode_id: UUID) -> list[MissingEpisodeStep]:
    """Everything that happened in an episode, in the order in which it was recorded."""
    rows = await ask.all(all_of(MissingEpisodeStep, "episode_id", "id"), of=episode_id)
    return [read(MissingEpisodeStep, row) for row in rows]


LISTED = Listed(MissingEpisode, "missing_from", missing_episodes_visible_to)


async def tells_of(ask: Asking | Work, child_id: UUID) -> bool:
    """Whether it is on record that this child of a contact was missing."""
    row = await ask.first(select(EPISODE.c.id).where(EPISODE.c.child_id == child_id).limit(1))
    return row is not None


async def of_children(ask: Asking | Work, child_ids: Collection[UUID]) -> list[MissingEpisode]:
    """The episodes of children of contacts, in order."""
    rows = await ask.all(
        select(*columns_of(MissingEpisode)).where(EPISODE.c.child_id.in_(child_ids))
    )
    return sorted((read(MissingEpisode, row) for row in rows), key=lambda one: one.id)


async def give_to(work: Work, episode_id: UUID, person_id: UUID) -> None:
    """Makes an episode one of another record on file."""
    await work.execute(
        update(EPISODE)
        .where(EPISODE.c.id == episode_id)
        .values(person_id=person_id, version=EPISODE.c.version + 1)
    )
