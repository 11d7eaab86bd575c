"""Missing children over HTTP: report, list, read, return, and the return home interview."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.contract import problems
from api.deps import (
    Key,
    Version,
    Who,
    ask,
    change,
    create,
    rendered,
)
from api.listings import Listing, Paging
from api.measure_cases import Behind
from api.replies import reply
from api.requests import needs
from api.routing import FrontDoorRoute
from api.schemas.fields import Page
from api.schemas.filters import MissingQuery
from api.schemas.missing_episodes import (
    MissingEpisode,
    MissingEpisodeCreate,
    MissingEpisodeId,
    MissingEpisodeSummary,
    ReturnIn,
    ReturnInterviewIn,
)
from service.bootstrap import Work
from service.domain.access import Permission
from service.domain.accountabilities import AnotherSidesChild
from service.domain.answers import Answer
from service.domain.measures import MeasureCountsOthers, PeriodNotPossible
from service.domain.missing_episodes import (
    MissingAlready,
    MissingEpisodeIncomplete,
    MissingFilters,
    MissingState,
)
from service.domain.states import WrongState
from service.usecases import missing_episodes

router = APIRouter(
    prefix="/v1/missing-episodes", tags=["missing episodes"], route_class=FrontDoorRoute
)

_LISTED = Listing(
    "missing-episodes",
    lambda one: (one.missing_from, one.id),
    MissingEpisodeSummary.of,
    MissingFilters,
)

States = Annotated[
    Sequence[MissingState],
    Query(max_length=6, description="Only these states.", examples=[["missing"]]),
]


def _answer(whole: missing_episodes.WholeMissingEpisode) -> Answer:
    return rendered(
        MissingEpisode.of(whole),
        201,
        version=whole.episode.version,
        location=f"/v1/missing-episodes/{whole.episode.id}",
    )


def _reply(whole: missing_episodes.WholeMissingEpisode) -> Response:
    return reply(MissingEpisode.of(whole), version=whole.episode.version)


@router.post(
    "",
    status_code=201,
    response_model=MissingEpisode,
    responses=problems(
        AnotherSidesChild,
        MissingAlready,
        MissingEpisodeIncomplete,
        missing_episodes.ContactNotFound,
    ),
)
@needs(Permission.record_missing_episode)
async def record_missing_episode(
    request: Request, who: Who, key: Key, body: MissingEpisodeCreate
) -> Response:
    """Record that a child is missing, or was and has come back since.

    Nobody having reported the child before the return, both are told at once. A child who goes
    missing again has a new episode; the interview of the one before is still owed.
    """

    async def recorded(work: Work) -> missing_episodes.WholeMissingEpisode:
        episode = await missing_episodes.record_missing_episode(work, who, body.told())
        return await missing_episodes.whole_missing_episode(work, episode)

    return await create(request, who, key, body, recorded, _answer)


@router.get(
    "",
    response_model=Page[MissingEpisodeSummary],
    responses=problems(MeasureCountsOthers, PeriodNotPossible),
)
async def list_missing_episodes(
    request: Request,
    who: Who,
    asked: Annotated[MissingQuery, Query()],
    paging: Paging,
    behind: Behind,
) -> Response:
    """List missing episodes, newest first.

    Each figure of a measure of them gives the filter that lists its very cases.
    """
    return await _LISTED.page(
        request, who, paging, missing_episodes.list_missing_episodes, asked, behind
    )


@router.get(
    "/{missing_episode_id}",
    response_model=MissingEpisode,
    responses=problems(missing_episodes.MissingEpisodeNotFound),
)
async def read_missing_episode(
    request: Request, who: Who, missing_episode_id: MissingEpisodeId
) -> Response:
    """Read a missing episode: what can be done now, everything that happened, and the clock."""
    return _reply(
        await ask(
            request,
            lambda asking: missing_episodes.read_missing_episode(asking, who, missing_episode_id),
        )
    )


Moving = Callable[[Work], Awaitable[Any]]


async def _moved(request: Request, move: Moving) -> Response:
    async def moved(work: Work) -> missing_episodes.WholeMissingEpisode:
        return await missing_episodes.whole_missing_episode(work, await move(work))

    return _reply(await change(request, moved))


_REFUSALS = problems(
    AnotherSidesChild,
    MissingEpisodeIncomplete,
    WrongState,
    missing_episodes.MissingEpisodeNotFound,
)


@router.post("/{missing_episode_id}/return", response_model=MissingEpisode, responses=_REFUSALS)
@needs(Permission.record_missing_episode)
async def record_return(
    request: Request,
    who: Who,
    missing_episode_id: MissingEpisodeId,
    version: Version,
    body: ReturnIn,
) -> Response:
    """Record that the child is back. The interview's clock starts when the child was."""
    return await _moved(
        request,
        lambda work: missing_episodes.record_return(
            work, who, missing_episode_id, version, body.told()
        ),
    )


@router.post(
    "/{missing_episode_id}/return-interview", response_model=MissingEpisode, responses=_REFUSALS
)
@needs(Permission.record_return_interview)
async def record_return_interview(
    request: Request,
    who: Who,
    missing_episode_id: MissingEpisodeId,
    version: Version,
    body: ReturnInterviewIn,
) -> Response:
    """Record that the interview was offered, accepted, declined or held, in this order.

    Held or declined, its clock stops by when that happened. Held after all by a child who had
    declined, it is recorded and no clock runs again.
    """
    return await _moved(
        request,
        lambda work: missing_episodes.record_return_interview(
            work, who, missing_episode_id, version, body.told()
        ),
    )
