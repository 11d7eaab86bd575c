"""Queues over HTTP: the desk, and the other lists of what waits for somebody."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from api.deps import Who, house_of
from api.listings import Listing, Paging
from api.routing import FrontDoorRoute
from api.schemas.fields import Page
from api.schemas.filters import QueueQuery
from api.schemas.queues import QueueLine
from service.domain.queues import Queue, QueueFilters, QueueItem
from service.usecases import queues

router = APIRouter(prefix="/v1/queues", tags=["queues"], route_class=FrontDoorRoute)


@router.get("/{queue}", response_model=Page[QueueLine])
async def read_queue(
    request: Request,
    who: Who,
    queue: Annotated[Queue, Path(description="Which queue.", examples=["contacts"])],
    asked: Annotated[QueueQuery, Query()],
    paging: Paging,
) -> Response:
    """Read a queue: what a red contact waits for first, then soonest deadline first, to the minute.

    `contacts` is the desk; `sign-off` the decisions that wait for a manager; `allocation` the
    referrals and early help episodes that nobody works yet, or whose worker's access is suspended;
    `information-requests` what agencies
    have not answered; `step-up` and `step-down` the transfers that have not ended, each with its
    age, what it waits for and when it becomes stuck; `challenges` those that have not ended;
    `strategy` the children who may be at risk: meetings to call, hold, conclude and minute, and
    section 47 enquiries that have not ended; `pre-birth` the unborn children who are open, those
    without an expected date first; `mine` what waits for the caller.
    """
    house = house_of(request)
    now, policy = house.clock(), house.policy
    listed: Listing[QueueItem] = Listing(
        f"queue:{queue}:by-rank",
        lambda one: one.place,
        lambda one: QueueLine.of(one, now, policy),
        QueueFilters,
    )
    question = partial(queues.read_queue, queue=queue)
    return await listed.page(request, who, paging, question, asked)
