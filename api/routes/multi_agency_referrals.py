"""A partner's own door: send a multi-agency referral, have one checked, follow what was sent."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.contract import problems
from api.deps import Key, Who, ask, change, create, house_of, rendered
from api.listings import Listing, Paging
from api.replies import reply, reply_as_shown
from api.requests import counts_as, needs
from api.routing import FrontDoorRoute
from api.schemas.disagreements import (
    DisagreementCreate,
    DisagreementEscalationCreate,
    DisagreementWithdrawalCreate,
)
from api.schemas.fields import Page
from api.schemas.filters import SentQuery
from api.schemas.multi_agency_referrals import (
    DisagreementReceipt,
    MultiAgencyReferral,
    MultiAgencyReferralCheck,
    MultiAgencyReferralCreate,
    MultiAgencyReferralId,
    MultiAgencyReferralReceipt,
    MultiAgencyReferralSummary,
)
from service.domain.access import Permission
from service.domain.allowances import Errand
from service.domain.answers import Answer
from service.domain.challenges import (
    ChallengeFaulty,
    NoSuchChild,
    NothingOpen,
    NothingToChallenge,
    UnderReview,
)
from service.domain.contact_minimums import MinimumMissing
from service.domain.multi_agency_referrals import SentFilters
from service.domain.new_contacts import (
    CodeUnknown,
    Contradictory,
    ReceivedInTheFuture,
    ReceivedTooLongAgo,
)
from service.domain.whole_contacts import WholeContact
from service.usecases import challenges, disagreements, multi_agency_referrals
from service.usecases.disagreements import Disagreements

router = APIRouter(
    prefix="/v1/multi-agency-referrals",
    tags=["multi-agency-referrals"],
    route_class=FrontDoorRoute,
)

_LISTED = Listing(
    "multi-agency-referrals",
    lambda one: (one.contact.received_at, one.contact.id),
    MultiAgencyReferralSummary.of,
    SentFilters,
)
_REFUSALS = problems(
    MinimumMissing,
    CodeUnknown,
    Contradictory,
    multi_agency_referrals.OrganisationNotKnownHere,
    ReceivedInTheFuture,
    ReceivedTooLongAgo,
)


@router.post("", status_code=201, response_model=MultiAgencyReferralReceipt, responses=_REFUSALS)
@counts_as(Errand.urgent)
@needs(Permission.submit_multi_agency_referral)
async def submit_multi_agency_referral(
    request: Request, who: Who, key: Key, body: MultiAgencyReferralCreate
) -> Response:
    """Send a multi-agency referral.

    It is a contact at the front door at once. The receipt says what happens next and by when, and
    what to do if a child is in immediate danger. What is missing comes back in `warnings`: an
    urgent concern is never refused for it.
    """
    words = house_of(request).policy.receipt

    def receipt(whole: WholeContact) -> Answer:
        return rendered(
            MultiAgencyReferralReceipt.of(whole, words),
            201,
            location=f"/v1/multi-agency-referrals/{whole.contact.id}",
        )

    return await create(
        request,
        who,
        key,
        body,
        lambda work: multi_agency_referrals.submit_multi_agency_referral(work, who, body.told()),
        receipt,
    )


@router.post(
    "/validation",
    response_model=MultiAgencyReferralCheck,
    responses=_REFUSALS,
)
@counts_as(Errand.validation)
@needs(Permission.validate_multi_agency_referral)
async def check_multi_agency_referral(
    request: Request, who: Who, body: MultiAgencyReferralCreate
) -> Response:
    """Have a multi-agency referral checked without sending it: nothing of it is kept.

    Refused exactly as it would be if it were sent; otherwise says what would happen next, and what
    is missing and would help. Nobody is looked up for it: it says nothing of who is on file. That
    you asked is recorded, and the authority's policy says how often you may in an hour (429).
    """
    checked = await change(
        request,
        lambda work: multi_agency_referrals.check_multi_agency_referral(work, who, body.told()),
    )
    whole = checked.or_refused()
    return reply(MultiAgencyReferralCheck.of(whole, house_of(request).policy.receipt))


@router.get("", response_model=Page[MultiAgencyReferralSummary])
async def list_multi_agency_referrals(
    request: Request,
    who: Who,
    asked: Annotated[SentQuery, Query()],
    paging: Paging,
) -> Response:
    """List what your own organisation sent, newest first."""
    return await _LISTED.page(
        request, who, paging, multi_agency_referrals.list_multi_agency_referrals, asked
    )


@router.get("/{referral_id}", response_model=MultiAgencyReferral)
async def read_multi_agency_referral(
    request: Request, who: Who, referral_id: MultiAgencyReferralId
) -> Response:
    """Follow one that your own organisation sent: how far it has come, and the outcome.

    The outcome of each child is there as soon as a manager has agreed it.
    """
    found = await ask(
        request,
        lambda asking: multi_agency_referrals.read_multi_agency_referral(asking, who, referral_id),
    )
    return reply_as_shown(MultiAgencyReferral.of(found, house_of(request).policy.receipt))


def _receipt(found: Disagreements) -> Answer:
    return rendered(
        DisagreementReceipt.of(found),
        200 if found.before else 201,
        location=f"/v1/multi-agency-referrals/{found.referral_id}",
    )


@router.post(
    "/{referral_id}/disagreement",
    status_code=201,
    response_model=DisagreementReceipt,
    responses={
        200: {
            "model": DisagreementReceipt,
            "description": "You said so before, and it is open: this is where it stands.",
        },
        **problems(
            ChallengeFaulty,
            NothingToChallenge,
            challenges.MultiAgencyReferralNotFound,
            NoSuchChild,
            UnderReview,
        ),
    },
)
@needs(Permission.disagree_with_outcome)
async def disagree_with_outcome(
    request: Request,
    who: Who,
    key: Key,
    referral_id: MultiAgencyReferralId,
    body: DisagreementCreate,
) -> Response:
    """Disagree with what was decided, for all children of yours who are decided or for some.

    A manager answers each within a time limit; a stage that nobody answers in time goes to the
    next by itself. Where it stands is shown with the referral.
    """
    return await create(
        request,
        who,
        key,
        body,
        lambda work: disagreements.disagree_with_outcome(
            work, who, referral_id, words=body.words, positions=body.children
        ),
        _receipt,
    )


@router.post(
    "/{referral_id}/disagreement/escalation",
    status_code=201,
    response_model=DisagreementReceipt,
    responses=problems(
        ChallengeFaulty,
        challenges.MultiAgencyReferralNotFound,
        NoSuchChild,
        NothingOpen,
    ),
)
@needs(Permission.disagree_with_outcome)
async def escalate_disagreement(
    request: Request,
    who: Who,
    key: Key,
    referral_id: MultiAgencyReferralId,
    body: DisagreementEscalationCreate,
) -> Response:
    """Take what you disagree with to the next stage: not answered yet, or answered against you."""
    return await create(
        request,
        who,
        key,
        body,
        lambda work: disagreements.escalate_disagreement(
            work, who, referral_id, words=body.words, positions=body.children
        ),
        _receipt,
    )


@router.post(
    "/{referral_id}/disagreement/withdrawal",
    status_code=201,
    response_model=DisagreementReceipt,
    responses=problems(
        ChallengeFaulty,
        challenges.MultiAgencyReferralNotFound,
        NoSuchChild,
        NothingOpen,
    ),
)
@needs(Permission.disagree_with_outcome)
async def withdraw_disagreement(
    request: Request,
    who: Who,
    key: Key,
    referral_id: MultiAgencyReferralId,
    body: DisagreementWithdrawalCreate,
) -> Response:
    """Take back what you disagreed with: the decision stands."""
    return await create(
        request,
        who,
        key,
        body,
        lambda work: disagreements.withdraw_disagreement(
            work, who, referral_id, words=body.words, positions=body.children
        ),
        _receipt,
    )
