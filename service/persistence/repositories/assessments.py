"""Single assessments: begun once for a referral, and ended with it."""

from uuid import UUID

from sqlalchemy import select

from service.domain.access import Caller
from service.domain.assessments import (
    ASSESSMENT,
    Assessment,
    AssessmentAction,
)
from service.domain.errors import NotFound
from service.domain.flags import SubjectKind
from service.domain.references import new_reference
from service.domain.referrals import Referral
from service.persistence.asking import Asking
from service.persistence.records import columns_of, read, table_of
from service.persistence.repositories import deadlines
from service.persistence.units_of_work import Work, new_id

ASSESSMENT_TABLE = table_of(Assessment)


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


async def begin(work: Work, who: Caller, referral: Referral) -> Assessment:
    """The assessment that is under way in a referral, begun now when none is.

    The clock of 45 working days has run since the referral was accepted; for a second assessment
    in the same referral it starts now. The caller holds the child.
    """
    found = await open_of_referral(work, referral.id)
    if found is not None:
        return found
    assessment = Assessment(
        id=new_id(),
        reference=new_reference("A"),
        referral_id=referral.id,
        contact_id=referral.contact_id,
        child_id=referral.child_id,
        person_id=referral.person_id,
        state=ASSESSMENT.start,
        begun_at=work.now,
        begun_by=who.account_id,
        factors=[],
        tools=[],
        childs_view=None,
        analysis=None,
        outcome=None,
        closure_code=None,
        completed_at=None,
        completed_by=None,
        answered_at=None,
        answered_by=None,
        answer_words=None,
        ended_at=None,
        version=1,
    )
    work.add(assessment)
    await deadlines.stop(
        work, referral.contact_id, referral.id, ["pre_birth_assessment_begun"], "begun"
    )
    if not await deadlines.is_running(work, referral.contact_id, referral.id, "single_assessment"):
        deadlines.start(
            work,
            "single_assessment",
            SubjectKind.referral,
            referral.id,
            referral.contact_id,
            work.now,
        )
    return assessment


async def end_with_referral(work: Work, referral: Referral) -> None:
    """Ends an assessment that is not authorised when its referral closes."""
    found = await open_of_referral(work, referral.id)
    if found is not None:
        state = ASSESSMENT.after(found.state, AssessmentAction.end_with_referral)
        await work.change(Assessment, found.id, found.version, state=state, ended_at=work.now)
