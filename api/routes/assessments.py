"""Single assessments over HTTP: begin, list, read, complete, authorise or send back."""

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.contract import problems
from api.cursors import Place
from api.deps import (
    Key,
    Version,
    Who,
    ask,
    change,
    create,
    house_of,
    next_place,
    place_of,
    rendered,
)
from api.measure_cases import Behind
from api.replies import page, reply
from api.requests import needs
from api.routing import FrontDoorRoute
from api.schemas.assessments import (
    Assessment,
    AssessmentAuthorisationIn,
    AssessmentCompletionIn,
    AssessmentCreate,
    AssessmentId,
    DatedAssessmentSummary,
    ReferralFilter,
    States,
)
from api.schemas.cases import PersonFilter
from api.schemas.fields import CursorText, Limit, Page
from service.bootstrap import Asking, Work
from service.domain.access import Permission
from service.domain.answers import Answer
from service.domain.assessments import (
    AssessmentFilters,
    AssessmentIncomplete,
    DatedAssessment,
    OwnAssessment,
    ReferralNotOpen,
    WholeAssessment,
)
from service.domain.measures import BreakdownNotPossible, Counted, MeasureCountsOthers
from service.domain.states import WrongState
from service.usecases import assessments

router = APIRouter(prefix="/v1/assessments", tags=["assessments"], route_class=FrontDoorRoute)


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
    asked: Behind,
    state: States = (),
    person_id: PersonFilter = None,
    referral_id: ReferralFilter = None,
    limit: Limit = 50,
    cursor: CursorText | None = None,
) -> Response:
    """List single assessments, newest first, each with the limit that runs out first on it.

    Each figure of a measure of assessments gives the filter that lists its very cases.
    """
    house = house_of(request)
    filters = AssessmentFilters(
        states=state,
        person_id=person_id,
        referral_id=referral_id,
        behind=asked.of(Counted.assessments, house.clock()),
    )
    # An instant that was not named is another for each page, so what was asked is signed.
    signed: dict[str, Any] = {
        name: getattr(filters, name) for name in AssessmentFilters.__slots__ if name != "behind"
    } | asked.signed()
    place = place_of(request, who, "assessments", cursor, signed)
    after: Any = None if place is None else (place.key[0], place.id)

    async def listed(asking: Asking) -> list[DatedAssessment]:
        return await assessments.list_assessments(
            asking, who, filters, limit=limit + 1, after=after
        )

    if filters.behind is None:
        found = await ask(request, listed)
    else:
        found = await house.ask_at_length(listed)
    shown = found[:limit]
    following = None
    if len(found) > limit:
        last = shown[-1].assessment
        following = next_place(
            request, who, "assessments", Place((last.begun_at,), last.id), signed
        )
    return page(
        [DatedAssessmentSummary.of(one) for one in shown], request=request, cursor=following
    )


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
