"""Section 47 enquiries in the demonstration data: the child is seen, an outcome, a conference."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from frontdoor.demonstration.desk import Desk, between
from frontdoor.demonstration.narratives import RISK, Danger
from frontdoor.demonstration.targets import Slots
from service.bootstrap import Work
from service.domain.access import Caller
from service.domain.calendar import london_time
from service.domain.section_47_enquiries import (
    ConferenceOutcome,
    EnquiryOutcome,
    Section47Enquiry,
    Visit,
)
from service.persistence.repositories import section_47_enquiries, unborn
from service.policy import Policy
from service.usecases.section_47_enquiries import (
    record_child_seen,
    record_conference,
    record_enquiry_outcome,
)

CONFERENCE: Final = "initial_child_protection_conference"
_FROM: Final = 9
_TO: Final = 16

SoFar = Mapping[str, float]
"""What has been done about a child of today, and how many hours ago."""


@dataclass(frozen=True, slots=True)
class Enquirers:
    """Who makes an enquiry, into what, and what is to come of it."""

    desk: Desk
    chance: random.Random
    conferences: Slots | None
    worker: Caller
    danger: Danger
    course: SoFar | None


def in_working_hours(policy: Policy, at: datetime) -> bool:
    """Whether a conference would be held then: on a working day, from nine to four."""
    there = london_time(at)
    return policy.is_working_day(there.date()) and _FROM <= there.hour < _TO


class Enquiry:
    """One section 47 enquiry about one child: seen, outcome, conference."""

    def __init__(self, by: Enquirers, person_id: UUID, held_at: datetime) -> None:
        self.by = by
        self.desk = by.desk
        self.chance = by.chance
        self.person_id = person_id
        self.held_at = held_at
        self.conference_at: datetime | None = None
        self.seen_at: datetime | None = None

    async def begin(self, work: Work) -> None:
        """Puts what follows on the desk."""
        born = not await unborn.is_unborn(work, self.person_id)
        if self.by.course is not None:
            self._follow(self.by.course)
            return
        outcome_at = self._ends(work)
        if born:
            self._visit(work.now)
            outcome_at = max(outcome_at, self.held_at + timedelta(hours=80))
        self.desk.at(outcome_at, self._find)

    def _follow(self, course: SoFar) -> None:
        for act, does in (("tried", self._miss), ("seen", self._see), ("outcome", self._find)):
            if act in course:
                at = self.desk.until - timedelta(hours=course[act])
                if act == "seen":
                    self.seen_at = at
                if act == "outcome":
                    self.conference_at = self.desk.until + timedelta(days=9)
                self.desk.at(at, does)

    def _ends(self, work: Work) -> datetime:
        """When the outcome is recorded; a child of the conferences to come waits for one."""
        chance = self.chance
        conferences = self.by.conferences
        due_at = work.policy.due_times(CONFERENCE, self.held_at).due_at
        slot = None
        if conferences is not None:
            soonest = self.held_at + timedelta(days=7)
            slot = conferences.take(soonest, due_at, timedelta(days=25))
        if slot is None:
            return between(
                chance, self.held_at + timedelta(days=5), self.held_at + timedelta(days=19)
            )
        self.conference_at = slot.at
        return slot.at - timedelta(hours=chance.uniform(40, 80))

    def _visit(self, now: datetime) -> None:
        """Seen within the day for the most part, sometimes after a visit in vain."""
        chance = self.chance
        seen_at = self.held_at + timedelta(hours=chance.uniform(2, 22))
        if chance.random() < 0.17:
            seen_at = self.held_at + timedelta(hours=chance.uniform(26, 70))
            if chance.random() < 0.6:
                tried_at = max(now, self.held_at + timedelta(hours=chance.uniform(3, 20)))
                self.desk.at(tried_at, self._miss)
        self.seen_at = seen_at
        self.desk.at(max(now, seen_at) + timedelta(minutes=40), self._see)

    async def _enquiry(self, work: Work) -> Section47Enquiry:
        found = await section_47_enquiries.open_of_person(work, self.person_id)
        if found is None:
            raise LookupError("an enquiry to go on with that has ended")
        return found

    async def _miss(self, work: Work) -> None:
        enquiry = await self._enquiry(work)
        because = self.chance.choice(RISK.not_seen)
        visit = Visit(seen=False, not_seen_because=because)
        await record_child_seen(work, self.by.worker, enquiry.id, enquiry.version, visit)

    async def _see(self, work: Work) -> None:
        enquiry = await self._enquiry(work)
        alone = self.chance.random() < 0.8
        visit = Visit(
            seen=True,
            seen_at=self.seen_at,
            seen_by=f"{self.by.worker.name}, social worker",
            alone=alone,
            not_alone_because=None if alone else self.chance.choice(RISK.not_alone),
        )
        await record_child_seen(work, self.by.worker, enquiry.id, enquiry.version, visit)

    async def _find(self, work: Work) -> None:
        enquiry = await self._enquiry(work)
        if self.seen_at is None and not await unborn.is_unborn(work, self.person_id):
            # Born since the meeting.
            self.seen_at = work.now - timedelta(hours=1)
            await self._see(work)
            enquiry = await self._enquiry(work)
        outcome = EnquiryOutcome.continuing_risk
        if self.conference_at is None:
            outcome = self.chance.choice(
                (EnquiryOutcome.no_continuing_risk, EnquiryOutcome.not_substantiated)
            )
        await record_enquiry_outcome(
            work,
            self.desk.people.assessment_manager,
            enquiry.id,
            enquiry.version,
            outcome=outcome,
            words=self.chance.choice(RISK.found[outcome]),
        )
        if self.conference_at is not None:
            self.desk.at(self.conference_at + timedelta(hours=2), self._confer)

    async def _confer(self, work: Work) -> None:
        enquiry = await self._enquiry(work)
        outcome = self.chance.choices(list(ConferenceOutcome), (84, 12, 4))[0]
        plan = outcome is ConferenceOutcome.child_protection_plan
        held_at = self.conference_at
        if held_at is None:
            raise LookupError("a conference to record that nobody planned")
        await record_conference(
            work,
            self.desk.people.assessment_manager,
            enquiry.id,
            enquiry.version,
            held_at=held_at,
            outcome=outcome,
            category_of_abuse_code=self.by.danger.category if plan else None,
            words=self.chance.choice(RISK.conferred[outcome]),
        )
