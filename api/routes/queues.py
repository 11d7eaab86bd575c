"""Queues over HTTP: the desk, and the other lists of what waits for somebody."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from api.cursors import Place
from api.deps import Who, ask, house_of, next_place, place_of
from api.replies import page
from api.routing import FrontDoorRoute
from api.schemas.fields import CursorText, FlagParameter, Limit, Page
from api.schemas.queues import QueueLine
from service.domain.deadlines import Rating
from service.domain.queues import Queue, QueueFilters
from service.strict.fields import Id, Line
from service.usecases import queues

router = APIRouter(prefix="/v1/queues", tags=["queues"], route_class=FrontDoorRoute)


@router.get("/{queue}", response_model=Page[QueueLine])
async def read_queue(
    request: Request,
    who: Who,
    queue: Annotated[Queue, Path(description="Which queue.", examples=["contacts"])],
    source_code: Annotated[
        Sequence[Annotated[str, Line(4)]],
        Query(max_length=30, description="Only these source codes.", examples=[["2A"]]),
    ] = (),
    rating: Annotated[
        Sequence[Rating], Query(max_length=3, description="Only these ratings.", examples=[["red"]])
    ] = (),
    assignee_id: Annotated[Id | None, Query(description="Only what this worker works.")] = None,
    unassigned: Annotated[FlagParameter, Query(description="Only what nobody works yet.")] = False,
    worker_suspended: Annotated[
        FlagParameter,
        Query(description="Only what is with somebody whose access is suspended."),
    ] = False,
    town: Annotated[
        Annotated[str, Line(100)] | None,
        Query(description="Only contacts from this town.", examples=["Riverbourne"]),
    ] = None,
    limit: Limit = 50,
    cursor: CursorText | None = None,
) -> Response:
    """Read a queue: soonest deadline first, overdue on top, time left to the minute.

    `contacts` is the desk; `sign-off` the decisions that wait for a manager; `allocation` the
    referrals and early help episodes that nobody works yet, or whose worker's access is suspended;
    `information-requests` what agencies
    have not answered; `step-up` and `step-down` the transfers that have not ended, each with its
    age, what it waits for and when it becomes stuck; `challenges` those that have not ended;
    `strategy` the children who may be at risk: meetings to call, hold, conclude and minute, and
    section 47 enquiries that have not ended; `pre-birth` the unborn children who are open, those
    without an expected date first; `mine` what waits for the caller.
    """
    filters = QueueFilters(
        source_codes=source_code,
        ratings=rating,
        assignee_id=assignee_id,
        unassigned=unassigned,
        worker_suspended=worker_suspended,
        town=town,
    )
    signed: dict[str, Any] = {name: getattr(filters, name) for name in QueueFilters.__slots__}
    name = f"queue:{queue}"
    place = place_of(request, who, name, cursor, signed)
    after: Any = None if place is None else (place.key[0], place.id)
    found = await ask(
        request,
        lambda asking: queues.read_queue(asking, who, queue, filters, limit=limit + 1, after=after),
    )
    shown = found[:limit]
    following = None
    if len(found) > limit:
        at, id_ = shown[-1].place
        following = next_place(request, who, name, Place((at,), id_), signed)
    house = house_of(request)
    now, policy = house.clock(), house.policy
    return page(
        [QueueLine.of(one, now, policy) for one in shown], request=request, cursor=following
    )
