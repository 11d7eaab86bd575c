"""Referrals over HTTP: list, read, give to a worker, close."""

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
from api.schemas.cases import (
    AllocationIn,
)
from api.schemas.fields import Page
from api.schemas.filters import CaseQuery
from api.schemas.referrals import Referral, ReferralClosureIn, ReferralId, ReferralSummary
from service.bootstrap import Work
from service.domain import holders, referrals
from service.domain.access import Permission
from service.domain.challenges import ChallengeOpen
from service.domain.measures import BreakdownNotPossible, MeasureCountsOthers
from service.domain.passed_concerns import ConcernWaits
from service.domain.states import WrongState
from service.domain.strategy_meetings import ProtectionUnderWay
from service.domain.transfers import StepDownUnfinished
from service.domain.whole_contacts import CaseFilters, WholeCase
from service.usecases import cases

router = APIRouter(prefix="/v1/referrals", tags=["referrals"], route_class=FrontDoorRoute)

_LISTED = Listing(
    "referrals", lambda one: (one.case.accepted_at, one.case.id), ReferralSummary.of, CaseFilters
)


def _reply(whole: WholeCase[referrals.Referral]) -> Response:
    return reply(Referral.of(whole), version=whole.case.version, always_whole=True)


@router.get(
    "",
    response_model=Page[ReferralSummary],
    responses=problems(MeasureCountsOthers, BreakdownNotPossible),
)
async def list_referrals(
    request: Request,
    who: Who,
    asked: Annotated[CaseQuery, Query()],
    paging: Paging,
    behind: Behind,
) -> Response:
    """List referrals, newest first, each with the limit that runs on it.

    Each figure of a measure of referrals gives the filter that lists its very cases.
    """
    return await _LISTED.page(request, who, paging, cases.list_referrals, asked, behind)


@router.get("/{referral_id}", response_model=Referral, responses=problems(cases.ReferralNotFound))
async def read_referral(request: Request, who: Who, referral_id: ReferralId) -> Response:
    """Read a referral: who is accountable, and its clocks with their sums."""
    return _reply(await ask(request, lambda asking: cases.read_referral(asking, who, referral_id)))


@router.post(
    "/{referral_id}/allocation",
    response_model=Referral,
    responses=problems(
        ChallengeOpen,
        WrongState,
        cases.AlreadyAllocated,
        cases.ReferralNotFound,
        cases.TeamCannotReceive,
        *holders.REFUSALS,
    ),
)
@needs(Permission.allocate_referral)
async def allocate_referral(
    request: Request, who: Who, referral_id: ReferralId, version: Version, body: AllocationIn
) -> Response:
    """Give a referral to a worker, and to another team when one is named.

    The first allocation stops its clock. Given again, it goes from one worker to the other.
    """

    async def allocated(work: Work) -> WholeCase[referrals.Referral]:
        case = await cases.allocate_referral(
            work, who, referral_id, version, body.worker_id, body.team_id
        )
        return await cases.whole_case(work, case)

    return _reply(await change(request, allocated))


@router.post(
    "/{referral_id}/closure",
    response_model=Referral,
    responses=problems(
        ChallengeOpen,
        ConcernWaits,
        ProtectionUnderWay,
        StepDownUnfinished,
        WrongState,
        cases.ClosureFaulty,
        cases.ReferralNotFound,
    ),
)
@needs(Permission.close_referral)
async def close_referral(
    request: Request, who: Who, referral_id: ReferralId, version: Version, body: ReferralClosureIn
) -> Response:
    """Close an allocated referral, with a code and words; its open transfers end with it.

    A child goes to early help by a step-down, never by a closure. Not while a challenge is open,
    a strategy meeting or a section 47 enquiry about the child is unfinished, or a step-down was
    accepted and is not complete.
    """

    async def closed(work: Work) -> WholeCase[referrals.Referral]:
        case = await cases.close_referral(
            work, who, referral_id, version, body.closure_code, body.reason
        )
        return await cases.whole_case(work, case)

    return _reply(await change(request, closed))
