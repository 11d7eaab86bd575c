"""Reference data over HTTP: workers, organisations, teams, codes, and the policy in words."""

from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from api.contract import problems
from api.deps import Who, ask, house_of
from api.listings import Listing, PageAsked, Paging
from api.replies import reply_as_shown
from api.routing import FrontDoorRoute
from api.schemas.fields import Page
from api.schemas.filters import WorkerQuery
from api.schemas.reference_data import (
    CodeListName,
    CodeListRead,
    CodeListSummary,
    Organisation,
    PolicyRead,
    PolicyStamp,
    PolicyVersionRead,
    Team,
    Worker,
)
from service.domain.access import Caller
from service.domain.holders import WorkerFilters
from service.usecases import accounts, reference_data

router = APIRouter(prefix="/v1", tags=["reference-data"], route_class=FrontDoorRoute)

_WORKERS = Listing("workers", lambda one: (one.account.id,), Worker.of, WorkerFilters)

_NO_ID = UUID(int=0)
Item = TypeVar("Item")


def _page_of(
    request: Request,
    who: Caller,
    paging: PageAsked,
    name: str,
    items: Sequence[Item],
    shape: Callable[[Item], BaseModel],
) -> Response:
    """One page of what the policy lists, by place in it; the policy never changes under us."""
    listed: Listing[tuple[int, Item]] = Listing(
        name, lambda one: (one[0], _NO_ID), lambda one: shape(one[1])
    )
    about = {"policy": house_of(request).policy.stamp}
    return listed.page_of(request, who, paging, list(enumerate(items, 1)), about)


@router.get("/workers", response_model=Page[Worker])
async def list_workers(
    request: Request,
    who: Who,
    asked: Annotated[WorkerQuery, Query()],
    paging: Paging,
) -> Response:
    """List the staff who have signed in, in the order in which they first did.

    `may_hold` lists those to whom a contact, a referral or an early help episode can be given now.
    """
    return await _WORKERS.page(request, who, paging, accounts.list_workers, asked)


@router.get("/organisations", response_model=Page[Organisation])
async def list_organisations(
    request: Request,
    who: Who,
    paging: Paging,
) -> Response:
    """List the partner organisations of the policy; a partner's system sees its own."""
    found = reference_data.list_organisations(house_of(request).policy, who)
    return _page_of(request, who, paging, "organisations", found, Organisation.of)


@router.get("/teams", response_model=Page[Team])
async def list_teams(
    request: Request,
    who: Who,
    paging: Paging,
) -> Response:
    """List the teams of the authority and the work that each takes."""
    found = reference_data.list_teams(house_of(request).policy, who)
    return _page_of(request, who, paging, "teams", found, Team.of)


@router.get("/codes", response_model=Page[CodeListSummary])
async def list_code_lists(
    request: Request,
    who: Who,
    paging: Paging,
) -> Response:
    """List the code lists."""
    found = reference_data.list_code_lists(house_of(request).policy, who)
    return _page_of(
        request,
        who,
        paging,
        "codes",
        found,
        lambda one: CodeListSummary(name=one.name, size=len(one)),
    )


@router.get(
    "/codes/{name}",
    response_model=CodeListRead,
    responses=problems(reference_data.CodeListUnknown),
)
async def read_code_list(request: Request, who: Who, name: CodeListName) -> Response:
    """Read a code list with its codes, in their published order."""
    found = reference_data.read_code_list(house_of(request).policy, who, name)
    return reply_as_shown(CodeListRead.of(found))


@router.get("/policy", response_model=PolicyRead)
async def read_policy(request: Request, who: Who) -> Response:
    """Read the policy in force: every time limit in words, with where it comes from."""
    return reply_as_shown(PolicyRead.of(reference_data.read_policy(house_of(request).policy, who)))


@router.get(
    "/policy-versions/{stamp}",
    response_model=PolicyVersionRead,
    responses=problems(reference_data.PolicyVersionUnknown),
)
async def read_policy_version(request: Request, who: Who, stamp: PolicyStamp) -> Response:
    """Read a policy that is or was in force, word for word, by the stamp on a deadline."""
    found = await ask(
        request, lambda asking: reference_data.read_policy_version(asking, who, stamp)
    )
    return reply_as_shown(PolicyVersionRead.of(found))
