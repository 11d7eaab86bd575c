"""Accountability over HTTP: who answers for each open child, and the list of those without."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.cursors import Place
from api.deps import Who, ask, house_of, next_place, place_of
from api.replies import page
from api.routing import FrontDoorRoute
from api.schemas.accountabilities import AccountableTeam, ChildWithoutTeam
from api.schemas.cases import PersonFilter, Teams, WorkerFilter
from api.schemas.fields import CursorText, FlagParameter, Limit, Page
from service.domain.accountabilities import AccountabilityFilters, CareService
from service.usecases import accountabilities

router = APIRouter(prefix="/v1", tags=["accountability"], route_class=FrontDoorRoute)


@router.get("/accountability", response_model=Page[AccountableTeam])
async def list_accountability(
    request: Request,
    who: Who,
    service: Annotated[
        CareService | None, Query(description="Only what this side holds.", examples=["early_help"])
    ] = None,
    team_id: Teams = (),
    worker_id: WorkerFilter = None,
    unallocated: Annotated[FlagParameter, Query(description="Only what nobody works yet.")] = False,
    worker_suspended: Annotated[
        FlagParameter,
        Query(description="Only what is with somebody whose access is suspended."),
    ] = False,
    person_id: PersonFilter = None,
    limit: Limit = 50,
    cursor: CursorText | None = None,
) -> Response:
    """List every open child once, with the one team that answers for it and, if any, the worker.

    A child is open from the contact until decided, and while a referral or an early help episode
    is. Sorted by the child's id, so that a page is the same whatever happens meanwhile.
    """
    filters = AccountabilityFilters(
        service=service,
        team_ids=team_id,
        worker_id=worker_id,
        unallocated=unallocated,
        worker_suspended=worker_suspended,
        person_id=person_id,
    )
    names = AccountabilityFilters.__slots__
    signed: dict[str, Any] = {name: getattr(filters, name) for name in names}
    place = place_of(request, who, "accountability", cursor, signed)
    after = None if place is None else place.id
    found = await ask(
        request,
        lambda asking: accountabilities.list_accountability(
            asking, who, filters, limit=limit + 1, after=after
        ),
    )
    shown = found[:limit]
    following = None
    if len(found) > limit:
        place = Place((), shown[-1].person_id)
        following = next_place(request, who, "accountability", place, signed)
    return page([AccountableTeam.seen(one) for one in shown], request=request, cursor=following)


@router.get("/children-without-an-accountable-team", response_model=Page[ChildWithoutTeam])
async def list_children_without_an_accountable_team(
    request: Request, who: Who, limit: Limit = 50, cursor: CursorText | None = None
) -> Response:
    """List the open children for whom no team answers: looked for afresh, and always none.

    If ever there is one, tell whoever runs the service at once: the database refuses such a state,
    and a team that is taken out of the policy while it holds children brings it about.
    """
    name = "children-without-an-accountable-team"
    place = place_of(request, who, name, cursor, {})
    after: Any = None if place is None else (place.key[0], place.id)
    house = house_of(request)
    found = await ask(
        request,
        lambda asking: accountabilities.list_children_without_an_accountable_team(
            asking, who, house.policy, limit=limit + 1, after=after
        ),
    )
    shown = found[:limit]
    following = None
    if len(found) > limit:
        last = shown[-1]
        following = next_place(request, who, name, Place((last.person_id,), last.subject_id), {})
    return page([ChildWithoutTeam.seen(one) for one in shown], request=request, cursor=following)
