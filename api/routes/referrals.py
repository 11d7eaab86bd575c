"""Referrals over HTTP: list, read, give to a worker, close."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.contract import problems
from api.cursors import Place
from api.deps import Version, Who, ask, change, house_of, next_place, place_of
from api.measure_cases import Behind
from api.replies import page, reply
from api.requests import needs
from api.routing import FrontDoorRoute
from api.schemas.cases import (
    AllocationIn,
    ContactFilter,
    PersonFilter,
    States,
    Teams,
    WorkerFilter,
)
from api.schemas.fields import CursorText, Limit, Page
from api.schemas.referrals import Referral, ReferralClosureIn, ReferralId, ReferralSummary
from service.bootstrap import Asking, Work
from service.domain import holders, referrals
from service.domain.access import Permission
from service.domain.challenges import ChallengeOpen
from service.domain.measures import BreakdownNotPossible, Counted, MeasureCountsOthers
from service.domain.states import WrongState
from service.domain.strategy_meetings import ProtectionUnderWay
from service.domain.transfers import StepDownUnfinished
from service.domain.whole_contacts import CaseFilters, DatedCase, WholeCase
from service.usecases import cases

router = APIRouter(prefix="/v1/referrals", tags=["referrals"], route_class=FrontDoorRoute)


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
    asked: Behind,
    state: States = (),
    team_id: Teams = (),
    worker_id: WorkerFilter = None,
    contact_id: ContactFilter = None,
    person_id: PersonFilter = None,
    limit: Limit = 50,
    cursor: CursorText | None = None,
) -> Response:
    """List referrals, newest first, each with the limit that runs on it.

    Each figure of a measure of referrals gives the filter that lists its very cases.
    """
    house = house_of(request)
    filters = CaseFilters(
        states=state,
        team_ids=team_id,
        worker_id=worker_id,
        contact_id=contact_id,
        person_id=person_id,
    )
    behind = asked.of(Counted.referrals, house.clock())
    # An instant that was not named is another for each page, so what was asked is signed.
    signed: dict[str, Any] = {name: getattr(filters, name) for name in CaseFilters.__slots__}
    signed |= asked.signed()
    place = place_of(request, who, "referrals", cursor, signed)
    after: Any = None if place is None else (place.key[0], place.id)

    async def listed(asking: Asking) -> list[DatedCase[referrals.Referral]]:
        return await cases.list_referrals(
            asking, who, filters, limit=limit + 1, after=after, behind=behind
        )

    if behind is None:
        found = await ask(request, listed)
    else:
        found = await house.ask_at_length(listed)
    shown = found[:limit]
    following = None
    if len(found) > limit:
        last = shown[-1].case
        following = next_place(
            request, who, "referrals", Place((last.accepted_at,), last.id), signed
        )
    return page([ReferralSummary.of(one) for one in shown], request=request, cursor=following)


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
