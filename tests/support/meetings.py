"""Strategy meetings for tests: children referred, a meeting called, held, concluded, minuted."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from service.bootstrap import House, Work
from service.domain.access import Caller, Role
from service.domain.deadlines import Deadline
from service.domain.decisions import Decision, StatutoryBasis
from service.domain.new_contacts import NewChild
from service.domain.referrals import Referral
from service.domain.section_47_enquiries import Section47Enquiry
from service.domain.strategy_conclusions import ChildConclusion, Conclusion
from service.domain.strategy_meetings import (
    Attendance,
    EnquiryDecision,
    Harm,
    MedicalDecision,
    MeetingTask,
    StrategyMeeting,
)
from service.persistence.repositories import deadlines, section_47_enquiries
from service.persistence.repositories.cases import REFERRALS
from service.usecases import (
    cases,
    held_strategy_meetings,
    strategy_conclusions,
    strategy_invitations,
    strategy_meetings,
)
from service.usecases.held_strategy_meetings import Attended
from service.usecases.strategy_invitations import InvitationAnswer
from service.usecases.strategy_meetings import NewMeetingChild, WholeMeeting
from tests.support.clocks import FixedClock
from tests.support.houses import caller
from tests.support.situations import contact_about, decided, referred, signed

WORDS = "I have read the file and spoken with the school: this is how it is."
WHY = "Two bruises of different ages, nobody explains them, and the school has seen both of them."
AMARA = NewChild(given_name="Amara", family_name="Okafor", date_of_birth=date(2018, 4, 9))
UNBORN = NewChild(family_name="Okafor", expected_delivery_on=date(2026, 8, 14))
Found = TypeVar("Found")


@dataclass
class Office:
    """A house, its clock, and everybody who has a hand in a strategy meeting."""

    house: House
    clock: FixedClock
    worker: Caller
    manager: Caller
    assessment: Caller
    social_worker: Caller
    early_help: Caller

    async def do(self, use_case: Callable[[Work], Awaitable[Found]]) -> Found:
        """Carries out one use-case."""
        return await self.house.perform(use_case)

    async def referred(
        self,
        *children: NewChild,
        basis: StatutoryBasis = StatutoryBasis.section_47,
        allocated: bool = True,
        **contact: Any,
    ) -> list[Referral]:
        """Children on one contact, whom signed decisions referred to social care."""
        told: dict[str, Any] = {
            "concern": "Amara came to school with a bruise and would not say why.",
            "source_code": "2A",
            "referrer_name": "Priya Shah",
            "referrer_role": "Designated safeguarding lead",
        }
        file = await contact_about(
            self.house, *(children or (AMARA,)), worker=self.worker, **(told | contact)
        )
        referrals = list(
            await referred(self.house, file, basis, worker=self.worker, manager=self.manager)
        )
        if not allocated:
            return referrals
        return [await self.allocated(one) for one in referrals]

    async def decided(self, contact_id: UUID, new: Any) -> None:
        """A decision, drafted and signed."""
        await decided(
            self.house, contact_id, new, worker=self.worker, manager=self.manager, words=WORDS
        )

    async def signed(self, draft: Decision) -> None:
        """A decision, signed by the manager."""
        await signed(self.house, draft, manager=self.manager, words=WORDS)

    async def allocated(self, referral: Referral) -> Referral:
        """The referral, with a social worker."""
        return await self.do(
            lambda work: cases.allocate_referral(
                work,
                self.assessment,
                referral.id,
                referral.version,
                self.social_worker.account_id,
                None,
            )
        )

    async def close(self, referral: Referral) -> Referral:
        """The referral, closed as it is now."""
        now = await self.referral(referral.id)
        return await self.do(
            lambda work: cases.close_referral(
                work, self.assessment, now.id, now.version, "RC8", WORDS
            )
        )

    async def referral(self, referral_id: UUID) -> Referral:
        """A referral as it is now."""
        return await self.house.ask(lambda ask: REFERRALS.get(ask, self.manager.sight, referral_id))

    async def call(
        self, *referrals: Referral, planned_for: datetime | None = None, **child: Any
    ) -> StrategyMeeting:
        """A meeting about these children, called by the manager."""
        told = {"alleged": [Harm.neglect], **child}
        children = [NewMeetingChild(one.id, **told) for one in referrals]
        when = planned_for or self.clock.now + timedelta(hours=1)
        return await self.do(
            lambda work: strategy_meetings.call_strategy_meeting(work, self.manager, when, children)
        )

    async def whole(self, meeting: StrategyMeeting) -> WholeMeeting:
        """A meeting as it is now, whole."""
        return await self.house.ask(
            lambda ask: strategy_meetings.read_strategy_meeting(ask, self.manager, meeting.id)
        )

    async def invited(self, meeting: StrategyMeeting) -> StrategyMeeting:
        """The meeting, with everybody on its list invited."""
        whole = await self.whole(meeting)
        answers = [InvitationAnswer(one.id, invited=True) for one in whole.invitations]
        return await self.do(
            lambda work: strategy_invitations.invite_to_strategy_meeting(
                work, self.worker, meeting.id, whole.meeting.version, answers=answers, others=()
            )
        )

    async def hold(
        self,
        meeting: StrategyMeeting,
        held_at: datetime | None = None,
        attendance: Sequence[Attended] | None = None,
        *,
        not_quorate_because: str | None = None,
    ) -> StrategyMeeting:
        """The meeting, recorded as held; everybody came who was invited, unless said otherwise."""
        whole = await self.whole(meeting)
        came = attendance
        if came is None:
            came = [
                Attended(one.id, Attendance.attended)
                for one in whole.invitations
                if one.invited_at is not None
            ]
        when = None if whole.meeting.held_at else held_at or self.clock.now
        return await self.do(
            lambda work: held_strategy_meetings.record_strategy_meeting(
                work,
                self.worker,
                meeting.id,
                whole.meeting.version,
                held_at=when,
                attendance=came,
                not_quorate_because=not_quorate_because,
            )
        )

    async def conclude(
        self, meeting: StrategyMeeting, conclusion: Conclusion | None = None, **child: Any
    ) -> StrategyMeeting:
        """The meeting, concluded alike for every child unless said otherwise."""
        whole = await self.whole(meeting)
        told = conclusion or Conclusion(
            [concluded(one.person_id, **child) for one in whole.children], [task(self.clock.now)]
        )
        return await self.do(
            lambda work: strategy_conclusions.conclude_strategy_meeting(
                work, self.manager, meeting.id, whole.meeting.version, told
            )
        )

    async def minuted(
        self, meeting: StrategyMeeting, circulated_at: datetime | None = None
    ) -> StrategyMeeting:
        """The meeting, its minutes circulated."""
        whole = await self.whole(meeting)
        return await self.do(
            lambda work: strategy_conclusions.circulate_strategy_minutes(
                work,
                self.worker,
                meeting.id,
                whole.meeting.version,
                minutes="Present: all. The school spoke first.",
                circulated_at=circulated_at or self.clock.now,
            )
        )

    async def met(
        self,
        *referrals: Referral,
        held_at: datetime | None = None,
        alleged: Sequence[Harm] = (Harm.neglect,),
        **child: Any,
    ) -> StrategyMeeting:
        """A meeting that was called, held and concluded."""
        when = held_at or self.clock.now
        called = await self.call(*referrals, planned_for=when, alleged=alleged)
        held = await self.hold(await self.invited(called), when)
        return await self.conclude(held, **child)

    async def clock_on(self, referral: Referral, subject_id: UUID, kind: str) -> list[Deadline]:
        """The clocks of a kind on a subject, in the order in which they were started."""
        found = await self.house.ask(
            lambda ask: deadlines.of_subject(ask, referral.contact_id, subject_id)
        )
        return sorted((one for one in found if one.kind == kind), key=lambda one: one.id)

    async def enquiry(self, referral: Referral) -> Section47Enquiry | None:
        """The open enquiry about a referral's child."""
        return await self.house.ask(
            lambda ask: section_47_enquiries.open_of_person(ask, referral.person_id)
        )


