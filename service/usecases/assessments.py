"""Single assessments: begun, completed, authorised by a manager, and never without a clock."""

from dataclasses import dataclass
from uuid import UUID

from service.domain.access import Caller, Permission
from service.domain.assessments import (
    Assessment,
    AssessmentAction,
    AssessmentFilters,
    Completion,
    DatedAssessment,
    OwnAssessment,
    ReferralNotOpen,
    WholeAssessment,
    faults_in_completion,
    incomplete,
)
from service.domain.calendar import london_date
from service.domain.errors import Stale
from service.domain.events import EventType
from service.domain.own_words import own_words_faults
from service.domain.referrals import CASE, CaseState, Referral
from service.domain_services.assessments import (
    ensure_assessment,
    hold_assessment,
    move_assessment,
    record_assessment_event,
)
from service.domain_services.missing_clocks import start_clocks_never_started
from service.domain_services.one_by_one import deal_with_each
from service.persistence.asking import Asking
from service.persistence.clocks import stop_clocks
from service.persistence.keysets import Place
from service.persistence.repositories import (
    accountabilities,
    assessments,
    cases,
    contacts,
    missing_clocks,
    unborn,
)
from service.persistence.repositories.cases import REFERRALS
from service.persistence.units_of_work import Performing, Work

# Refusals from below that routes name in the contract.
AssessmentNotFound = assessments.AssessmentNotFound
ReferralNotFound = cases.ReferralNotFound

BATCH = 50

_HELD_BY_SOCIAL_CARE = (CaseState.awaiting_allocation, CaseState.allocated)


@dataclass(frozen=True, slots=True)
class Begun:
    """The assessment that was begun, and whether it was under way before."""

    assessment: Assessment
    before: bool


async def begin_assessment(work: Work, who: Caller, referral_id: UUID) -> Begun:
    """Begins the single assessment of a referral, or gives back the one that is under way.

    The clock of 45 working days has run since the referral was accepted. Raises ReferralNotFound;
    ReferralNotOpen when it has closed, or early help has taken the child over.
    """
    who.require(Permission.assess)
    found = await REFERRALS.get(work, who.sight, referral_id)
    await contacts.renew(work, found.contact_id)
    await accountabilities.held(work, found.person_id)
    referral = await REFERRALS.read_held(work, referral_id)
    under_way = await assessments.open_of_referral(work, referral_id)
    if under_way is not None:
        return Begun(under_way, before=True)
    if referral.state not in _HELD_BY_SOCIAL_CARE:
        raise ReferralNotOpen(
            "Social care does not hold the child in this referral, so it is not assessed in it. "
            "Read who is accountable for the child, and begin with the referral that is open.",
            state=referral.state,
            allowed=CASE.allowed(referral.state),
        )
    begun = await ensure_assessment(work, who, referral)
    record_assessment_event(work, who, EventType.assessment_begun, begun)
    return Begun(begun, before=False)


async def complete_assessment(
    work: Work, who: Caller, assessment_id: UUID, version: int, completion: Completion
) -> Assessment:
    """Completes an assessment, for a manager to authorise.

    With its factors, the tools that were used and what they gave, the child's own view, the
    analysis, and what follows. Raises AssessmentIncomplete naming every gap.
    """
    who.require(Permission.assess)
    action = AssessmentAction.complete
    assessment = await hold_assessment(work, who, assessment_id, version, action)
    codes = work.policy.codes
    problems = faults_in_completion(
        completion,
        factors=codes.assessment_factor,
        closure_codes=list(codes.closure_reason),
        tools=work.policy.assessments,
        rationale=work.policy.rationale,
        unborn=await unborn.is_unborn(work, assessment.person_id),
        today=london_date(work.now),
    )
    if problems:
        raise incomplete(problems)
    moved = await move_assessment(
        work,
        who,
        assessment,
        action,
        content=completion,
        factors=list(completion.factors),
        tools=list(completion.tools),
        childs_view=completion.childs_view,
        analysis=completion.analysis,
        outcome=completion.outcome,
        closure_code=completion.closure_code,
        completed_at=work.now,
        completed_by=who.account_id,
        answered_at=None,
        answered_by=None,
        answer_words=None,
    )
    record_assessment_event(
        work, who, EventType.assessment_completed, moved, outcome=completion.outcome
    )
    return moved


