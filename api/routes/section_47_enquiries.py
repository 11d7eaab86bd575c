"""Section 47 enquiries over HTTP: list, read, the child seen, the outcome, the conference."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.contract import problems
from api.deps import Version, Who, ask, change
from api.listings import Listing, Paging
from api.measure_cases import Behind
from api.replies import reply
from api.requests import needs
from api.routing import FrontDoorRoute
from api.schemas.fields import Page
from api.schemas.filters import EnquiryQuery
from api.schemas.section_47_enquiries import (
    ChildSeenIn,
    ConferenceIn,
    DatedSection47Enquiry,
    EnquiryOutcomeIn,
    NoConferenceIn,
    NoConferenceSignOffIn,
    Section47Enquiry,
    Section47EnquiryId,
)
from service.bootstrap import Work
from service.domain.access import Permission
from service.domain.measures import BreakdownNotPossible, MeasureCountsOthers
from service.domain.section_47_enquiries import (
    ChildNeverSeen,
    ChildUnborn,
    EnquiryFilters,
    EnquiryIncomplete,
    OwnProposal,
    SightNotRecorded,
    WholeEnquiry,
)
from service.domain.states import WrongState
from service.usecases import section_47_enquiries

router = APIRouter(
    prefix="/v1/section-47-enquiries", tags=["section-47-enquiries"], route_class=FrontDoorRoute
)

_LISTED = Listing(
    "section_47_enquiries",
    lambda one: (one.enquiry.opened_at, one.enquiry.id),
    DatedSection47Enquiry.of,
    EnquiryFilters,
)


def _reply(whole: WholeEnquiry) -> Response:
    return reply(Section47Enquiry.of(whole), version=whole.enquiry.version, always_whole=True)


@router.get(
    "",
    response_model=Page[DatedSection47Enquiry],
    responses=problems(MeasureCountsOthers, BreakdownNotPossible),
)
async def list_section_47_enquiries(
    request: Request,
    who: Who,
    asked: Annotated[EnquiryQuery, Query()],
    paging: Paging,
    behind: Behind,
) -> Response:
    """List section 47 enquiries, newest first, each with the limit that runs out first on it.

    Each figure of a measure of enquiries gives the filter that lists its very cases.
    """
    return await _LISTED.page(
        request, who, paging, section_47_enquiries.list_section_47_enquiries, asked, behind
    )


@router.get(
    "/{section_47_enquiry_id}",
    response_model=Section47Enquiry,
    responses=problems(section_47_enquiries.EnquiryNotFound),
)
async def read_section_47_enquiry(
    request: Request, who: Who, section_47_enquiry_id: Section47EnquiryId
) -> Response:
    """Read a section 47 enquiry: what can be done now, the meetings behind it, every clock."""
    return _reply(
        await ask(
            request,
            lambda asking: section_47_enquiries.read_section_47_enquiry(
                asking, who, section_47_enquiry_id
            ),
        )
    )


@router.post(
    "/{section_47_enquiry_id}/child-seen",
    response_model=Section47Enquiry,
    responses=problems(
        ChildUnborn, EnquiryIncomplete, WrongState, section_47_enquiries.EnquiryNotFound
    ),
)
@needs(Permission.record_child_seen)
async def record_child_seen(
    request: Request,
    who: Who,
    section_47_enquiry_id: Section47EnquiryId,
    version: Version,
    body: ChildSeenIn,
) -> Response:
    """Record that the child was seen, when, by whom and whether alone; or why not.

    Not seen, the clock runs on. Recorded again after another visit, the first time stays, and a
    visit alone makes up for one not alone. An unborn child is not seen.
    """

    async def seen(work: Work) -> WholeEnquiry:
        return await section_47_enquiries.whole_enquiry(
            work,
            await section_47_enquiries.record_child_seen(
                work, who, section_47_enquiry_id, version, body.told()
            ),
        )

    return _reply(await change(request, seen))


@router.post(
    "/{section_47_enquiry_id}/outcome",
    response_model=Section47Enquiry,
    responses=problems(
        ChildNeverSeen,
        EnquiryIncomplete,
        SightNotRecorded,
        WrongState,
        section_47_enquiries.EnquiryNotFound,
    ),
)
@needs(Permission.conclude_section_47_enquiry)
async def record_enquiry_outcome(
    request: Request,
    who: Who,
    section_47_enquiry_id: Section47EnquiryId,
    version: Version,
    body: EnquiryOutcomeIn,
) -> Response:
    """Record what an enquiry found, once it is recorded that the child was seen or why not.

    A continuing risk waits for the initial child protection conference; else the enquiry ends.
    """

    async def found(work: Work) -> WholeEnquiry:
        return await section_47_enquiries.whole_enquiry(
            work,
            await section_47_enquiries.record_enquiry_outcome(
                work,
                who,
                section_47_enquiry_id,
                version,
                outcome=body.outcome,
                words=body.words,
            ),
        )

    return _reply(await change(request, found))


@router.post(
    "/{section_47_enquiry_id}/conference",
    response_model=Section47Enquiry,
    responses=problems(
        ChildNeverSeen, EnquiryIncomplete, WrongState, section_47_enquiries.EnquiryNotFound
    ),
)
@needs(Permission.record_conference)
async def record_conference(
    request: Request,
    who: Who,
    section_47_enquiry_id: Section47EnquiryId,
    version: Version,
    body: ConferenceIn,
) -> Response:
    """Record the initial child protection conference and what it decided; the enquiry ends.

    It follows an outcome of continuing risk, and is held on a working day. In time is judged by
    when it was held.
    """

    async def held(work: Work) -> WholeEnquiry:
        return await section_47_enquiries.whole_enquiry(
            work,
            await section_47_enquiries.record_conference(
                work,
                who,
                section_47_enquiry_id,
                version,
                held_at=body.held_at,
                outcome=body.outcome,
                category_of_abuse_code=body.category_of_abuse_code,
                words=body.words,
            ),
        )

    return _reply(await change(request, held))


@router.post(
    "/{section_47_enquiry_id}/no-conference",
    response_model=Section47Enquiry,
    responses=problems(
        EnquiryIncomplete, SightNotRecorded, WrongState, section_47_enquiries.EnquiryNotFound
    ),
)
@needs(Permission.propose_no_conference)
async def propose_no_conference(
    request: Request,
    who: Who,
    section_47_enquiry_id: Section47EnquiryId,
    version: Version,
    body: NoConferenceIn,
) -> Response:
    """Propose that no child protection conference is needed, with the coded reason.

    The enquiry goes on, with its clocks, until another manager agrees.
    """

    async def proposed(work: Work) -> WholeEnquiry:
        return await section_47_enquiries.whole_enquiry(
            work,
            await section_47_enquiries.propose_no_conference(
                work, who, section_47_enquiry_id, version, body.told()
            ),
        )

    return _reply(await change(request, proposed))


@router.post(
    "/{section_47_enquiry_id}/no-conference/sign-off",
    response_model=Section47Enquiry,
    responses=problems(
        ChildNeverSeen,
        EnquiryIncomplete,
        OwnProposal,
        SightNotRecorded,
        WrongState,
        section_47_enquiries.EnquiryNotFound,
    ),
)
@needs(Permission.sign_off_no_conference)
async def sign_off_no_conference(
    request: Request,
    who: Who,
    section_47_enquiry_id: Section47EnquiryId,
    version: Version,
    body: NoConferenceSignOffIn,
) -> Response:
    """Agree that no conference is needed, which ends the enquiry; or return the proposal.

    Somebody else than who proposed it, in their own words.
    """

    async def signed(work: Work) -> WholeEnquiry:
        return await section_47_enquiries.whole_enquiry(
            work,
            await section_47_enquiries.sign_off_no_conference(
                work,
                who,
                section_47_enquiry_id,
                version,
                agreed=body.agreed,
                words=body.words,
            ),
        )

    return _reply(await change(request, signed))
