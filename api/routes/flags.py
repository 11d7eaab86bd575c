"""Flags over HTTP: what is late or nearly so, why it is red, and who takes it on."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.contract import problems
from api.cursors import Place
from api.deps import Version, Who, ask, change, next_place, place_of
from api.replies import page, reply
from api.requests import needs
from api.routing import FrontDoorRoute
from api.schemas.fields import CursorText, FlagParameter, Limit, Page
from api.schemas.flags import Flag, FlagAcknowledgementIn, FlagId, FlagSummary
from service.domain.access import Permission, Role
from service.domain.flags import FlagAcknowledged, FlagCleared, FlagNotYours, Severity
from service.strict.fields import Id, Line
from service.usecases import flags
from service.usecases.flags import ExplainedFlag

router = APIRouter(prefix="/v1/flags", tags=["flags"], route_class=FrontDoorRoute)


def _reply(explained: ExplainedFlag) -> Response:
    return reply(Flag.of(explained), version=explained.flag.version)


@router.get("", response_model=Page[FlagSummary])
async def list_flags(
    request: Request,
    who: Who,
    severity: Annotated[
        Sequence[Severity],
        Query(max_length=2, description="Only these severities.", examples=[["breach"]]),
    ] = (),
    kind: Annotated[
        Sequence[Annotated[str, Line(64)]],
        Query(
            max_length=30, description="Only these timescales.", examples=[["contact_to_referral"]]
        ),
    ] = (),
    owner_role: Annotated[
        Sequence[Role],
        Query(max_length=11, description="Only what these roles own.", examples=[["mash_worker"]]),
    ] = (),
    acknowledged: Annotated[
        FlagParameter | None,
        Query(description="Only those that somebody, or nobody, has taken on.", examples=[False]),
    ] = None,
    escalated: Annotated[
        FlagParameter | None,
        Query(description="Only those that were, or were not, escalated.", examples=[True]),
    ] = None,
    contact_id: Annotated[Id | None, Query(description="Only those of this contact.")] = None,
    limit: Limit = 50,
    cursor: CursorText | None = None,
) -> Response:
    """List the flags that stand, soonest limit first."""
    narrowed: dict[str, Any] = {
        "severities": severity,
        "kinds": kind,
        "owner_roles": owner_role,
        "acknowledged": acknowledged,
        "escalated": escalated,
        "contact_id": contact_id,
    }
    place = place_of(request, who, "flags", cursor, narrowed)
    after: Any = None if place is None else (place.key[0], place.id)
    found = await ask(
        request,
        lambda asking: flags.list_flags(asking, who, **narrowed, limit=limit + 1, after=after),
    )
    shown = found[:limit]
    following = None
    if len(found) > limit:
        last = shown[-1]
        following = next_place(request, who, "flags", Place((last.due_at,), last.id), narrowed)
    return page(
        [FlagSummary.model_validate(one) for one in shown], request=request, cursor=following
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