def concluded(person_id: UUID, **changes: Any) -> ChildConclusion:
    """A complete conclusion for one child: a joint enquiry."""
    told: dict[str, Any] = {
        "person_id": person_id,
        "enquiry": EnquiryDecision.joint,
        "enquiry_reason": WHY,
        "told": "That people are worried, and that a social worker will come today.",
    }
    return ChildConclusion(**(told | changes))


def medical(decision: MedicalDecision = MedicalDecision.will_take_place) -> dict[str, Any]:
    """A decision on a medical, with its reason."""
    return {"medical": decision, "medical_reason": "The paediatrician sees the bruises today."}


def task(at: datetime, **changes: Any) -> MeetingTask:
    """What happens next, two hours later."""
    told = {"what": "Visit the child at home.", "owner": "Jo Mensah"}
    return MeetingTask(**{**told, "due_at": at + timedelta(hours=2), **changes})


async def office_in(house: House, clock: FixedClock) -> Office:
    """Everybody who has a hand in a strategy meeting, in this house."""
    return Office(
        house,
        clock,
        await caller(house, Role.mash_worker, name="mash worker"),
        await caller(house, Role.mash_manager, name="mash manager"),
        await caller(house, Role.assessment_team_manager, name="assessment manager"),
        await caller(house, Role.assessment_team_worker, name="social worker"),
        await caller(house, Role.early_help_worker, name="early help worker"),
    )
