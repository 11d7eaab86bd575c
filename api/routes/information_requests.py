"""Information requests over HTTP: ask an agency, list and read what was asked, answer."""

from dataclasses import replace
from functools import partial
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
from api.schemas.contacts import ContactId
from api.schemas.fields import Page
from api.schemas.filters import RequestQuery
from api.schemas.information_requests import (
    AgencyInformationRequest,
    AgencyInformationRequestSummary,
    ChaserCreate,
    InformationRequest,
    InformationRequestCreate,
    InformationRequestId,
    InformationRequestSummary,
    InformationRequestWithdrawalIn,
    InformationResponseIn,
    LateAnswerReadingIn,
)
from api.schemas.questions import InformationRequestsTogether, InformationRequestsTogetherCreate
from service.bootstrap import Work
from service.domain.access import Caller, Permission
from service.domain.answers import Answer
from service.domain.drafts import DraftsIncomplete
from service.domain.information_requests import (
    AnswerIncomplete,
    NothingToRead,
    WordsNeeded,
)
from service.domain.questions import AlreadyAsked, QuestionFaulty
from service.domain.states import WrongState
from service.domain.whole_contacts import (
    AskedTogether,
    DatedRequest,
    RequestFilters,
    RequestOrder,
    WholeRequest,
)
from service.usecases import information_requests

router = APIRouter(prefix="/v1", tags=["information-requests"], route_class=FrontDoorRoute)

_LISTED: Listing[DatedRequest] = Listing(
    "information-requests",
    lambda one: (one.request.asked_at, one.request.id),
    InformationRequestSummary.of,
    RequestFilters,
)
# Each was found by its limit where that is the order.
_BY_LIMIT = replace(_LISTED, place=lambda one: (one.due_at, one.request.id))


def _is_staff(who: Caller) -> bool:
    return who.sight.sees_all


def _answer(whole: WholeRequest) -> Answer:
    return rendered(
        InformationRequest.of(whole),
        201,
        version=whole.request.version,
        location=f"/v1/information-requests/{whole.request.id}",
    )


def _answer_together(asked: AskedTogether) -> Answer:
    return rendered(
        InformationRequestsTogether.of(asked),
        201,
        version=asked.contact.version,
        location=f"/v1/contacts/{asked.contact.id}",
    )


def _reply(who: Caller, whole: WholeRequest) -> Response:
    shape = InformationRequest if _is_staff(who) else AgencyInformationRequest
    return reply(shape.of(whole), version=whole.request.version)


@router.post(
    "/contacts/{contact_id}/information-requests",
    status_code=201,
    response_model=InformationRequest,
    responses=problems(
        WrongState,
        AlreadyAsked,
        information_requests.ContactNotFound,
        QuestionFaulty,
    ),
)
@needs(Permission.ask_agency)
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


@router.post(
    "/contacts/{contact_id}/information-requests/together",
    status_code=201,
    response_model=InformationRequestsTogether,
    responses=problems(
        WrongState,
        AlreadyAsked,
        AnswerIncomplete,
        DraftsIncomplete,
        QuestionFaulty,
        information_requests.ContactNotFound,
    ),
)
@needs(Permission.ask_agency)
async def ask_agencies_together(
    request: Request,
    who: Who,
    key: Key,
    contact_id: ContactId,
    body: InformationRequestsTogetherCreate,
) -> Response:
    """Ask several agencies in one act, with what they said where they were asked by telephone.

    All are asked or none: whatever is wrong with any question is named at once. Purpose and basis
    are the policy's when left out. An agency whose answer is given is waited for no more; each of
    the others has its own clock.
    """

    async def asked(work: Work) -> AskedTogether:
        made = await information_requests.ask_agencies_together(work, who, contact_id, body.told())
        return await information_requests.whole_together(work, who, contact_id, made)

    return await create(request, who, key, body, asked, _answer_together)


