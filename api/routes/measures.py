"""Measures over HTTP: which there are, and what one reads month by month, as at any instant."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from api.contract import problems
from api.deps import Who, ask, house_of
from api.replies import page, reply
from api.requests import counts_as
from api.routing import FrontDoorRoute
from api.schemas.fields import Page
from api.schemas.measures import Measure, MeasureReading
from service.domain.allowances import Errand
from service.domain.measures import (
    Breakdown,
    BreakdownNotPossible,
    MeasureCode,
    PeriodNotPossible,
)
from service.strict.fields import DateOn, Instant
from service.usecases import measures

router = APIRouter(prefix="/v1/measures", tags=["measures"], route_class=FrontDoorRoute)


@router.get("", response_model=Page[Measure])
async def read_measures(request: Request, who: Who) -> Response:
    """List the measures that can be read, and what each counts."""
    found = await ask(request, lambda asking: measures.read_measures(asking, who))
    return page([Measure.of(one) for one in found], request=request, cursor=None)


@router.get(
    "/{code}",
    response_model=MeasureReading,
    responses=problems(PeriodNotPossible, BreakdownNotPossible),
)
@counts_as(Errand.lengthy)
async def read_measure(
    request: Request,
    who: Who,
    code: Annotated[MeasureCode, Path(description="Which measure.", examples=["PI1"])],
    as_at: Annotated[
        Instant | None,
        Query(description="Count from what was on the record at this instant; else now."),
    ] = None,
    from_on: Annotated[
        DateOn | None,
        Query(
            alias="from",
            description="The first London day; else twelve months before the end.",
            examples=["2018-01-01"],
        ),
    ] = None,
    to_on: Annotated[
        DateOn | None,
        Query(
            alias="to",
            description="Up to and not with this London day; else to the end of the month.",
            examples=["2019-01-01"],
        ),
    ] = None,
    by: Annotated[
        Breakdown | None,
        Query(
            description="Break it down by this; the list of measures says by what each can be.",
            examples=["source"],
        ),
    ] = None,
) -> Response:
    """Read a measure by London month, with numerator, denominator and the cases behind them.

    Figures are counted from the whole record, whatever the caller may open.
    """
    house = house_of(request)
    reading = await house.ask_at_length(
        lambda asking: measures.read_measure(
            asking, who, code, now=house.clock(), as_at=as_at, from_on=from_on, to_on=to_on, by=by
        )
    )
    return reply(MeasureReading.of(reading))
