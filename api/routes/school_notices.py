"""Operation Encompass over HTTP: the schools of many children recorded as told, or why not."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.contract import problems
from api.deps import Key, Who, create, rendered
from api.requests import needs
from api.routing import FrontDoorRoute
from api.schemas.school_notices import SchoolNotices, SchoolNoticesCreate
from service.bootstrap import Work
from service.domain.access import Permission
from service.domain.answers import Answer
from service.domain.school_notices import NoticesIncomplete, SchoolsNotTold, SchoolsTold
from service.usecases import school_notices

router = APIRouter(prefix="/v1", tags=["daily-meetings"], route_class=FrontDoorRoute)


def _told(told: SchoolsTold) -> Answer:
    location = f"/v1/contacts/{told.notices[0].contact_id}"
    return rendered(SchoolNotices.of(told), 201, location=location)


@router.post(
    "/school-notices",
    status_code=201,
    response_model=SchoolNotices,
    responses=problems(NoticesIncomplete, SchoolsNotTold),
)
@needs(Permission.tell_schools)
async def tell_schools(request: Request, who: Who, key: Key, body: SchoolNoticesCreate) -> Response:
    """Record which schools were told of a domestic abuse incident, many in one act, or why not.

    Operation Encompass: the school is told before the next school day. What it may be told is in
    `police_notification.school_may_be_told` of the contact, and nothing else of it. All are
    recorded or none, and everything that is wrong is named at once; with `those_that_can`, the
    rest is recorded.
    """

    async def told(work: Work) -> SchoolsTold:
        return await school_notices.tell_schools(
            work,
            who,
            [one.told() for one in body.notices],
            those_that_can=body.those_that_can,
        )

    return await create(request, who, key, body, told, _told)
