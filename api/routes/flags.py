"""Flags over HTTP: what is late or nearly so, why it is red, and who takes it on."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.contract import problems
from api.deps import Key, Version, Who, ask, change, create, rendered
from api.listings import Listing, Paging
from api.replies import reply
from api.requests import needs
from api.routing import FrontDoorRoute
from api.schemas.fields import Page
from api.schemas.filters import FlagQuery
from api.schemas.flags import (
    Flag,
    FlagAcknowledgementIn,
    FlagId,
    FlagOfContact,
)
from api.schemas.flags_together import FlagsAcknowledged, FlagsAcknowledgementIn
from service.domain.access import Permission
from service.domain.flags import (
    FlagAcknowledged,
    FlagCleared,
    FlagFilters,
    FlagNotYours,
    FlagsNotTakenOn,
    ShownFlag,
)
from service.usecases import flags
from service.usecases.flags import ExplainedFlag

router = APIRouter(prefix="/v1/flags", tags=["flags"], route_class=FrontDoorRoute)

_LISTED: Listing[ShownFlag] = Listing(
    "flags:one-a-contact", lambda one: one.place, FlagOfContact.of, FlagFilters
)


def _reply(explained: ExplainedFlag) -> Response:
    return reply(Flag.of(explained), version=explained.flag.version)


@router.get("", response_model=Page[FlagOfContact])
async def list_flags(
    request: Request,
    who: Who,
    asked: Annotated[FlagQuery, Query()],
    paging: Paging,
) -> Response:
    """List the flags that stand, one a contact: danger first, then the soonest limit.

    A contact shows its worst flag, and the others inside it: first what nobody has taken on, then
    danger, a limit that has passed and one that is near. With `each`, every flag by itself.
    """
    return await _LISTED.page(request, who, paging, flags.list_flags, asked)


@router.post(
    "/acknowledgements",
    status_code=201,
    response_model=FlagsAcknowledged,
    responses=problems(FlagsNotTakenOn, flags.WordsMissing),
)
@needs(Permission.acknowledge_flag)
async def acknowledge_flags(
    request: Request, who: Who, key: Key, body: FlagsAcknowledgementIn
) -> Response:
    """Take several flags on in one act, and say once what one will do about all of them.

    All of them or none: what is somebody else's, has cleared, is taken on already or moved since
    it was read is named, each at its place. With `those_that_can` the rest are taken on.
    """
    return await create(
        request,
        who,
        key,
        body,
        lambda work: flags.acknowledge_flags(
            work, who, body.told(), body.words, those_that_can=body.those_that_can
        ),
        lambda taken: rendered(FlagsAcknowledged.of(taken), 201),
    )


@router.get("/{flag_id}", response_model=Flag, responses=problems(flags.FlagNotFound))
async def read_flag(request: Request, who: Who, flag_id: FlagId) -> Response:
    """Read a flag: why it is red, with the start, the rule and its version, and the sum."""
    return _reply(await ask(request, lambda asking: flags.read_flag(asking, who, flag_id)))


@router.post(
    "/{flag_id}/acknowledgement",
    response_model=Flag,
    responses=problems(
        FlagAcknowledged, FlagCleared, FlagNotYours, flags.FlagNotFound, flags.WordsMissing
    ),
)
@needs(Permission.acknowledge_flag)
async def acknowledge_flag(
    request: Request, who: Who, flag_id: FlagId, version: Version, body: FlagAcknowledgementIn
) -> Response:
    """Take a flag on, and say what one will do. It escalates no further.

    It is for the role that owns it, for whom it escalated to, for those above them, and for who
    holds the case. The flag stands until its fact clears, and the case is not changed by it.
    """
    return _reply(
        await change(
            request,
            lambda work: flags.acknowledge_flag(work, who, flag_id, version, body.words),
        )
    )
