"""Missing episodes: read, by child and by contact, and listed."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select, update

from service.domain.errors import NotFound
from service.domain.missing_episodes import MissingEpisode, MissingEpisodeStep
from service.persistence.asking import Asking
from service.persistence.records import columns_of, read, table_of
from service.persistence.repositories.lists import Listed
from service.persistence.repositories.things import Steps, Things
from service.persistence.units_of_work import Work
from service.persistence.visibility import missing_episodes_visible_to

EPISODE = table_of(MissingEpisode)


class MissingEpisodeNotFound(NotFound):
    """No such missing episode, or not one that the caller may know of."""

    code = "missing_episode_not_found"
    title = "No such missing episode"


EPISODES = Things(
    MissingEpisode, "missing episode", missing_episodes_visible_to, MissingEpisodeNotFound
)
STEPS = Steps(MissingEpisodeStep, "episode_id")
get = EPISODES.get
steps_of = STEPS.all


async def of_person(ask: Asking | Work, person_id: UUID) -> list[MissingEpisode]:
    """Every episode of a child, the latest first."""
    rows = await ask.all(
        select(*columns_of(MissingEpisode))
        .where(EPISODE.c.person_id == person_id)
        .order_by(EPISODE.c.missing_from.desc(), EPISODE.c.id.desc())
    )
    return [read(MissingEpisode, row) for row in rows]


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
