"""Information requests over HTTP: ask an agency, list and read what was asked, answer."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.contract import problems
from api.cursors import Place
from api.deps import Key, Version, Who, ask, change, create, next_place, place_of, rendered
from api.replies import page, reply
from api.routing import FrontDoorRoute
from api.schemas.contacts import ContactId
from api.schemas.fields import CursorText, Limit, Line, Page
from api.schemas.information_requests import (
    AgencyInformationRequest,
    AgencyInformationRequestSummary,
    InformationRequest,
    InformationRequestCreate,
    InformationRequestId,
    InformationRequestSummary,
    InformationResponseIn,
)
from service.bootstrap import Work
from service.domain.access import Caller, Reach
from service.domain.answers import Answer
from service.domain.information_requests import AnswerIncomplete, InformationRequestState
from service.domain.states import WrongState
from service.domain.whole_contacts import RequestFilters, WholeRequest
from service.usecases import information_requests

router = APIRouter(prefix="/v1", tags=["information-requests"], route_class=FrontDoorRoute)


def _is_staff(who: Caller) -> bool:
    return Reach.ALL in who.reach


def _answer(whole: WholeRequest) -> Answer:
    return rendered(
        InformationRequest.of(whole),
        201,
        version=whole.request.version,
        location=f"/v1/information-requests/{whole.request.id}",
    )


def _reply(who: Caller, whole: WholeRequest) -> Response:
    shape = InformationRequest if _is_staff(who) else AgencyInformationRequest
    return reply(shape.of(whole), version=whole.request.version)


@router.post(
    "/contacts/{contact_id}/information-requests",
    status_code=201,
    response_model=InformationRequest,
    responses=problems(
        WrongState, information_requests.ContactNotFound, information_requests.QuestionFaulty
    ),
)
async def ask_agency(
    request: Request, who: Who, key: Key, contact_id: ContactId, body: InformationRequestCreate
) -> Response:
    """Ask an agency what it knows, with purpose and lawful basis.

    Its clock goes by the contact's rating; a contact not rated yet counts as amber.
    """

    async def asked(work: Work) -> WholeRequest:
        made = await information_requests.ask_agency(work, who, contact_id, body.told())
        return await information_requests.whole_request(work, made)

    return await create(request, who, key, body, asked, _answer)


@router.get(
    "/information-requests",
    response_model=Page[InformationRequestSummary | AgencyInformationRequestSummary],
)
async def list_information_requests(
    request: Request,
    who: Who,
    state: Annotated[
        list[InformationRequestState],
        Query(max_length=2, description="Only these states.", examples=[["asked"]]),
    ] = [],  # noqa: B006 - the framework copies it
    organisation_id: Annotated[
        list[Annotated[str, Line(64)]],
        Query(
            max_length=30, description="Only to these agencies.", examples=[["mill-lane-primary"]]
        ),
    ] = [],  # noqa: B006 - the framework copies it
    limit: Limit = 50,
    cursor: CursorText | None = None,
) -> Response:
    """List information requests, newest first; an agency sees those that were put to it."""
    filters = RequestFilters(states=state, organisation_ids=organisation_id)
    signed: dict[str, Any] = {name: getattr(filters, name) for name in RequestFilters.__slots__}
    place = place_of(request, who, "information-requests", cursor, signed)
    after: Any = None if place is None else (place.key[0], place.id)
    found = await ask(
        request,
        lambda asking: information_requests.list_information_requests(
            asking, who, filters, limit=limit + 1, after=after
        ),
    )
    shown = found[:limit]
    following = None
    if len(found) > limit:
        last = shown[-1].request
        following = next_place(
            request, who, "information-requests", Place((last.asked_at,), last.id), signed
        )
    shape = InformationRequestSummary if _is_staff(who) else AgencyInformationRequestSummary
    return page([shape.of(one) for one in shown], request=request, cursor=following)


@router.get(
    "/information-requests/{information_request_id}",
    response_model=InformationRequest | AgencyInformationRequest,
    responses=problems(information_requests.InformationRequestNotFound),
)
async def read_information_request(
    request: Request, who: Who, information_request_id: InformationRequestId
) -> Response:
    """Read an information request.

    The agency asked sees why and what it is asked, what identifies the children, the limit and its
    own answer; of the contact it sees nothing else.
    """
    return _reply(
        who,
        await ask(
            request,
            lambda asking: information_requests.read_information_request(
                asking, who, information_request_id
            ),
        ),
    )


@router.post(
    "/information-requests/{information_request_id}/response",
    response_model=InformationRequest | AgencyInformationRequest,
    responses=problems(
        AnswerIncomplete, WrongState, information_requests.InformationRequestNotFound
    ),
)
async def answer_information_request(
    request: Request,
    who: Who,
    information_request_id: InformationRequestId,
    version: Version,
    body: InformationResponseIn,
) -> Response:
    """Record an agency's answer: by its own system, or by a worker who was told.

    A late answer is taken and marked, after the decision too.
    """

    async def answered(work: Work) -> WholeRequest:
        made = await information_requests.answer_information_request(
            work, who, information_request_id, version, body.told()
        )
        return await information_requests.whole_request(work, made)

    return _reply(who, await change(request, answered))
