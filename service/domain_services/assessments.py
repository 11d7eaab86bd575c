"""Single assessments: begun once for a referral, moved, and ended with it."""

from typing import Any
from uuid import UUID

from service.domain.access import Caller
from service.domain.assessments import ASSESSMENT, Assessment, AssessmentAction, Completion
from service.domain.flags import SubjectKind
from service.domain.references import ReferenceKind, new_reference
from service.domain.referrals import Referral
from service.domain_services.lives import Life, Moves
from service.persistence.clocks import is_running, start_clock, stop_clocks
from service.persistence.ids import new_id
from service.persistence.repositories import assessments
from service.persistence.units_of_work import Work

ASSESSMENTS = Life(
    assessments.ASSESSMENTS,
    Moves(ASSESSMENT, assessments.STEPS),
    SubjectKind.referral,
    says=("referral_id",),
)
record_assessment_event = ASSESSMENTS.record


async def ensure_assessment(work: Work, who: Caller, referral: Referral) -> Assessment:
    """The assessment that is under way in a referral, begun now when none is.

    The clock of 45 working days has run since the referral was accepted; for a second assessment
    in the same referral it starts now. The caller holds the child and has renewed the contact.
    """
    found = await assessments.open_of_referral(work, referral.id)
    if found is not None:
        return found
    first = not await assessments.were_begun(work, referral.id)
    assessment = Assessment(
        id=new_id(),
        reference=new_reference(ReferenceKind.assessment),
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
    await stop_clocks(
        work, referral.contact_id, referral.id, ["pre_birth_assessment_begun"], "begun"
    )
    if not await is_running(work, referral.contact_id, referral.id, "single_assessment"):
        start_clock(
            work,
            "single_assessment",
            SubjectKind.referral,
            referral.id,
            referral.contact_id,
            referral.accepted_at if first else work.now,
        )
    return assessment


async def end_assessment_with_referral(work: Work, who: Caller, referral: Referral) -> None:
    """Ends an assessment that is not authorised when its referral closes; its clocks stop there."""
    found = await assessments.open_of_referral(work, referral.id)
    if found is not None:
        action = AssessmentAction.end_with_referral
        await move_assessment(work, who, found, action, ended_at=work.now)


async def hold_assessment(
    work: Work, who: Caller, assessment_id: UUID, version: int, action: AssessmentAction
) -> Assessment:
    """An assessment on which somebody is about to act, with its contact and its child held.

    Raises AssessmentNotFound; WrongState with what is possible; and only then Stale: who comes
    second is told why.
    """

    async def can(assessment: Assessment) -> None:
        ASSESSMENT.after(assessment.state, action)

    return (await ASSESSMENTS.hold(work, who, assessment_id, version, can)).thing


async def move_assessment(
    work: Work,
    who: Caller,
    assessment: Assessment,
    action: AssessmentAction,
    *,
    words: str | None = None,
    content: Completion | None = None,
    **changed: Any,
) -> Assessment:
    """Takes an assessment one step on, with its line of history and what was completed by it."""
    line = {"words": words, "content": content}
    return await ASSESSMENTS.moves.move(work, who, assessment, action, line=line, **changed)
