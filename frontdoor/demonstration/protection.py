"""Children who may be at risk in the demonstration data: strategy meetings about them."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from frontdoor.demonstration.desk import Act, Desk, between
from frontdoor.demonstration.enquiries import Enquirers, Enquiry, SoFar
from frontdoor.demonstration.narratives import RISK, Danger
from frontdoor.demonstration.targets import Slots
from service.bootstrap import Work
from service.domain.calendar import london_date, london_midnight
from service.domain.errors import Conflict
from service.domain.referrals import Referral
from service.domain.strategy_conclusions import ChildConclusion, Conclusion
from service.domain.strategy_meetings import (
    BEGINS_AN_ENQUIRY,
    Agency,
    Attendance,
    EnquiryDecision,
    Harm,
    Invitation,
    MedicalDecision,
    MeetingTask,
    StrategyMeeting,
)
from service.persistence.clocks import is_running
from service.persistence.repositories import (
    accountabilities,
    section_47_enquiries,
    strategy_meetings,
)
from service.persistence.repositories.cases import REFERRALS
from service.usecases.held_strategy_meetings import Attended, record_strategy_meeting
from service.usecases.strategy_conclusions import (
    circulate_strategy_minutes,
    conclude_strategy_meeting,
)
from service.usecases.strategy_invitations import InvitationAnswer, invite_to_strategy_meeting
from service.usecases.strategy_meetings import (
    NewMeetingChild,
    call_strategy_meeting,
    rearrange_strategy_meeting,
)

_QUORUM: Final = (Agency.social_care, Agency.police, Agency.health)
_TRIES: Final = 5

NOW: Final[Sequence[SoFar]] = (
    {"decided": 1.5},
    {"decided": 27},
    {"decided": 2.2, "call": 1.4},
    {"decided": 1.9, "call": 1.2, "invite": 1.1},
    {"decided": 29, "call": 28, "invite": 27},
    {"decided": 4.1, "call": 3.4, "invite": 3.2, "hold": 1.6},
    {"decided": 7, "call": 6.2, "invite": 6, "hold": 4.8, "conclude": 3.9},
    {"decided": 99, "call": 98, "invite": 97.8, "hold": 97, "conclude": 96, "seen": 90},
    {
        "decided": 52,
        "call": 51,
        "invite": 50.8,
        "hold": 50,
        "conclude": 49,
        "minutes": 45,
        "tried": 30,
    },
    {
        "decided": 172,
        "call": 171,
        "invite": 170.5,
        "hold": 170,
        "conclude": 169,
        "minutes": 160,
        "seen": 158,
    },
    {
        "decided": 290,
        "call": 289,
        "invite": 288.5,
        "hold": 288,
        "conclude": 287,
        "minutes": 270,
        "seen": 281,
        "outcome": 70,
    },
    {
        "decided": 700,
        "call": 699,
        "invite": 698.5,
        "hold": 698,
        "conclude": 697,
        "minutes": 690,
        "seen": 694,
        "outcome": 400,
    },
)
"""Children of today who may be at risk, one at each step, in time and late."""


@dataclass(slots=True)
class _Times:
    """When everything about one meeting happens; None for what has not happened yet."""

    called_at: datetime
    invited_at: datetime | None
    held_at: datetime | None
    recorded_at: datetime | None
    concluded_at: datetime | None
    minuted_at: datetime | None


class Protection:
    """Looks into what may be significant harm, in the year or as a course of today has it."""

    def __init__(self, desk: Desk, chance: random.Random, conferences: Slots | None = None) -> None:
        self.desk = desk
        self.chance = chance
        self.conferences = conferences
        self.coming: set[UUID] = set()

    async def look_at(
        self,
        work: Work,
        person_ids: Sequence[UUID],
        danger: Danger,
        course: SoFar | None = None,
    ) -> Sequence[Referral]:
        """Has a meeting called about those children for whom one is due and none is coming.

        Returns their cases.
        """
        referrals = [
            found
            for person_id in person_ids
            if (found := await self._due(work, person_id)) is not None
        ]
        if referrals:
            self.coming.update(one.id for one in referrals)
            Meeting(self, referrals, danger, course).begin(work.now)
        return referrals

    async def _due(self, work: Work, person_id: UUID) -> Referral | None:
        answers = await accountabilities.of_person(work, person_id)
        if answers is None or answers.referral_id is None or answers.referral_id in self.coming:
            return None
        found = await REFERRALS.get(work, self.desk.people.managers[0].sight, answers.referral_id)
        due = await is_running(work, found.contact_id, found.id, "strategy_meeting")
        return found if due else None


class Meeting:
    """One strategy meeting and the enquiries that come of it."""

    def __init__(
        self,
        protection: Protection,
        referrals: Sequence[Referral],
        danger: Danger,
        course: SoFar | None,
    ) -> None:
        self.protection = protection
        self.desk = protection.desk
        self.chance = protection.chance
        self.referrals = referrals
        self.danger = danger
        self.course = course
        self.manager = self.chance.choice(self.desk.people.managers)
        self.worker = self.chance.choice(self.desk.people.assessment_workers)
        self.meeting_id = UUID(int=0)
        self.tried = 0

    def begin(self, now: datetime) -> None:
        """Puts the call of the meeting on the desk."""
        self.times = self._times(now) if self.course is None else self._now(self.course)
        if self.course is None or "call" in self.course:
            self.desk.at(self.times.called_at, self._call)

    def _now(self, course: SoFar) -> _Times:
        def ago(act: str) -> datetime | None:
            hours = course.get(act)
            return None if hours is None else self.desk.until - timedelta(hours=hours)

        held_at = ago("hold")
        return _Times(
            called_at=ago("call") or self.desk.until,
            invited_at=ago("invite"),
            held_at=held_at,
            recorded_at=None if held_at is None else held_at + timedelta(minutes=25),
            concluded_at=ago("conclude"),
            minuted_at=ago("minutes"),
        )

    def _times(self, now: datetime) -> _Times:
        """On the day for the most part; some a day or two later, some minutes late."""
        chance = self.chance
        midnight = london_midnight(london_date(now) + timedelta(days=1))
        called_at = now + (midnight - now) * chance.uniform(0.02, 0.08)
        held_at = min(
            now + timedelta(minutes=chance.randint(50, 150)), now + (midnight - now) * 0.8
        )
        if chance.random() < 0.16:
            held_at = between(chance, midnight + timedelta(hours=8), midnight + timedelta(hours=40))
        recorded_at = held_at + timedelta(minutes=chance.randint(20, 60))
        concluded_at = recorded_at + timedelta(minutes=chance.randint(5, 40))
        minuted_at = concluded_at + timedelta(hours=chance.uniform(1.5, 18))
        if chance.random() < 0.15:
            minuted_at = concluded_at + timedelta(hours=chance.uniform(100, 150))
        return _Times(called_at, called_at, held_at, recorded_at, concluded_at, minuted_at)

    def _words(self, texts: Sequence[str]) -> str:
        return self.chance.choice(texts)

    async def _meeting(self, work: Work) -> StrategyMeeting:
        return await strategy_meetings.get(work, self.manager.sight, self.meeting_id)

    # ---- The meeting -----------------------------------------------------------------------------

    async def _call(self, work: Work) -> None:
        """Calls it; where that is not possible for now, it is tried again."""
        chance, times = self.chance, self.times
        planned_for = times.held_at or work.now + timedelta(hours=2)
        moved = self.course is None and chance.random() < 0.08
        harms = list(self.danger.harms)
        if Harm.domestic_abuse in harms and chance.random() < 0.25:
            harms.append(Harm.injury)
        children = [
            NewMeetingChild(
                one.id, harms, in_hospital=Harm.injury in harms and chance.random() < 0.1
            )
            for one in self.referrals
        ]
        early = timedelta(minutes=30) if moved else timedelta()
        try:
            called = await call_strategy_meeting(
                work, self.manager, max(work.now, planned_for - early), children
            )
        except Conflict:
            self.tried += 1
            if self.tried < _TRIES:
                self.begin(work.now + timedelta(days=2))
            return
        self.meeting_id = called.id
        if moved and planned_for != called.planned_for:
            await rearrange_strategy_meeting(
                work,
                self.manager,
                called.id,
                called.version,
                planned_for=planned_for,
                because=RISK.rearranged,
            )
        self._then(times.invited_at, self._invite)

    def _then(self, at: datetime | None, act: Act) -> None:
        if at is not None:
            self.desk.at(at, act)

    async def _invite(self, work: Work) -> None:
        meeting = await self._meeting(work)
        lines = await strategy_meetings.invitations_of(work, meeting.id)
        answers = [self._answer(one) for one in lines]
        await invite_to_strategy_meeting(
            work, self.manager, meeting.id, meeting.version, answers=answers, others=()
        )
        self._then(self.times.recorded_at, self._hold)

    def _answer(self, line: Invitation) -> InvitationAnswer:
        """Who makes the meeting quorate is invited; others mostly, or it is said why not."""
        if line.agency in _QUORUM or self.chance.random() < 0.84:
            return InvitationAnswer(line.id, invited=True)
        because = self._words(RISK.not_invited.get(line.agency, (RISK.invited_else,)))
        return InvitationAnswer(line.id, invited=False, because=because)

    async def _hold(self, work: Work) -> None:
        meeting = await self._meeting(work)
        lines = await strategy_meetings.invitations_of(work, meeting.id)
        away = None
        if self.course is None and self.chance.random() < 0.12:
            away = self.chance.choice((Agency.police, Agency.health))
        told = [self._came(one, away) for one in lines if one.invited_at is not None]
        await record_strategy_meeting(
            work,
            self.manager,
            meeting.id,
            meeting.version,
            held_at=self.times.held_at,
            attendance=told,
            not_quorate_because=None if away is None else self._because(away),
        )
        self._then(self.times.concluded_at, self._conclude)

    def _because(self, away: Agency) -> str:
        return RISK.not_quorate[0 if away is Agency.health else 1]

    def _came(self, line: Invitation, away: Agency | None) -> Attended:
        of_health = (Agency.health, Agency.midwifery, Agency.hospital_clinician)
        stays = line.agency is away or (away is Agency.health and line.agency in of_health)
        if stays or (line.agency not in _QUORUM and self.chance.random() < 0.25):
            if self.chance.random() < 0.5:
                return Attended(line.id, Attendance.sent_information, self._words(RISK.sent))
            return Attended(line.id, Attendance.sent_apologies)
        brought = self._words(RISK.brought) if self.chance.random() < 0.4 else None
        return Attended(line.id, Attendance.attended, brought)

    async def _conclude(self, work: Work) -> None:
        meeting = await self._meeting(work)
        decided = self.chance.choices(
            (EnquiryDecision.joint, EnquiryDecision.single_agency, EnquiryDecision.none),
            (50, 37, 13 if self.course is None else 0),
        )[0]
        told = [await self._child(work, one, decided) for one in self.referrals]
        tasks = self.chance.sample(RISK.tasks, self.chance.choice((1, 2, 3)))
        due_at = (meeting.held_at or work.now) + timedelta(hours=self.chance.randint(20, 72))
        await conclude_strategy_meeting(
            work,
            self.manager,
            meeting.id,
            meeting.version,
            Conclusion(
                children=told,
                actions=[MeetingTask(what, owner, due_at) for what, owner in tasks],
            ),
        )
        self.protection.coming.difference_update(one.id for one in self.referrals)
        self._then(self.times.minuted_at, self._circulate)
        for child, referral in zip(told, self.referrals, strict=True):
            if child.enquiry in BEGINS_AN_ENQUIRY:
                held_at = meeting.held_at or work.now
                enquiry = Enquiry(self._enquirers(), referral.person_id, held_at)
                await enquiry.begin(work)

    def _enquirers(self) -> Enquirers:
        return Enquirers(
            self.desk,
            self.chance,
            self.protection.conferences,
            self.worker,
            self.danger,
            self.course,
        )

    async def _child(
        self, work: Work, referral: Referral, decided: EnquiryDecision
    ) -> ChildConclusion:
        if await section_47_enquiries.open_of_person(work, referral.person_id) is not None:
            decided = EnquiryDecision.continues
        medical = MedicalDecision.will_not_take_place
        if Harm.injury in self.danger.harms or Harm.sexual_abuse in self.danger.harms:
            medical = self.chance.choice(list(MedicalDecision))
        return ChildConclusion(
            referral_id=referral.id,
            enquiry=decided,
            enquiry_reason=self._words(RISK.enquiry_because[decided]),
            medical=medical,
            medical_reason=self._words(RISK.medical_because[medical]),
            told=self._words(RISK.told_to_child),
        )

    async def _circulate(self, work: Work) -> None:
        meeting = await self._meeting(work)
        await circulate_strategy_minutes(
            work,
            self.manager,
            meeting.id,
            meeting.version,
            minutes=self._words(RISK.minutes),
            circulated_at=work.now,
        )
