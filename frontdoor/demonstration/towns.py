"""The town of the demonstration data: its invented families, and when each was heard of."""

import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from frontdoor.demonstration.children import expected, is_teenager
from frontdoor.demonstration.families import Family, FamilyChild, NhsNumbers, new_family
from frontdoor.demonstration.plans import Plan, Unborn
from service.domain.calendar import london_date
from service.domain.new_contacts import NewChild
from service.domain.people import BirthKnowledge


@dataclass(slots=True)
class Town:
    """The invented families, and when the front door last heard of each."""

    chance: random.Random
    numbers: NhsNumbers
    schools: tuple[str, ...]
    heard_of: list[tuple[datetime, Family]] = field(default_factory=list)

    def family(self, plan: Plan) -> Family:
        """A family for a contact: one in four has been heard of a month or more ago."""
        earlier = plan.received_at - timedelta(days=30)
        if self.heard_of and self.chance.random() < 0.28:
            place = self.chance.randrange(len(self.heard_of))
            last, family = self.heard_of[place]
            if last < earlier:
                self.heard_of[place] = (plan.received_at, family)
                return family
        family = self.newcomers(plan)
        self.heard_of.append((plan.received_at, family))
        return family

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
