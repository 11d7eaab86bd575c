"""Social care's cases in the demonstration year: allocated, assessed in time or late, closed."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from frontdoor.demonstration.desk import Act, Desk, between
from frontdoor.demonstration.narratives import RISK, WORDS, Danger
from frontdoor.demonstration.targets import ASSESSMENTS, UNALLOCATED, Slots
from service.bootstrap import Work
from service.domain.access import Caller
from service.domain.assessments import Assessment, AssessmentOutcome, Completion, ToolUsed
from service.domain.calendar import day_months_later, london_date, london_midnight
from service.domain.errors import Conflict
from service.domain.referrals import CaseState, Referral
from service.domain.section_47_enquiries import EnquiryFilters, EnquiryOutcome
from service.persistence.repositories import assessments, section_47_enquiries
from service.persistence.repositories.cases import REFERRALS
from service.usecases.assessments import (
    authorise_assessment,
    begin_assessment,
    complete_assessment,
)
from service.usecases.cases import close_referral

ASSESSMENT: Final = "single_assessment"
_TRIES: Final = 40
_MOST_LATE: Final = (timedelta(days=40), timedelta(days=80))
"""By how much an assessment is late at the most, and where no month has room for it."""


@dataclass(slots=True)
class _Waiting:
    """A child who waits for a worker."""

    due_at: datetime
    planned_at: datetime
    allocate: Act
    done: bool = False


@dataclass(frozen=True, slots=True)
class AfterAssessment:
    """What follows once a case has been assessed, when it is not what usually follows.

    `first`: an enquiry may be under way, so the case takes the next turn there is.
    """

    first: bool = False
    then: Callable[[Work], None] | None = None


class Caseload:
    """The cases of the year, and which of them are late to be allocated or assessed."""

    def __init__(self, desk: Desk, chance: random.Random, year: int) -> None:
        self.desk = desk
        self.chance = chance
        self.to_assess = Slots(chance, year, ASSESSMENTS, first_day=15)
        self._taken_on: set[UUID] = set()
        self._waiting: list[_Waiting] = []
        self._ends: list[datetime] = []
        for number, target in enumerate(UNALLOCATED, start=1):
            ends_at = london_midnight(day_months_later(date(year, number, 1), 1))
            self._ends.append(ends_at)
            self._settle_at(ends_at, target)

    # ---- Allocated -------------------------------------------------------------------------------

    def wait(self, referral: Referral, planned_at: datetime, allocate: Act) -> None:
        """Has a child allocated when it was planned, or over the end of the month if need be."""
        due_at = self.desk.policy.due_times("allocation", referral.accepted_at).due_at
        month = next((place for place, end in enumerate(self._ends) if due_at < end), None)
        if month is not None and due_at > self._ends[0] - timedelta(days=31):
            target = UNALLOCATED[month]
            if self.chance.random() < min(0.97, target / 45):
                planned_at = self._after(self._ends[month])
        entry = _Waiting(due_at, planned_at, allocate)
        self._waiting.append(entry)
        self._plan(entry)

    def _after(self, end: datetime) -> datetime:
        return between(self.chance, end + timedelta(hours=8), end + timedelta(days=9))

    def _plan(self, entry: _Waiting) -> None:
        planned_at = entry.planned_at

        async def allocate(work: Work) -> None:
            if not entry.done and entry.planned_at == planned_at:
                entry.done = True
                await entry.allocate(work)

        self.desk.at(planned_at, allocate)

    def _settle_at(self, ends_at: datetime, target: int) -> None:
        """Two days before a month ends a manager gives out all but so many of who waited."""

        async def settle(work: Work) -> None:
            over = [one for one in self._waiting if not one.done and one.due_at < ends_at]
            stay = [one for one in over if one.planned_at >= ends_at]
            leave = [one for one in over if one.planned_at < ends_at]
            self.chance.shuffle(stay)
            for one in stay[target:]:
                one.planned_at = work.now + timedelta(minutes=self.chance.randint(5, 600))
                self._plan(one)
            for one in leave[: max(0, target - len(stay))]:
                one.planned_at = self._after(ends_at)
                self._plan(one)
            self._waiting = [one for one in self._waiting if not one.done]

        self.desk.at(ends_at - timedelta(hours=38), settle)

    # ---- Assessed, closed ------------------------------------------------------------------------

    def take_on(
        self,
        work: Work,
        referral: Referral,
        danger: Danger,
        worker: Caller,
        then: AfterAssessment,
    ) -> None:
        """Has a case assessed, once, when its turn comes; `then` is what follows.

        An enquiry may be under way where the first turn there is must be taken.
        """
        if referral.id in self._taken_on:
            return
        self._taken_on.add(referral.id)
        case = Case(self.desk, self.chance, referral, danger, worker, then.then)

        async def plan(work: Work) -> None:
            case.plan(work.now, self._turn(referral.accepted_at, work.now))

        if then.first:
            case.plan(work.now, self._turn(referral.accepted_at, work.now))
        else:
            self.desk.at(work.now + timedelta(days=self.chance.uniform(5, 10)), plan)

    def close_some_day(self, referral: Referral, since: datetime) -> None:
        """Closes a case that nothing else has closed, after most of a year."""
        at = since + timedelta(days=self.chance.randint(200, 300))
        Closing(self.desk, self.chance, referral.id, "RC7", WORDS.ceased).at(at)

    def _turn(self, accepted_at: datetime, now: datetime) -> datetime:
        """When a case is assessed: at the next turn of the year that fits, else outside the year.

        What the year shows is published; what does not fit into it any more is done after it.
        """
        due_at = self.desk.policy.due_times(ASSESSMENT, accepted_at).due_at
        soonest = max(now + timedelta(days=3), accepted_at + timedelta(days=9))
        for most_late in _MOST_LATE:
            slot = self.to_assess.take(soonest, due_at, most_late, late=0.4)
            if slot is not None:
                return slot.at
        after = max(soonest, self._ends[-1] + timedelta(hours=9))
        return between(self.chance, after, max(due_at, after + timedelta(days=25)))


class Closing:
    """A case that is closed once it was assessed and nothing is under way any more."""

    def __init__(
        self,
        desk: Desk,
        chance: random.Random,
        referral_id: UUID,
        code: str,
        words: Sequence[str],
    ) -> None:
        self.desk = desk
        self.referral_id = referral_id
        self.code = code
        self.words = chance.choice(words)
        self.tried = 0

    def at(self, instant: datetime) -> None:
        """Puts it on the desk."""
        self.desk.at(instant, self._close)

    async def _close(self, work: Work) -> None:
        manager = self.desk.people.assessment_manager
        found = await REFERRALS.get(work, manager.sight, self.referral_id)
        if found.state is CaseState.closed:
            return
        if found.id not in self.desk.assessed:
            self._later(work)
            return
        try:
            await close_referral(work, manager, found.id, found.version, self.code, self.words)
        except Conflict:
            self._later(work)

    def _later(self, work: Work) -> None:
        self.tried += 1
        if self.tried < _TRIES:
            self.at(work.now + timedelta(days=5))


class Case:
    """One case from its allocation to its end: assessed, and closed some time after that."""

    def __init__(
        self,
        desk: Desk,
        chance: random.Random,
        referral: Referral,
        danger: Danger,
        worker: Caller,
        then: Callable[[Work], None] | None = None,
    ) -> None:
        self.desk = desk
        self.chance = chance
        self.referral = referral
        self.danger = danger
        self.worker = worker
        self.then = then
        self.assessment_id = UUID(int=0)

    def plan(self, now: datetime, authorised_at: datetime) -> None:
        """Puts the assessment on the desk, to be authorised at an instant."""
        chance, left = self.chance, authorised_at - now
        self.desk.at(now + left * chance.uniform(0.05, 0.4), self._begin)
        if chance.random() < 0.1:
            self.desk.at(now + left * 0.6, self._complete)
            self.desk.at(now + left * 0.7, self._send_back)
        self.desk.at(now + left * chance.uniform(0.8, 0.95), self._complete)
        self.desk.at(authorised_at, self._authorise)

    async def _begin(self, work: Work) -> None:
        begun = await begin_assessment(work, self.worker, self.referral.id)
        self.assessment_id = begun.assessment.id

    async def _assessment(self, work: Work) -> Assessment:
        return await assessments.get(work, self.worker.sight, self.assessment_id)

    async def _outcome(self, work: Work) -> AssessmentOutcome:
        found = await section_47_enquiries.list_newest_first(
            work,
            self.desk.people.assessment_manager.sight,
            EnquiryFilters(referral_id=self.referral.id),
            limit=1,
        )
        risk = (None, EnquiryOutcome.continuing_risk)
        if any(one.enquiry.outcome in risk for one in found):
            return AssessmentOutcome.child_protection
        if self.then is not None:
            return AssessmentOutcome.child_in_need_plan
        return self.chance.choice(
            (AssessmentOutcome.child_in_need_plan, AssessmentOutcome.no_further_action)
        )

    async def _complete(self, work: Work) -> None:
        assessment = await self._assessment(work)
        outcome = await self._outcome(work)
        used_on = london_date(work.now - timedelta(days=2))
        closes = outcome is AssessmentOutcome.no_further_action
        await complete_assessment(
            work,
            self.worker,
            assessment.id,
            assessment.version,
            Completion(
                factors=self.danger.factors,
                tools=[ToolUsed(one.tool, one.score, used_on) for one in self.danger.tools],
                childs_view=self.chance.choice(RISK.childs_view),
                analysis=self.chance.choice(RISK.analyses[outcome]),
                outcome=outcome,
                closure_code="RC8" if closes else None,
            ),
        )

    async def _answer(self, work: Work, *, agreed: bool, words: Sequence[str]) -> Assessment:
        assessment = await self._assessment(work)
        return await authorise_assessment(
            work,
            self.desk.people.assessment_manager,
            assessment.id,
            assessment.version,
            agreed=agreed,
            words=self.chance.choice(words),
        )

    async def _send_back(self, work: Work) -> None:
        await self._answer(work, agreed=False, words=RISK.sent_back)

    async def _authorise(self, work: Work) -> None:
        done = await self._answer(work, agreed=True, words=RISK.authorised)
        self.desk.assessed.add(self.referral.id)
        chance, now = self.chance, work.now
        if self.then is not None:
            self.then(work)
        elif done.outcome is AssessmentOutcome.no_further_action:
            closing = Closing(
                self.desk, chance, self.referral.id, "RC8", WORDS.closed_after_assessment
            )
            closing.at(between(chance, now + timedelta(days=1), now + timedelta(days=9)))
        elif chance.random() < 0.7:
            code, words = chance.choices(
                (("RC7", WORDS.ceased), ("RC5", (WORDS.moved_away,))), (14, 1)
            )[0]
            closing = Closing(self.desk, chance, self.referral.id, code, words)
            closing.at(between(chance, now + timedelta(days=45), now + timedelta(days=200)))
