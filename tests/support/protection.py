"""Children who may be at risk, for tests: a section 47 referral, a meeting held, its enquiry."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from service.bootstrap import House, Work
from service.domain.access import Caller, Role
from service.domain.assessments import AssessmentOutcome, Completion, ToolUsed
from service.domain.calendar import london_date
from service.domain.decisions import StatutoryBasis
from service.domain.new_contacts import NewChild
from service.domain.people import BirthKnowledge
from service.domain.references import ReferenceKind, new_reference
from service.domain.referrals import Referral
from service.domain.section_47_enquiries import (
    ConferenceOutcome,
    EnquiryOutcome,
    Section47Enquiry,
    Visit,
)
from service.domain.strategy_meetings import EnquiryDecision, MeetingState, StrategyMeeting
from service.domain_services.section_47_enquiries import begin_enquiry
from service.persistence.clocks import stop_clocks
from service.persistence.ids import new_id
from service.persistence.repositories import accountabilities, contacts, deadlines
from service.persistence.repositories.cases import REFERRALS
from service.usecases.assessments import authorise_assessment, complete_assessment
from service.usecases.section_47_enquiries import (
    record_child_seen,
    record_conference,
    record_enquiry_outcome,
)
from tests.support import situations
from tests.support.houses import caller
from tests.support.situations import ADA, contact_about

WORDS = "I have read the whole file and spoken with the worker about what was seen at home."
FINDING = (
    "The bruises were caused by an adult who still lives in the home, and nobody there can keep "
    "him away from the child."
)
ANALYSIS = (
    "The father's drinking leaves the child frightened and often without a meal; the mother wants "
    "help to keep him away, and the grandmother lives near by."
)


async def referred(
    house: House,
    *,
    unborn: bool = False,
    expected_delivery_on: Any = None,
    basis: StatutoryBasis = StatutoryBasis.section_47,
    received_at: datetime | None = None,
) -> Referral:
    """A child whom a signed decision referred to social care, section 47 unless said otherwise."""
    child = (
        NewChild(
            family_name="Example",
            birth_knowledge=BirthKnowledge.unborn,
            expected_delivery_on=expected_delivery_on,
        )
        if unborn
        else ADA
    )
    file = await contact_about(
        house,
        child,
        concern="The child came to school with bruises and said who had done it.",
        source_code="2A",
        received_at=received_at,
        referrer_role="Head teacher",
    )
    [referral] = await situations.referred(house, file, basis)
    return referral


async def enquiry_begun(
    house: House,
    referral: Referral,
    held_at: datetime | None = None,
    kind: EnquiryDecision = EnquiryDecision.joint,
) -> Section47Enquiry:
    """The enquiry that a meeting, held at `held_at` or now, begins or begins anew."""
    manager = await caller(house, Role.mash_manager)

    async def begin(work: Work) -> Section47Enquiry:
        at = held_at or work.now
        meeting = concluded_meeting(manager, referral, at, work.now)
        await contacts.renew(work, referral.contact_id)
        await accountabilities.held(work, referral.person_id)
        work.add(meeting)
        await stop_clocks(
            work,
            referral.contact_id,
            referral.id,
            ["strategy_meeting"],
            "held",
            happened_at=at,
        )
        return await begin_enquiry(work, manager, meeting.id, at, referral, kind)

    return await house.perform(begin)


def concluded_meeting(
    who: Caller, referral: Referral, held_at: datetime, now: datetime
) -> StrategyMeeting:
    """A strategy meeting of which everything is recorded but the minutes."""
    return StrategyMeeting(
        id=new_id(),
        reference=new_reference(ReferenceKind.strategy_meeting),
        contact_id=referral.contact_id,
        state=MeetingState.concluded,
        called_at=held_at,
        called_by=who.account_id,
        planned_for=held_at,
        held_at=held_at,
        quorate=True,
        not_quorate_because=None,
        actions=[],
        concluded_at=now,
        concluded_by=who.account_id,
        minutes=None,
        minutes_circulated_at=None,
        minutes_circulated_by=None,
        cancelled_at=None,
        cancelled_by=None,
        cancelled_because=None,
        version=1,
    )


def seen(at: datetime, *, alone: bool = True, **changes: Any) -> Visit:
    """A visit at which the child was seen."""
    values: dict[str, Any] = {
        "seen": True,
        "seen_at": at,
        "seen_by": "Tom Baker, social worker",
        "alone": alone,
        "not_alone_because": None if alone else "She would not let go of her grandmother.",
    }
    return Visit(**(values | changes))


NOT_SEEN = Visit(seen=False, not_seen_because="Nobody opened the door; the police look for them.")


def completion(now: datetime, **changes: Any) -> Completion:
    """An assessment that leaves nothing out: neglect and domestic abuse, each with its tool."""
    today = london_date(now)
    values: dict[str, Any] = {
        "factors": ["3B", "16A"],
        "tools": [
            ToolUsed("graded_care_profile_2", "4", today),
            ToolUsed("safe_and_together", None, today),
        ],
        "childs_view": "Ada says that she is frightened when it is loud at home.",
        "analysis": ANALYSIS,
        "outcome": AssessmentOutcome.child_in_need_plan,
        "closure_code": None,
    }
    return Completion(**(values | changes))


async def clock_of(house: House, contact_id: UUID, subject_id: UUID, kind: str) -> Any:
    """The last clock of a kind that was started on a subject."""
    found = await house.ask(lambda ask: deadlines.of_subject(ask, contact_id, subject_id))
    return max((one for one in found if one.kind == kind), key=lambda one: one.id, default=None)


async def looked_into(house: House, referral_id: UUID) -> dict[str, UUID]:
    """A referral of a child who was at risk: its enquiry with the conference, its assessment."""
    manager = await caller(house, Role.assessment_team_manager, name="assessment manager")
    worker = await caller(house, Role.assessment_team_worker, name="social worker")
    referral = await house.ask(lambda ask: REFERRALS.get(ask, manager.sight, referral_id))
    now = house.clock()
    conference_at = now
    while not house.policy.is_working_day(london_date(conference_at)):
        conference_at -= timedelta(days=1)
    enquiry = await enquiry_begun(house, referral, min(now, conference_at))
    id_ = enquiry.id
    await house.perform(lambda work: record_child_seen(work, worker, id_, 1, seen(now)))
    await house.perform(
        lambda work: record_enquiry_outcome(
            work, manager, id_, 2, outcome=EnquiryOutcome.continuing_risk, words=FINDING
        )
    )
    await house.perform(
        lambda work: record_conference(
            work,
            worker,
            id_,
            3,
            held_at=conference_at,
            outcome=ConferenceOutcome.child_protection_plan,
            category_of_abuse_code="PHY",
            words=FINDING,
        )
    )
    assessment_id = enquiry.assessment_id
    await house.perform(
        lambda work: complete_assessment(work, worker, assessment_id, 1, completion(now))
    )
    await house.perform(
        lambda work: authorise_assessment(work, manager, assessment_id, 2, agreed=True, words=WORDS)
    )
    return {"section_47_enquiry": id_, "assessment": assessment_id}