@router.get(
    "/information-requests",
    response_model=Page[InformationRequestSummary | AgencyInformationRequestSummary],
)
async def list_information_requests(
    request: Request,
    who: Who,
    asked: Annotated[RequestQuery, Query()],
    paging: Paging,
) -> Response:
    """List information requests, newest first; an agency sees those that were put to it.

    Sorted by `due_at` it is the agency's own queue: what is asked of it, soonest limit first. Some
    days after it answered, or after a request was withdrawn, an agency does not see it any more.
    """
    house = house_of(request)
    listed = _BY_LIMIT if asked.sort is RequestOrder.due_at else _LISTED
    if not _is_staff(who):
        listed = replace(listed, show=AgencyInformationRequestSummary.of)
    question = partial(
        information_requests.list_information_requests, policy=house.policy, now=house.clock()
    )
    return await listed.page(request, who, paging, question, asked)


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
    own answer; of the contact it sees nothing else. Some days after it answered, or after the
    request was withdrawn, the request is gone for it (404): the authority's policy says how many.
    """
    house = house_of(request)
    return _reply(
        who,
        await ask(
            request,
            lambda asking: information_requests.read_information_request(
                asking, who, information_request_id, policy=house.policy, now=house.clock()
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
@needs(Permission.answer_information_request)
async def answer_information_request(
    request: Request,
    who: Who,
    information_request_id: InformationRequestId,
    version: Version,
    body: InformationResponseIn,
) -> Response:
    """Record an agency's answer: by its own system, or by a worker who was told.

    A late answer is taken and marked, after it was withdrawn and after the decision too.
    """

    async def answered(work: Work) -> WholeRequest:
        made = await information_requests.answer_information_request(
            work, who, information_request_id, version, body.told()
        )
        return await information_requests.whole_request(work, made)

    return _reply(who, await change(request, answered))


@router.post(
    "/information-requests/{information_request_id}/chasers",
    status_code=201,
    response_model=InformationRequest,
    responses=problems(WrongState, information_requests.InformationRequestNotFound),
)
@needs(Permission.chase_agency)
async def chase_agency(
    request: Request,
    who: Who,
    key: Key,
    information_request_id: InformationRequestId,
    body: ChaserCreate,
) -> Response:
    """Record that an agency which has not answered was chased. Its limit stays as it is."""

    async def chased(work: Work) -> WholeRequest:
        made = await information_requests.chase_agency(
            work, who, information_request_id, body.told()
        )
        return await information_requests.whole_request(work, made)

    return await create(request, who, key, body, chased, _answer)


@router.post(
    "/information-requests/{information_request_id}/withdrawal",
    response_model=InformationRequest,
    responses=problems(WordsNeeded, WrongState, information_requests.InformationRequestNotFound),
)
@needs(Permission.withdraw_information_request)
async def withdraw_information_request(
    request: Request,
    who: Who,
    information_request_id: InformationRequestId,
    version: Version,
    body: InformationRequestWithdrawalIn,
) -> Response:
    """Withdraw a request that has not been answered: its clock stops, and nobody waits for it.

    It was asked all the same: decisions account for it. An answer that still comes is taken.
    """

    async def withdrawn(work: Work) -> WholeRequest:
        made = await information_requests.withdraw_information_request(
            work, who, information_request_id, version, body.because
        )
        return await information_requests.whole_request(work, made)

    return _reply(who, await change(request, withdrawn))


@router.post(
    "/information-requests/{information_request_id}/reading",
    response_model=InformationRequest,
    responses=problems(WordsNeeded, NothingToRead, information_requests.InformationRequestNotFound),
)
@needs(Permission.read_late_answer)
async def read_late_answer(
    request: Request,
    who: Who,
    information_request_id: InformationRequestId,
    version: Version,
    body: LateAnswerReadingIn,
) -> Response:
    """Record that an answer which came after the decision was read, and what follows from it.

    It changes no decision: a changed mind is a new decision.
    """

    async def answer_read(work: Work) -> WholeRequest:
        made = await information_requests.read_late_answer(
            work, who, information_request_id, version, body.words
        )
        return await information_requests.whole_request(work, made)

    return _reply(who, await change(request, answer_read))
