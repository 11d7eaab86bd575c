"""Missing children over HTTP: report, list, read, return, and the return home interview."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.contract import problems
from api.cursors import Place
from api.deps import (
    Key,
    Version,
    Who,
    ask,
    change,
    create,
    house_of,
    next_place,
    place_of,
    rendered,
)
from api.measure_cases import Behind
from api.replies import page, reply
from api.requests import needs
from api.routing import FrontDoorRoute
from api.schemas.cases import ContactFilter, PersonFilter
from api.schemas.fields import CursorText, Limit, Page
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
from service.domain.measures import Counted, MeasureCountsOthers, PeriodNotPossible
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
    asked: Behind,
    state: States = (),
    person_id: PersonFilter = None,
    contact_id: ContactFilter = None,
    limit: Limit = 50,
    cursor: CursorText | None = None,
) -> Response:
    """List missing episodes, newest first.

    Each figure of a measure of them gives the filter that lists its very cases.
    """
    filters = MissingFilters(states=state, person_id=person_id, contact_id=contact_id)
    signed: dict[str, Any] = {name: getattr(filters, name) for name in MissingFilters.__slots__}
    signed |= asked.signed()
    place = place_of(request, who, "missing-episodes", cursor, signed)
    after: Any = None if place is None else (place.key[0], place.id)
    house = house_of(request)
    behind = asked.of(Counted.missing_episodes, house.clock())
    asking = house.ask if behind is None else house.ask_at_length
    found = await asking(
        lambda question: missing_episodes.list_missing_episodes(
            question, who, filters, behind=behind, limit=limit + 1, after=after
        )
    )
    shown = found[:limit]
    following = None
    if len(found) > limit:
        last = shown[-1]
        following = next_place(
            request, who, "missing-episodes", Place((last.missing_from,), last.id), signed
        )
    return page(
        [MissingEpisodeSummary.seen(one) for one in shown], request=request, cursor=following
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
