"""Reference data over HTTP: workers, organisations, teams, codes, and the policy in words."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from api.contract import problems
from api.cursors import Place
from api.deps import Who, ask, house_of, next_place, place_of
from api.replies import page, reply_as_shown
from api.routing import FrontDoorRoute
from api.schemas.fields import CursorText, FlagParameter, Limit, Page
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
from service.domain.holders import HeldWork
from service.strict.fields import Line
from service.usecases import accounts, reference_data

router = APIRouter(prefix="/v1", tags=["reference-data"], route_class=FrontDoorRoute)

_NO_ID = UUID(int=0)
Item = TypeVar("Item")


def _page_of(
    request: Request,
    who: Caller,
    name: str,
    items: Sequence[Item],
    shape: Callable[[Item], BaseModel],
    limit: int,
    cursor: str | None,
) -> Response:
    """One page of what the policy lists, by place in it; the policy never changes under us."""
    signed: dict[str, Any] = {"policy": house_of(request).policy.stamp}
    place = place_of(request, who, name, cursor, signed)
    start: Any = 0 if place is None else place.key[0]
    shown = items[start : start + limit]
    following = None
    if len(items) > start + limit:
        following = next_place(request, who, name, Place((start + limit,), _NO_ID), signed)
    return page([shape(one) for one in shown], request=request, cursor=following)


@router.get("/workers", response_model=Page[Worker])
async def list_workers(
    request: Request,
    who: Who,
    team_id: Annotated[
        Annotated[str, Line(64)] | None,
        Query(description="Only members of this team.", examples=["mash"]),
    ] = None,
    may_hold: Annotated[
        HeldWork | None,
        Query(
            description=(
                "Only those to whom such work can be given: by the roles that they signed in with "
                "last, and with access."
            ),
            examples=["referral"],
        ),
    ] = None,
    suspended: Annotated[
        FlagParameter | None,
        Query(description="Only those whose access is, or is not, suspended."),
    ] = None,
    limit: Limit = 50,
    cursor: CursorText | None = None,
) -> Response:
    """List the staff who have signed in, in the order in which they first did.

    `may_hold` lists those to whom a contact, a referral or an early help episode can be given now.
    """
    signed: dict[str, Any] = {"team_id": team_id, "may_hold": may_hold, "suspended": suspended}
    place = place_of(request, who, "workers", cursor, signed)
    found = await ask(
        request,
        lambda asking: accounts.list_workers(
            asking,
            who,
            team_id=team_id,
            may_hold=may_hold,
            suspended=suspended,
            limit=limit + 1,
            after=None if place is None else place.id,
        ),
    )
    shown = found[:limit]
    following = None
    if len(found) > limit:
        following = next_place(request, who, "workers", Place((), shown[-1].account.id), signed)
    return page([Worker.of(one) for one in shown], request=request, cursor=following)


@router.get("/organisations", response_model=Page[Organisation])
async def list_organisations(
    request: Request, who: Who, limit: Limit = 50, cursor: CursorText | None = None
) -> Response:
    """List the partner organisations of the policy; a partner's system sees its own."""
    found = reference_data.list_organisations(house_of(request).policy, who)
    return _page_of(request, who, "organisations", found, Organisation.of, limit, cursor)


@router.get("/teams", response_model=Page[Team])
async def list_teams(
    request: Request, who: Who, limit: Limit = 50, cursor: CursorText | None = None
) -> Response:
    """List the teams of the authority and the work that each takes."""
    found = reference_data.list_teams(house_of(request).policy, who)
    return _page_of(request, who, "teams", found, Team.of, limit, cursor)


@router.get("/codes", response_model=Page[CodeListSummary])
async def list_code_lists(
    request: Request, who: Who, limit: Limit = 50, cursor: CursorText | None = None
) -> Response:
    """List the code lists."""
    found = reference_data.list_code_lists(house_of(request).policy, who)
    return _page_of(
        request,
        who,
        "codes",
        found,
        lambda one: CodeListSummary(name=one.name, size=len(one)),
        limit,
        cursor,
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
    return reply_as_shown(PolicyVersionRead.model_validate(found))
