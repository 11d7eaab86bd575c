"""Access suspensions over HTTP: take access away at once, though tokens are good; give it back."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.contract import problems
from api.deps import (
    Key,
    Version,
    Who,
    ask,
    change,
    create,
    house_of,
    rendered,
)
from api.listings import Listing, Paging
from api.replies import reply
from api.requests import needs
from api.routing import FrontDoorRoute
from api.schemas.access_suspensions import (
    AccessSuspension,
    AccessSuspensionCreate,
    AccessSuspensionMade,
    SuspensionId,
    SuspensionLift,
)
from api.schemas.fields import Page
from api.schemas.filters import SuspensionQuery
from service.domain.access import Permission
from service.domain.accounts import (
    AccountUnknown,
    AlreadyLifted,
    AlreadySuspended,
    OwnAccess,
    SuspensionFilters,
)
from service.domain.answers import Answer
from service.usecases import accounts

router = APIRouter(
    prefix="/v1/access-suspensions", tags=["access-suspensions"], route_class=FrontDoorRoute
)

_LISTED = Listing(
    "access-suspensions", lambda one: (one.id,), AccessSuspension.of, SuspensionFilters
)


def _answer(made: accounts.SuspensionMade) -> Answer:
    return rendered(
        AccessSuspensionMade.of(made),
        201,
        version=made.suspension.version,
        location=f"/v1/access-suspensions/{made.suspension.id}",
    )


@router.post(
    "",
    status_code=201,
    response_model=AccessSuspensionMade,
    responses=problems(AccountUnknown, AlreadySuspended, OwnAccess),
)
@needs(Permission.suspend_access)
async def suspend_access(
    request: Request, who: Who, key: Key, body: AccessSuspensionCreate
) -> Response:
    """Suspend the access of a person, a client system or an organisation.

    Their next call is refused with `account_disabled`, although their token is good; in other
    processes within a second.
    """
    answer = await create(
        request,
        who,
        key,
        body,
        lambda work: accounts.suspend_access(work, who, body.kind, body.target, body.reason),
        _answer,
    )
    house_of(request).forget_suspensions()
    return answer


@router.get("", response_model=Page[AccessSuspension])
async def list_suspensions(
    request: Request,
    who: Who,
    asked: Annotated[SuspensionQuery, Query()],
    paging: Paging,
) -> Response:
    """List suspensions, newest first."""
    return await _LISTED.page(request, who, paging, accounts.list_suspensions, asked)


@router.get("/{suspension_id}", response_model=AccessSuspension)
async def read_suspension(request: Request, who: Who, suspension_id: SuspensionId) -> Response:
    """Read a suspension."""
    found = await ask(request, lambda asking: accounts.read_suspension(asking, who, suspension_id))
    return reply(AccessSuspension.of(found), version=found.version)


@router.post(
    "/{suspension_id}/lift", response_model=AccessSuspension, responses=problems(AlreadyLifted)
)
@needs(Permission.suspend_access)
async def lift_suspension(
    request: Request, who: Who, suspension_id: SuspensionId, version: Version, body: SuspensionLift
) -> Response:
    """Lift a suspension: the next call is let in again."""
    found = await change(
        request,
        lambda work: accounts.lift_suspension(work, who, suspension_id, version, body.reason),
    )
    house_of(request).forget_suspensions()
    return reply(AccessSuspension.of(found), version=found.version)
