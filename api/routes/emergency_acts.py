"""Emergency acts over HTTP: decisions that have effect at once out of hours, and their sign-off."""

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
from api.schemas.contacts import ContactId
from api.schemas.decisions import SignOffIn, SignOffOutcome
from api.schemas.decisions_together import DecisionsTogether
from api.schemas.emergency_acts import (
    EmergencyAct,
    EmergencyActId,
    EmergencyActIn,
    EmergencyActSummary,
)
from api.schemas.fields import Page
from api.schemas.filters import EmergencyActQuery
from service.bootstrap import Work
from service.domain.access import Permission
from service.domain.accountabilities import ChildMovedOn, OpenToSocialCare
from service.domain.challenges import ChallengeOpen
from service.domain.decisions import OwnWordsNeeded
from service.domain.emergency_acts import (
    EmergencyActFilters,
    OwnEmergencyAct,
    WithinOfficeHours,
)
from service.domain.measures import MeasureCountsOthers, PeriodNotPossible
from service.domain.passed_concerns import NobodyHoldsTheChild
from service.domain.states import WrongState
from service.domain.strategy_meetings import ProtectionUnderWay
from service.domain.whole_contacts import DecidedTogether
from service.usecases import decisions, emergency_acts

router = APIRouter(prefix="/v1", tags=["emergency acts"], route_class=FrontDoorRoute)

_LISTED = Listing(
    "emergency-acts",
    lambda one: (one.acted_at, one.id),
    EmergencyActSummary.of,
    EmergencyActFilters,
)


def _reply(whole: emergency_acts.WholeEmergencyAct) -> Response:
    return reply(EmergencyAct.of(whole), version=whole.act.version)


@router.post(
    "/contacts/{contact_id}/emergency-act",
    response_model=DecisionsTogether,
    responses=problems(
        ChallengeOpen,
        ChildMovedOn,
        NobodyHoldsTheChild,
        OpenToSocialCare,
        OwnWordsNeeded,
        ProtectionUnderWay,
        WithinOfficeHours,
        WrongState,
        decisions.ContactNotFound,
    ),
)
@needs(Permission.act_out_of_hours)
async def act_out_of_hours(
    request: Request, who: Who, contact_id: ContactId, version: Version, body: EmergencyActIn
) -> Response:
    """Let every decision that waits on a contact have effect at once, alone and out of hours.

    For the emergency duty worker. What the decisions decide exists from now on, as if they were
    signed: a referral under section 47 too. Each is marked as made out of hours by an emergency
    act, which a manager signs off by a time of the next working day. In office hours it is
    refused: then a manager signs. `If-Match` with the version of the contact.
    """

    async def acted(work: Work) -> DecidedTogether:
        made = await emergency_acts.act_out_of_hours(work, who, contact_id, version, body.because)
        return await decisions.whole_together(work, who, contact_id, made)

    done = await change(request, acted)
    return reply(DecisionsTogether.of(done), version=done.contact.version)


@router.get(
    "/emergency-acts",
    response_model=Page[EmergencyActSummary],
    responses=problems(MeasureCountsOthers, PeriodNotPossible),
)
async def list_emergency_acts(
    request: Request,
    who: Who,
    asked: Annotated[EmergencyActQuery, Query()],
    paging: Paging,
    behind: Behind,
) -> Response:
    """List what was done alone out of hours, newest first."""
    return await _LISTED.page(
        request, who, paging, emergency_acts.list_emergency_acts, asked, behind
    )


@router.get(
    "/emergency-acts/{emergency_act_id}",
    response_model=EmergencyAct,
    responses=problems(emergency_acts.EmergencyActNotFound),
)
async def read_emergency_act(
    request: Request, who: Who, emergency_act_id: EmergencyActId
) -> Response:
    """Read an emergency act with its clock. What was decided stands in the decision itself."""
    return _reply(
        await ask(
            request,
            lambda asking: emergency_acts.read_emergency_act(asking, who, emergency_act_id),
        )
    )


@router.post(
    "/emergency-acts/{emergency_act_id}/sign-off",
    response_model=EmergencyAct,
    responses=problems(
        OwnEmergencyAct, OwnWordsNeeded, WrongState, emergency_acts.EmergencyActNotFound
    ),
)
@needs(Permission.sign_off_emergency_act)
async def sign_off_emergency_act(
    request: Request,
    who: Who,
    emergency_act_id: EmergencyActId,
    version: Version,
    body: SignOffIn,
) -> Response:
    """Agree to what somebody else did alone out of hours, or send it back, in your own words.

    After the limit too: it stays counted as late. Sent back, nothing is undone and the clock goes
    on until a new decision that supersedes this one is signed, or a manager agrees after all.
    """
    agreed = body.outcome is SignOffOutcome.agreed

    async def answered(work: Work) -> emergency_acts.WholeEmergencyAct:
        made = await emergency_acts.sign_off_emergency_act(
            work, who, emergency_act_id, version, agreed=agreed, words=body.words
        )
        return await emergency_acts.whole_emergency_act(work, made)

    return _reply(await change(request, answered))
