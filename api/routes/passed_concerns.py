"""Passed concerns over HTTP: list, read, and answer a new concern about an open child."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.contract import problems
from api.deps import Version, Who, ask, change
from api.listings import Listing, Paging
from api.measure_cases import Behind
from api.replies import reply
from api.requests import needs
from api.routing import FrontDoorRoute
from api.schemas.fields import Page
from api.schemas.filters import PassedConcernQuery
from api.schemas.passed_concerns import (
    PassedConcern,
    PassedConcernAnswerIn,
    PassedConcernId,
    PassedConcernSummary,
)
from service.bootstrap import Work
from service.domain.access import Permission
from service.domain.measures import MeasureCountsOthers, PeriodNotPossible
from service.domain.passed_concerns import (
    NotTheCaseHolder,
    PassedConcernFilters,
    SayWhatYouWillDo,
)
from service.domain.states import WrongState
from service.usecases import passed_concerns

router = APIRouter(
    prefix="/v1/passed-concerns", tags=["passed concerns"], route_class=FrontDoorRoute
)

_LISTED = Listing(
    "passed-concerns",
    lambda one: (one.passed_at, one.id),
    PassedConcernSummary.of,
    PassedConcernFilters,
)


def _reply(whole: passed_concerns.WholePassedConcern) -> Response:
    return reply(PassedConcern.of(whole), version=whole.concern.version)


@router.get(
    "",
    response_model=Page[PassedConcernSummary],
    responses=problems(MeasureCountsOthers, PeriodNotPossible),
)
async def list_passed_concerns(
    request: Request,
    who: Who,
    asked: Annotated[PassedConcernQuery, Query()],
    paging: Paging,
    behind: Behind,
) -> Response:
    """List new concerns that were passed to who holds a child's case, newest first.

    Those that wait for you stand in `GET /v1/queues/mine`, with their clocks.
    """
    return await _LISTED.page(
        request, who, paging, passed_concerns.list_passed_concerns, asked, behind
    )


@router.get(
    "/{passed_concern_id}",
    response_model=PassedConcern,
    responses=problems(passed_concerns.PassedConcernNotFound),
)
async def read_passed_concern(
    request: Request, who: Who, passed_concern_id: PassedConcernId
) -> Response:
    """Read a passed concern with its clock. What it is about stands on its contact."""
    return _reply(
        await ask(
            request,
            lambda asking: passed_concerns.read_passed_concern(asking, who, passed_concern_id),
        )
    )


@router.post(
    "/{passed_concern_id}/answer",
    response_model=PassedConcern,
    responses=problems(
        NotTheCaseHolder, SayWhatYouWillDo, WrongState, passed_concerns.PassedConcernNotFound
    ),
)
@needs(Permission.answer_passed_concern)
async def answer_passed_concern(
    request: Request,
    who: Who,
    passed_concern_id: PassedConcernId,
    version: Version,
    body: PassedConcernAnswerIn,
) -> Response:
    """Record that you, who hold the child's case, have read it, and what you will do.

    The manager of the side may, where the holder is away or the case has none. The clock stops.
    """

    async def answered(work: Work) -> passed_concerns.WholePassedConcern:
        made = await passed_concerns.answer_passed_concern(
            work, who, passed_concern_id, version, body.words
        )
        return await passed_concerns.whole_passed_concern(work, made)

    return _reply(await change(request, answered))
