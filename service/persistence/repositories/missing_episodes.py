"""Missing episodes: read, held for a change, moved with a line of history each, and listed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, literal, select, tuple_, update

from service.domain.access import Caller
from service.domain.errors import NotFound
from service.domain.events import EventType
from service.domain.flags import SubjectKind
from service.domain.missing_episodes import (
    MISSING_EPISODE,
    RETURN_CLOCK,
    MissingAction,
    MissingAlready,
    MissingEpisode,
    MissingEpisodeStep,
    MissingFilters,
)
from service.persistence.asking import Asking
from service.persistence.records import columns_of, read, table_of
from service.persistence.repositories import deadlines
from service.persistence.units_of_work import Work, new_id
from service.persistence.visibility import missing_episodes_visible_to

EPISODE = table_of(MissingEpisode)
STEP = table_of(MissingEpisodeStep)


class MissingEpisodeNotFound(NotFound):
    """No such missing episode, or not one that the caller may know of."""

    code = "missing_episode_not_found"
    title = "No such missing episode"


async def get(ask: Asking | Work, who: Caller, episode_id: UUID) -> MissingEpisode:
    """One episode. Raises MissingEpisodeNotFound for what is not there and may not be seen."""
    row = await ask.first(
        select(*columns_of(MissingEpisode)).where(
            EPISODE.c.id == episode_id, missing_episodes_visible_to(who)
        )
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
    rows = await ask.all(
        select(*columns_of(MissingEpisodeStep))
        .where(STEP.c.episode_id == episode_id)
        .order_by(STEP.c.id)
    )
    return [read(MissingEpisodeStep, row) for row in rows]


async def list_newest_first(
    ask: Asking,
    who: Caller,
    filters: MissingFilters,
    *,
    limit: int,
    after: tuple[datetime, UUID] | None = None,
    also: Sequence[ColumnElement[bool]] = (),
) -> list[MissingEpisode]:
    """Episodes by when the child went missing, newest first, from after a place on."""
    statement = (
        select(*columns_of(MissingEpisode))
        .where(missing_episodes_visible_to(who), *also)
        .order_by(EPISODE.c.missing_from.desc(), EPISODE.c.id.desc())
        .limit(limit)
    )
    if filters.states:
        statement = statement.where(EPISODE.c.state.in_(filters.states))
    for name in ("person_id", "contact_id"):
        value = getattr(filters, name)
        if value is not None:
            statement = statement.where(EPISODE.c[name] == value)
    if after is not None:
        missing_from, episode_id = after
        statement = statement.where(
            tuple_(EPISODE.c.missing_from, EPISODE.c.id)
            < tuple_(
                literal(missing_from, EPISODE.c.missing_from.type),
                literal(episode_id, EPISODE.c.id.type),
            )
        )
    return [read(MissingEpisode, row) for row in await ask.all(statement)]


def keep_step(
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


async def move(
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
    keep_step(work, who, moved, action, happened_at, words)
    return moved


def start_clock(work: Work, episode: MissingEpisode, returned_at: datetime) -> None:
    """Starts the clock of the return home interview, from when the child was back."""
    deadlines.start(
        work,
        RETURN_CLOCK,
        SubjectKind.missing_episode,
        episode.id,
        episode.contact_id,
        returned_at,
    )


async def stop_clock(
    work: Work, episode: MissingEpisode, because: str, happened_at: datetime
) -> None:
    """Stops the clock of the interview by when that happened; one that has stopped stays so."""
    await deadlines.stop(
        work, episode.contact_id, episode.id, [RETURN_CLOCK], because, happened_at=happened_at
    )


def record(
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
        person_id=episode.person_id,
        happened_at=happened_at,
        state=episode.state,
        **data,
    )


async def tells_of(ask: Asking | Work, child_id: UUID) -> bool:
    """Whether it is on record that this child of a contact was missing."""
    row = await ask.first(select(EPISODE.c.id).where(EPISODE.c.child_id == child_id).limit(1))
    return row is not None


async def follow_children(work: Work, moved: Mapping[UUID, UUID]) -> None:
    """Lets episodes follow children on a contact that turned out to be other people on file.

    `moved` are the people by child. Raises MissingAlready where both are missing now.
    """
    if not moved:
        return
    rows = await work.all(select(*columns_of(MissingEpisode)).where(EPISODE.c.child_id.in_(moved)))
    for episode in sorted((read(MissingEpisode, row) for row in rows), key=lambda one: one.id):
        person_id = moved[episode.child_id]
        refuse_while_missing(
            episode.returned_at is None,
            [one for one in await of_person(work, person_id) if one.id != episode.id],
        )
        await work.execute(
            update(EPISODE)
            .where(EPISODE.c.id == episode.id)
            .values(person_id=person_id, version=EPISODE.c.version + 1)
        )


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