async def authorise_assessment(
    work: Work, who: Caller, assessment_id: UUID, version: int, *, agreed: bool, words: str
) -> Assessment:
    """A manager other than who completed an assessment authorises it, or sends it back.

    In their own words. Authorised, it ends and its clocks stop. Sent back, it is under way again
    and the clocks run on; each version that was completed is kept. Raises OwnAssessment.
    """
    who.require(Permission.authorise_assessment)
    action = AssessmentAction.authorise if agreed else AssessmentAction.send_back
    assessment = await hold_assessment(work, who, assessment_id, version, action)
    if assessment.completed_by == who.account_id:
        raise OwnAssessment(
            "You completed this assessment, so somebody else must authorise it. It stays as it "
            "is; ask another manager."
        )
    faults = own_words_faults(work.policy.rationale, ("/words", words))
    if faults:
        raise incomplete(faults)
    if agreed:
        await stop_clocks(
            work,
            assessment.contact_id,
            assessment.referral_id,
            ["single_assessment", "pre_birth_assessment_done"],
            "authorised",
        )
    moved = await move_assessment(
        work,
        who,
        assessment,
        action,
        words=words,
        answered_at=work.now,
        answered_by=who.account_id,
        answer_words=words,
        ended_at=work.now if agreed else None,
    )
    event = EventType.assessment_authorised if agreed else EventType.assessment_returned
    record_assessment_event(work, who, event, moved)
    return moved


async def list_assessments(
    ask: Asking,
    who: Caller,
    filters: AssessmentFilters,
    *,
    limit: int,
    after: Place | None = None,
) -> list[DatedAssessment]:
    """Assessments that the caller may see, newest first, from after a place on."""
    who.require(Permission.read_assessments)
    return await assessments.list_newest_first(ask, who.sight, filters, limit=limit, after=after)


async def read_assessment(ask: Asking, who: Caller, assessment_id: UUID) -> WholeAssessment:
    """One assessment with its whole history. Raises AssessmentNotFound."""
    who.require(Permission.read_assessments)
    return await whole_assessment(ask, await assessments.get(ask, who.sight, assessment_id))


async def whole_assessment(ask: Asking, assessment: Assessment) -> WholeAssessment:
    """What hangs on an assessment that the caller may see."""
    return await assessments.whole(ask, assessment)


async def start_missing_clocks(house: Performing, *, batch: int = BATCH) -> int:
    """Starts the clocks of assessments in open referrals that never had any. Returns how many.

    Referrals that were open before assessments had clocks, and whatever slipped through since: the
    clocks start when the referral was accepted, so that what is late shows as late. Each referral
    is dealt with in its own transaction, once, if it lacks a clock still; one that cannot be keeps
    no other waiting.
    """

    async def find(ask: Asking, after: Referral | None) -> list[Referral]:
        person_id = None if after is None else after.person_id
        return await missing_clocks.referrals_without_clocks(
            ask, limit=batch, after_person_id=person_id
        )

    return await deal_with_each(house, find, _start_clocks_of, batch=batch)


async def _start_clocks_of(work: Work, found: Referral) -> None:
    """Starts the clocks of one referral. Raises Stale when it lacks none any more."""
    await contacts.renew(work, found.contact_id)
    await accountabilities.held(work, found.person_id)
    referral = await REFERRALS.read_held(work, found.id)
    if not await missing_clocks.referrals_without_clocks(work, limit=1, only=found.id):
        raise Stale(referral.version)
    await start_clocks_never_started(work, referral)
