"""The town of the demonstration data: its invented families, and when each was heard of."""

import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from frontdoor.demonstration.children import expected, is_teenager
from frontdoor.demonstration.families import Family, FamilyChild, NhsNumbers, new_family
from frontdoor.demonstration.plans import Plan, Unborn
from service.bootstrap import Work
from service.domain.calendar import london_date
from service.domain.decisions import Outcome
from service.domain.new_contacts import NewChild
from service.domain.people import BirthKnowledge
from service.persistence.repositories import accountabilities

_REFERRED_AGAIN: Final = 0.42
_AGAIN_THIS_WEEK: Final = 0.02
_HEARD_AGAIN: Final = 0.3
"""Below these, of a number between 0 and 1, a contact is about a family that was heard of."""


_YEAR: Final = timedelta(days=350)
_MONTH: Final = timedelta(days=30)
_WEEK: Final = timedelta(days=6)
_TRIES: Final = 12


@dataclass(slots=True)
class Town:
    """The invented families, and when the front door last heard of each."""

    chance: random.Random
    numbers: NhsNumbers
    schools: tuple[str, ...]
    heard_of: list[Family] = field(default_factory=list)

    async def family(self, work: Work, plan: Plan) -> Family:
        """A family for a contact: some have been heard of before, and some referred before."""
        drawn = self.chance.random()
        found = None
        if plan.outcome is Outcome.referral:
            if drawn < _REFERRED_AGAIN and not plan.before_the_year:
                found = await self._closed(work, plan)
        elif drawn < _AGAIN_THIS_WEEK:
            found = self._of_this_week(plan)
        elif drawn < _HEARD_AGAIN:
            found = self._heard_before(plan)
        if found is None:
            found = self.newcomers(plan)
            self.heard_of.append(found)
        found.busy_until = max(plan.ends_at, found.busy_until or plan.ends_at)
        if plan.outcome is Outcome.referral:
            found.referred_at = plan.ends_at
        return found

    async def _closed(self, work: Work, plan: Plan) -> Family | None:
        """A family that was referred within the year, and is open to nobody now."""
        at = plan.received_at
        known = [
            one
            for one in self.heard_of
            if one.referred_at is not None
            and at - _YEAR < one.referred_at < at - _MONTH
            and self._waits_for_nothing(one, at)
        ]
        for one in self.chance.sample(known, min(_TRIES, len(known))):
            ids = [child.person_id for child in one.children if child.person_id is not None]
            open_ = [await accountabilities.of_person(work, id_) for id_ in ids]
            if ids and not any(open_):
                return one
        return None

    def _of_this_week(self, plan: Plan) -> Family | None:
        """The family of a contact of the days before, told of by somebody else."""
        at = plan.received_at
        for one in reversed(self.heard_of[-_TRIES:]):
            if one.busy_until is not None and at - _WEEK < one.busy_until < at:
                return one
        return None

    def _heard_before(self, plan: Plan) -> Family | None:
        """A family that was heard of a month or more ago, whatever came of that."""
        at = plan.received_at
        if not self.heard_of:
            return None
        tried = (self.chance.choice(self.heard_of) for _ in range(3))
        return next((one for one in tried if self._waits_for_nothing(one, at - _MONTH)), None)

    def _waits_for_nothing(self, family: Family, at: datetime) -> bool:
        return family.busy_until is not None and family.busy_until < at

    def newcomers(self, plan: Plan) -> Family:
        """A family that nobody has heard of, as the story needs it."""
        on = london_date(plan.received_at)
        while True:
            family = new_family(self.chance, on, self.numbers, self.schools)
            if plan.unborn is not None:
                family.children = [_unborn(plan.unborn, family)]
            if _fits(plan, family, on):
                return family


def _fits(plan: Plan, family: Family, on: date) -> bool:
    born = [one.told.date_of_birth for one in family.children]
    if plan.absence is not None and not any(day and is_teenager(day, on) for day in born):
        return False
    if plan.course is not None and any(expected(one) for one in family.children):
        return False
    return not plan.partly_signed or len(born) >= 2


def _unborn(unborn: Unborn, family: Family) -> FamilyChild:
    """The one child of a family, who is not born yet."""
    return FamilyChild(
        NewChild(
            family_name=family.children[0].told.family_name,
            birth_knowledge=BirthKnowledge.unborn,
            expected_delivery_on=unborn.expected_on,
        )
    )
