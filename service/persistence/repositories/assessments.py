"""Single assessments: read, whole and alone, and listed."""

from uuid import UUID

from sqlalchemy import select

from service.domain.access import Sight
from service.domain.assessments import (
    CLOCKS,
    Assessment,
    AssessmentFilters,
    AssessmentStep,
    DatedAssessment,
    WholeAssessment,
)
from service.domain.deadlines import Deadline
from service.domain.errors import NotFound
from service.domain.people import Person
from service.domain.referrals import Referral
from service.persistence.asking import Asking
from service.persistence.keysets import Place
from service.persistence.records import columns_of, read, table_of
from service.persistence.repositories import deadlines
from service.persistence.repositories.lists import Listed
from service.persistence.repositories.things import Steps, Things
from service.persistence.statements import all_of
from service.persistence.units_of_work import Work
from service.persistence.visibility import protection_visible_to

ASSESSMENT_TABLE = table_of(Assessment)
STEP = table_of(AssessmentStep)
REFERRAL = table_of(Referral)
DEADLINE = table_of(Deadline)
PERSON = table_of(Person)


class AssessmentNotFound(NotFound):
    """No such assessment, or not one that the caller may know of."""

    code = "assessment_not_found"
    title = "No such assessment"


async def open_of_referral(ask: Asking | Work, referral_id: UUID) -> Assessment | None:
    """The assessment of a referral that has not ended: there is at most one."""
    row = await ask.first(
        select(*columns_of(Assessment)).where(
            ASSESSMENT_TABLE.c.referral_id == referral_id, ASSESSMENT_TABLE.c.ended_at.is_(None)
        )
    )
    return None if row is None else read(Assessment, row)


async def were_begun(ask: Asking | Work, referral_id: UUID) -> bool:
    """Whether an assessment was ever begun in a referral."""
    row = await ask.first(
        select(ASSESSMENT_TABLE.c.id).where(ASSESSMENT_TABLE.c.referral_id == referral_id).limit(1)
    )
    return row is not None


ASSESSMENTS = Things(Assessment, "assessment", protection_visible_to, AssessmentNotFound)
STEPS = Steps(AssessmentStep, "assessment_id")
get = ASSESSMENTS.get


async def whole(ask: Asking | Work, assessment: Assessment) -> WholeAssessment:
    """What hangs on an assessment that the caller may see; its clocks run on the referral."""
    steps = await ask.all(all_of(AssessmentStep, "assessment_id", "id"), of=assessment.id)
    clocks = await deadlines.of_subject(ask, assessment.contact_id, assessment.referral_id)
    return WholeAssessment(
        assessment=assessment,
        steps=[read(AssessmentStep, row) for row in steps],
        deadlines=[one for one in clocks if one.kind in CLOCKS],
    )


_LISTED = Listed(Assessment, "begun_at", protection_visible_to)


async def list_newest_first(
    ask: Asking,
    sight: Sight,
    filters: AssessmentFilters,
    *,
    limit: int,
    after: Place | None = None,
) -> list[DatedAssessment]:
    """Assessments by when they were begun, newest first, from after a place on."""
    found = await _LISTED.newest_first(ask, sight, filters, limit=limit, after=after)
    # What has ended waits for nothing, though its referral may have been assessed anew since.
    running = [(one.contact_id, one.referral_id) for one in found if one.ended_at is None]
    due = await deadlines.soonest(ask, running, CLOCKS)
    return [
        DatedAssessment(one, None if one.ended_at is not None else due[one.referral_id])
        for one in found
    ]
