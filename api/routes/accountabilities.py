"""Accountability over HTTP: who answers for each open child, and the list of those without."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.deps import Who, house_of
from api.listings import Listing, Paging
from api.routing import FrontDoorRoute
from api.schemas.accountabilities import AccountableTeam, ChildWithoutTeam
from api.schemas.fields import Page
from api.schemas.filters import AccountabilityQuery
from service.domain.accountabilities import AccountabilityFilters
from service.usecases import accountabilities

router = APIRouter(prefix="/v1", tags=["accountability"], route_class=FrontDoorRoute)

_LISTED = Listing(
    "accountability", lambda one: (one.person_id,), AccountableTeam.of, AccountabilityFilters
)
_WITHOUT_A_TEAM = Listing(
    "children-without-an-accountable-team",
    lambda one: (one.person_id, one.subject_id),
    ChildWithoutTeam.of,
)


@router.get("/accountability", response_model=Page[AccountableTeam])
async def list_accountability(
    request: Request,
    who: Who,
    asked: Annotated[AccountabilityQuery, Query()],
    paging: Paging,
) -> Response:
    """List every open child once, with the one team that answers for it and, if any, the worker.

    A child is open from the contact until decided, and while a referral or an early help episode
    is. Sorted by the child's id, so that a page is the same whatever happens meanwhile.
    """
    return await _LISTED.page(request, who, paging, accountabilities.list_accountability, asked)


@router.get("/children-without-an-accountable-team", response_model=Page[ChildWithoutTeam])
async def list_children_without_an_accountable_team(
    request: Request,
    who: Who,
    paging: Paging,
) -> Response:
    """List the open children for whom no team answers: looked for afresh, and always none.

    If ever there is one, tell whoever runs the service at once: the database refuses such a state,
    and a team that is taken out of the policy while it holds children brings it about.
    """
    question = partial(
        accountabilities.list_children_without_an_accountable_team, policy=house_of(request).policy
    )
    return await _WITHOUT_A_TEAM.page(request, who, paging, question)
