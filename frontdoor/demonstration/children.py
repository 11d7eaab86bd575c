"""Missing children and births in the demonstration data."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from frontdoor.demonstration.desk import Desk, between
from frontdoor.demonstration.families import FamilyChild
from frontdoor.demonstration.narratives import RISK
from frontdoor.demonstration.targets import INTERVIEWS, UNHEARD, Slot, slots
from service.bootstrap import Work
from service.domain.calendar import london_date
from service.domain.contacts import Child
from service.domain.errors import Conflict
from service.domain.missing_episodes import Interview, InterviewStep, MissingEpisode, Return
from service.domain.people import BirthKnowledge
from service.domain.pregnancies import Birth
from service.persistence.repositories import missing_episodes, pre_birth
from service.usecases.missing_episodes import (
    NewMissingEpisode,
    record_missing_episode,
    record_return,
    record_return_interview,
)
from service.usecases.pregnancies import record_birth

_APART: Final = timedelta(days=40)
_KNOWN_FOR: Final = timedelta(days=150)

Absence = Mapping[str, float]
"""What has happened since a child of today went missing, and how many hours ago."""

NOW: Final[Sequence[Absence]] = (
    {"missing": 5},
    {"missing": 19},
    {"missing": 70},
    {"missing": 20, "returned": 8},
    {"missing": 61, "returned": 52, "offered": 30},
    {"missing": 80, "returned": 66, "offered": 50, "accepted": 47},
    {"missing": 120, "returned": 95, "offered": 70},
    {"missing": 90, "returned": 80, "offered": 60, "declined": 55},
    {"missing": 100, "returned": 90, "offered": 70, "held": 44},
)
"""Missing children of today: away now, back with an interview owed in time or late, and done."""


class MissingTime:
    """One time that a child went missing."""

    def __init__(self, desk: Desk, chance: random.Random) -> None:
        self.desk = desk
        self.chance = chance
        self.worker = chance.choice(desk.people.workers)
        self.told_after = timedelta(hours=chance.uniform(0.05, 0.9))
        self.episode_id = UUID(int=0)

    def _words(self, texts: Sequence[str]) -> str:
        return self.chance.choice(texts)

    async def record(
        self,
        work: Work,
        contact_id: UUID,
        child_id: UUID,
        missing_from: datetime,
        returned_at: datetime | None = None,
    ) -> None:
        """Records that the child is missing, or was and has come back since."""
        reported_at = min(work.now, missing_from + timedelta(hours=self.chance.uniform(0.5, 3)))
        episode = await record_missing_episode(
            work,
            self.worker,
            NewMissingEpisode(
                contact_id=contact_id,
                child_id=child_id,
                missing_from=missing_from,
                reported_at=reported_at,
                circumstances=self._words(RISK.went_missing),
                police_reference=f"RB-M{self.chance.randrange(1000, 9999)}",
                returned=None if returned_at is None else self._return(returned_at),
            ),
        )
        self.episode_id = episode.id

    def _return(self, at: datetime) -> Return:
        return Return(at, self._words(RISK.found_where), self._words(RISK.came_back))

    async def _episode(self, work: Work) -> MissingEpisode:
        return await missing_episodes.get(work, self.worker.sight, self.episode_id)

    async def come_back(self, work: Work, at: datetime) -> None:
        """Records the return of a child who was on the record as missing."""
        episode = await self._episode(work)
        await record_return(work, self.worker, episode.id, episode.version, self._return(at))

    async def step(self, work: Work, step: InterviewStep, at: datetime) -> None:
        """Records one step towards the interview."""
        episode = await self._episode(work)
        held = step is InterviewStep.held
        await record_return_interview(
            work,
            self.worker,
            episode.id,
            episode.version,
            Interview(
                step,
                at,
                because=self._words(RISK.declined_because)
                if step is InterviewStep.declined
                else None,
                interviewer=self._words(RISK.interviewers) if held else None,
                independent=True if held else None,
                where=self._words(RISK.held_where) if held else None,
                words=self._told(step),
            ),
        )

    def _told(self, step: InterviewStep) -> str | None:
        if step is InterviewStep.held:
            return self._words(RISK.told_in_interview)
        return self._words(RISK.interview_attempted) if step is InterviewStep.attempted else None

    def follow(self, contact_id: UUID, child_id: UUID, absence: Absence) -> None:
        """Puts the absence of a child of today on the desk."""

        def at(act: str) -> datetime:
            return self.desk.until - timedelta(hours=absence[act])

        async def report(work: Work) -> None:
            await self.record(work, contact_id, child_id, at("missing"))

        async def back(work: Work) -> None:
            await self.come_back(work, at("returned"))

        self.desk.at(at("missing") + timedelta(hours=2), report)
        if "returned" in absence:
            self.desk.at(at("returned") + timedelta(hours=1), back)
        for step in InterviewStep:
            if step in absence:
                self._then(step, at(step))

    def _then(self, step: InterviewStep, at: datetime) -> None:
        async def tell(work: Work) -> None:
            await self.step(work, step, at)

        self.desk.at(at + self.told_after, tell)

    def interview(self, slot: Slot) -> None:
        """Puts the interview that a child accepted in the year on the desk, in time or late."""
        chance, limit = self.chance, timedelta(hours=72)
        if slot.in_time:
            offered_at = slot.at + timedelta(hours=chance.uniform(4, 20))
            answered_at = between(chance, offered_at, slot.at + limit - timedelta(minutes=30))
        else:
            offered_at = slot.at + timedelta(hours=chance.uniform(6, 60))
            late = slot.at + limit
            answered_at = between(chance, late + timedelta(hours=2), late + timedelta(days=6))
        answered_at = max(answered_at, offered_at + timedelta(hours=2))
        self._then(InterviewStep.offered, offered_at)
        if chance.random() < 0.7:
            self._then(InterviewStep.accepted, offered_at + (answered_at - offered_at) * 0.4)
        self._then(InterviewStep.held, answered_at)

    def not_heard(self, slot: Slot) -> None:
        """Puts the return of a child who declined on the desk, asked within 72 hours or later."""
        chance, limit = self.chance, timedelta(hours=72)
        offered_at = slot.at + timedelta(hours=chance.uniform(6, 40))
        if not slot.in_time:
            self._then(InterviewStep.attempted, slot.at + timedelta(hours=chance.uniform(20, 60)))
            offered_at = slot.at + limit + timedelta(hours=chance.uniform(5, 90))
        self._then(InterviewStep.offered, offered_at)
        self._then(InterviewStep.declined, offered_at + timedelta(hours=chance.uniform(2, 20)))


@dataclass(frozen=True, slots=True)
class _KnownChild:
    """A child whom the front door has been told of."""

    told_at: datetime
    contact_id: UUID
    child_id: UUID
    person_id: UUID
    born_on: date


class MissingChildren:
    """Who goes missing in the year: a child of those of whom the front door was told lately."""

    def __init__(self, desk: Desk, chance: random.Random, year: int) -> None:
        self.desk = desk
        self.chance = chance
        self._known: list[_KnownChild] = []
        self._gone: dict[UUID, datetime] = {}
        for slot in slots(chance, year, INTERVIEWS, first_day=6):
            self._plan(chance, slot, MissingTime.interview)
        # A chance of their own: what else happens in the year does not hang on them.
        apart = random.Random(f"returns {year}")  # noqa: S311 - invented data, the same each time
        for slot in slots(apart, year, UNHEARD, first_day=12):
            self._plan(apart, slot, MissingTime.not_heard)

    def hear_of(self, told_at: datetime, children: Sequence[Child]) -> None:
        """Remembers the children of a contact who are of an age to go missing."""
        for one in children:
            if one.date_of_birth is None:
                continue
            if is_teenager(one.date_of_birth, london_date(told_at)):
                self._known.append(
                    _KnownChild(told_at, one.contact_id, one.id, one.person_id, one.date_of_birth)
                )

    def _plan(
        self, chance: random.Random, slot: Slot, then: Callable[[MissingTime, Slot], None]
    ) -> None:
        missing_from = slot.at - timedelta(hours=chance.uniform(5, 50))
        told_after = chance.random() < 0.7
        missing = MissingTime(self.desk, chance)

        async def report(work: Work) -> None:
            child = self._choose(chance, work.now)
            returned_at = slot.at if told_after else None
            await missing.record(work, child.contact_id, child.child_id, missing_from, returned_at)
            if not told_after:
                self.desk.at(slot.at + timedelta(hours=1), back)
            then(missing, slot)

        async def back(work: Work) -> None:
            await missing.come_back(work, slot.at)

        first_told = slot.at + timedelta(hours=2) if told_after else missing_from
        self.desk.at(first_told + timedelta(minutes=chance.randint(20, 90)), report)

    def _choose(self, chance: random.Random, now: datetime) -> _KnownChild:
        self._known = [one for one in self._known if one.told_at > now - _KNOWN_FOR]
        at_home = [
            one
            for one in self._known
            if one.person_id not in self._gone or self._gone[one.person_id] < now - _APART
        ]
        found = chance.choice(at_home)
        self._gone[found.person_id] = now
        return found


async def be_born(
    work: Work, desk: Desk, chance: random.Random, child: FamilyChild, person_id: UUID
) -> None:
    """Records the birth of a child who was followed until then; others may have told of it."""
    worker = chance.choice(desk.people.workers)
    steps = await pre_birth.steps_of(work, person_id)
    born_on = london_date(work.now) - timedelta(days=chance.randint(0, 2))
    name, sex = child.newborn(chance)
    try:
        await record_birth(
            work,
            worker,
            person_id,
            1 + len(steps),
            Birth(
                born_on=born_on,
                given_name=name,
                family_name=child.told.family_name,
                sex=sex,
                nhs_number=None,
            ),
        )
    except Conflict:
        return
    child.told = child.born(name, sex, born_on)


def expected(child: FamilyChild) -> date | None:
    """When a child is expected who is not born; None of anybody else."""
    unborn = child.told.birth_knowledge is BirthKnowledge.unborn
    return child.told.expected_delivery_on if unborn else None


def is_teenager(born_on: date, on: date) -> bool:
    """Whether somebody is of an age to go missing."""
    return 11 * 365 <= (on - born_on).days <= 17 * 365
