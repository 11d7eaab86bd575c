"""Lists of transfers over HTTP: what managers ask of the step-ups and step-downs."""

from datetime import datetime
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.contract import problems
from api.deps import Who, house_of
from api.listings import Listing, Paging
from api.measure_cases import Behind
from api.routing import FrontDoorRoute
from api.schemas.fields import Page
from api.schemas.filters import TransferQuery
from api.schemas.transfer_lists import ListedTransfer
from service.bootstrap import House
from service.domain.measures import BreakdownNotPossible, MeasureCountsOthers
from service.domain.transfer_lists import TransferFilters
from service.usecases import transfer_lists

router = APIRouter(prefix="/v1/transfers", tags=["transfers"], route_class=FrontDoorRoute)


def listed(house: House, now: datetime) -> Listing[Any]:
    """The list of transfers as it is shown at an instant."""
    return Listing(
        "transfers",
        lambda one: (one.transfer.requested_at, one.transfer.id),
        lambda one: ListedTransfer.of(one, now, house.policy),
        TransferFilters,
    )


@router.get(
    "",
    response_model=Page[ListedTransfer],
    responses=problems(MeasureCountsOthers, BreakdownNotPossible),
)
async def list_transfers(
    request: Request,
    who: Who,
    paging: Paging,
    asked: Annotated[TransferQuery, Query()],
    behind: Behind,
) -> Response:
    """List transfers, newest first, each with its history and its challenges in short.

    Filters hold together; those on a refusal are of one and the same refusal, those on a challenge
    of one and the same challenge. Each figure of a measure of transfers gives the filter that lists
    its very cases. What was said is in the transfer itself.
    """
    house = house_of(request)
    now, policy = house.clock(), house.policy
    question = partial(transfer_lists.list_transfers, now=now, policy=policy)
    return await listed(house, now).page(request, who, paging, question, asked, behind)
