"""Single assessments over HTTP: begin, list, read, complete, authorise or send back."""

from dataclasses import dataclass
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
    rendered,
)
from api.listings import Listing, Paging
from api.measure_cases import Behind
from api.replies import reply
from api.requests import needs
from api.routing import FrontDoorRoute
from api.schemas.assessments import (
    Assessment,
    AssessmentAuthorisationIn,
    AssessmentCompletionIn,
    AssessmentCreate,
    AssessmentId,
    DatedAssessmentSummary,
)
from api.schemas.fields import Page
from api.schemas.filters import AssessmentQuery
from service.bootstrap import Work
from service.domain.access import Permission
from service.domain.answers import Answer
from service.domain.assessments import (
    AssessmentFilters,
    AssessmentIncomplete,
    OwnAssessment,
    ReferralNotOpen,
    WholeAssessment,
)
from service.domain.measures import BreakdownNotPossible, MeasureCountsOthers
from service.domain.states import WrongState
from service.usecases import assessments

router = APIRouter(prefix="/v1/assessments", tags=["assessments"], route_class=FrontDoorRoute)

_LISTED = Listing(
    "assessments",
    lambda one: (one.assessment.begun_at, one.assessment.id),
    DatedAssessmentSummary.of,
    AssessmentFilters,
)


@dataclass(frozen=True, slots=True)
class _Begun:
    """The assessment, whole, and whether it was under way before."""

    whole: WholeAssessment
    before: bool


def _answer(begun: _Begun) -> Answer:
    assessment = begun.whole.assessment
    return rendered(
        Assessment.of(begun.whole),
        200 if begun.before else 201,
        version=assessment.version,
        location=f"/v1/assessments/{assessment.id}",
    )


def _reply(whole: WholeAssessment) -> Response:
    return reply(Assessment.of(whole), version=whole.assessment.version, always_whole=True)


@router.post(
    "",
    status_code=201,
    response_model=Assessment,
    responses={
        200: {
            "model": Assessment,
            "description": "One is under way in this referral: this one.",
        },
        **problems(ReferralNotOpen, assessments.ReferralNotFound),
    },
)
@needs(Permission.assess)
async def begin_assessment(
    request: Request, who: Who, key: Key, body: AssessmentCreate
) -> Response:
    """Begin the single assessment of a referral that is open to social care.

    Its clock has run since the referral was accepted. Where one is under way, that comes back with
    200.
    """

    async def begun(work: Work) -> _Begun:
        found = await assessments.begin_assessment(work, who, body.referral_id)
        return _Begun(await assessments.whole_assessment(work, found.assessment), found.before)

    return await create(request, who, key, body, begun, _answer)


@router.get(
    "",
    response_model=Page[DatedAssessmentSummary],
    responses=problems(MeasureCountsOthers, BreakdownNotPossible),
)
async def list_assessments(
    request: Request,
    who: Who,
    asked: Annotated[AssessmentQuery, Query()],
    paging: Paging,
    behind: Behind,
) -> Response:
    """List single assessments, newest first, each with the limit that runs out first on it.

    Each figure of a measure of assessments gives the filter that lists its very cases.
    """
    return await _LISTED.page(request, who, paging, assessments.list_assessments, asked, behind)


@router.get(
    "/{assessment_id}",
    response_model=Assessment,
    responses=problems(assessments.AssessmentNotFound),
)
async def read_assessment(request: Request, who: Who, assessment_id: AssessmentId) -> Response:
    """Read a single assessment: what can be done now, every version, and its clocks."""
    return _reply(
        await ask(request, lambda asking: assessments.read_assessment(asking, who, assessment_id))
    )


@router.post(
    "/{assessment_id}/completion",
    response_model=Assessment,
    responses=problems(AssessmentIncomplete, WrongState, assessments.AssessmentNotFound),
)
@needs(Permission.assess)
async def complete_assessment(
    request: Request,
    who: Who,
    assessment_id: AssessmentId,
    version: Version,
    body: AssessmentCompletionIn,
) -> Response:
    """Complete an assessment, for a manager to authorise. Every gap is named at once."""

    async def completed(work: Work) -> WholeAssessment:
        return await assessments.whole_assessment(
            work,
            await assessments.complete_assessment(work, who, assessment_id, version, body.told()),
        )

    return _reply(await change(request, completed))


@router.post(
    "/{assessment_id}/authorisation",
    response_model=Assessment,
    responses=problems(
        AssessmentIncomplete, OwnAssessment, WrongState, assessments.AssessmentNotFound
    ),
)
@needs(Permission.authorise_assessment)
async def authorise_assessment(
    request: Request,
    who: Who,
    assessment_id: AssessmentId,
    version: Version,
    body: AssessmentAuthorisationIn,
) -> Response:
    """Authorise another person's assessment in one's own words, or send it back.

    Authorised, it ends and its clocks stop. Sent back, it is under way again; both versions stay.
    """

    async def answered(work: Work) -> WholeAssessment:
        return await assessments.whole_assessment(
            work,
            await assessments.authorise_assessment(
                work, who, assessment_id, version, agreed=body.agreed, words=body.words
            ),
        )

    return _reply(await change(request, answered))
