"""The desk of today in the demonstration data: contacts and cases at every step, some late."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from frontdoor.demonstration import children, protection
from frontdoor.demonstration.plans import Plan, Unborn, when_decided
from frontdoor.demonstration.police import cut_off
from frontdoor.demonstration.scripts import NOW_DISPUTED, NOW_DOWN, NOW_UP
from service.domain.calendar import london_date
from service.domain.deadlines import TERM_IN_WEEKS, Rating
from service.domain.decisions import Outcome, StatutoryBasis
from service.policy import Policy

_HOUR: Final = timedelta(hours=1)


def _recent(chance: random.Random, now: datetime) -> list[Plan]:
    """Contacts of the last months, all finished, whose families come again on the live desk."""
    plans = []
    for family, days in enumerate((300, 240, 190, 150, 110, 80, 60, 45)):
        received_at = now - timedelta(days=days, minutes=chance.randrange(600))
        outcome = (Outcome.referral, Outcome.early_help, Outcome.information_and_advice)[family % 3]
        ends_at = when_decided(chance, received_at, in_time=family % 4 != 3)
        source = chance.choice(("2A", "6", "3B", "1A"))
        plans.append(
            Plan(
                received_at,
                ends_at,
                outcome,
                source,
                family=family,
                basis=StatutoryBasis.section_17,
                closes=True,
            )
        )
    return plans


class _Arrivals:
    """Contacts of today that are not finished, each told as far as it has come by now."""

    def __init__(self, chance: random.Random, now: datetime) -> None:
        self.chance = chance
        self.now = now
        self.plans: list[Plan] = []
        self.base = Plan(now, now, Outcome.referral, "10", basis=StatutoryBasis.section_17)
        self.new = replace(self.base, rated=False, drafted=False, asks=0)
        self.red = replace(self.base, rating=Rating.red, drafted=False, asks=0)
        self.amber = replace(self.red, rating=Rating.amber)
        self.green = replace(self.red, rating=Rating.green)

    def came(
        self, like: Plan, hours_ago: float, source_code: str, *, span: float = 1.0, **given: Any
    ) -> None:
        """A contact that came so long ago; its story, `span` times as long, is told until now."""
        received_at = self.now - timedelta(hours=hours_ago)
        given.setdefault("acknowledged", self.chance.random() < 0.6)
        given.setdefault("assigned", like.rated and self.chance.random() < 0.6)
        self.plans.append(
            replace(
                like,
                received_at=received_at,
                ends_at=received_at + timedelta(hours=hours_ago * span),
                source_code=source_code,
                **given,
            )
        )

    def unrated(self) -> None:
        """Nobody has looked at them yet."""
        for hours, source in (
            (0.4, "6"),
            (1.1, "2A"),
            (2.6, "3E"),
            (4.2, "1B"),
            (7, "9"),
            (11, "6"),
        ):
            self.came(self.new, hours, source, by_partner=source in ("6", "3E"))
        self.came(self.new, 16, "3F", family=0)
        self.came(self.new, 22.4, "2A", by_partner=True)
        self.came(self.new, 27, "4", by_partner=False)
        self.came(self.new, 49, "1A", family=1)

    def rated(self) -> None:
        """Rated, and in time or late."""
        self.came(self.red, 5.5, "6", by_partner=True)
        self.came(self.red, 8.5, "3E", mine=True)
        self.came(self.red, 30, "2A", family=2)
        self.came(self.amber, 20.6, "3B", mine=True)
        self.came(self.amber, 21.8, "2A", by_partner=True)
        self.came(self.amber, 23.2, "7", family=3)
        self.came(self.green, 26, "5D", mine=True)
        self.came(self.green, 41, "8")

    def asking(self) -> None:
        """Agencies were asked: chased, or answering after the decision."""
        asking = replace(self.base, drafted=False, answered=False, rating=Rating.amber, asks=1)
        self.came(asking, 3, "6", rating=Rating.red, asks=2, by_partner=True)
        self.came(asking, 5, "2A", mine=True)
        self.came(asking, 9, "3A", asks=2, chasers=1)
        self.came(asking, 14, "1C", rating=Rating.green, family=4)
        self.came(asking, 26, "2B", chasers=2)
        self.came(asking, 34, "3D", asks=2, chasers=2)
        late = replace(self.base, outcome=Outcome.information_and_advice, returned=False, asks=1)
        self.came(late, 34, "2A", span=0.6, late_answer=3.0, answered=False)
        self.came(late, 75, "3B", span=0.25, late_answer=28.0, answered=False)

    def spoken_of_twice(self) -> None:
        """Two people within a week about the same children."""
        self.came(self.green, 60, "2A", family=20)
        self.came(self.green, 6.2, "1B", family=20)
        self.came(self.amber, 80, "3A", family=21, span=1.4)
        self.came(self.new, 3.3, "2A", family=21)

    def drafted(self) -> None:
        """Decisions that wait for a manager, were sent back, or are signed in part."""
        waiting = replace(self.base, signed=False, returned=False, basis=None)
        self.came(waiting, 5, "6", span=1.05, rating=Rating.red, by_partner=True)
        self.came(waiting, 10, "2A", span=1.05, asks=1)
        self.came(waiting, 18, "3C", span=1.05, outcome=Outcome.early_help)
        self.came(waiting, 23.6, "5B", span=1.05, outcome=Outcome.no_further_action, family=5)
        self.came(waiting, 29, "10", span=1.05, outcome=Outcome.information_and_advice)
        sent_back = replace(self.base, signed=False, returned=True)
        self.came(sent_back, 12, "2A", span=1.2)
        self.came(sent_back, 28, "6", span=1.2, family=6)
        partly = replace(self.base, partly_signed=True, returned=False)
        self.came(partly, 15, "3B", span=0.97)
        self.came(partly, 25, "6", span=0.97)

    def to_allocate(self) -> None:
        """Cases that wait for a worker."""
        cases = replace(self.base, allocated=False, acknowledged=True, returned=False)
        for days, outcome in (
            (0.9, Outcome.referral),
            (1.6, Outcome.referral),
            (2.3, Outcome.early_help),
            (3.1, Outcome.referral),
            (4.2, Outcome.early_help),
            (5.3, Outcome.referral),
            (8.4, Outcome.early_help),
            (9.5, Outcome.referral),
            (12.2, Outcome.referral),
            (13.7, Outcome.early_help),
        ):
            source = self.chance.choice(("6", "2A", "3B", "1A", "3E"))
            span = min(0.9, 20 / (days * 24))
            self.came(cases, days * 24, source, span=span, outcome=outcome, acknowledged=True)


def plans_of_today(chance: random.Random, now: datetime) -> list[Plan]:
    """The families that come again, and the desk of today: in every state, in time and late."""
    recent = _recent(chance, now)
    arrivals = _Arrivals(chance, now)
    arrivals.unrated()
    arrivals.rated()
    arrivals.asking()
    arrivals.spoken_of_twice()
    arrivals.drafted()
    arrivals.to_allocate()
    return [
        *recent,
        *arrivals.plans,
        *_on_their_way(chance, now),
        *_in_danger(chance, now),
        *_away(chance, now),
        *_expected(chance, now),
    ]


def _decided(
    chance: random.Random, now: datetime, hours_ago: float, hours: float, **given: Any
) -> Plan:
    """A contact of today that was decided so long ago, so many hours after it came."""
    ends_at = now - timedelta(hours=hours_ago)
    return Plan(
        received_at=ends_at - timedelta(hours=hours),
        ends_at=ends_at,
        source_code=chance.choice(("6", "2A", "3B", "1A", "3E")),
        **{
            "outcome": Outcome.referral,
            "basis": StatutoryBasis.section_17,
            "returned": False,
            "asks": 0,
            **given,
        },
    )


def _in_danger(chance: random.Random, now: datetime) -> list[Plan]:
    """Children of today who may be at risk of significant harm, at every step, some late."""
    return [
        _decided(
            chance,
            now,
            course["decided"],
            chance.uniform(2, 8),
            basis=StatutoryBasis.section_47,
            rating=Rating.red,
            course=course,
        )
        for course in protection.NOW
    ]


def _away(chance: random.Random, now: datetime) -> list[Plan]:
    """Children of today who are missing, or were."""
    plans = []
    for absence in children.NOW:
        came = absence["missing"] - 0.7
        hours = min(19.0, came * 0.9)
        outcome = chance.choice((Outcome.early_help, Outcome.referral))
        plans.append(
            _decided(
                chance,
                now,
                came - hours,
                hours,
                outcome=outcome,
                absence=absence,
                drafted=came > 24,
            )
        )
    return plans


def _expected(chance: random.Random, now: datetime) -> list[Plan]:
    """Unborn children of today, by the week of pregnancy."""

    def at(weeks: int, *, begun: bool = False) -> Unborn:
        """So many weeks on today."""
        expected_on = london_date(now) + timedelta(weeks=TERM_IN_WEEKS - weeks, days=-3)
        return Unborn(expected_on, begun)

    return [
        _decided(chance, now, 24 * days, chance.uniform(5, 20), unborn=unborn)
        for days, unborn in (
            (3, Unborn(None)),
            (6, at(18)),
            (14, at(24)),
            (13, at(24, begun=True)),
            (26, at(33)),
            (29, at(33, begun=True)),
            (20, at(40)),
        )
    ]


def notified(chance: random.Random, policy: Policy, now: datetime) -> list[Plan]:
    """Police notifications: those of today's daily meeting, and two carried over to it."""
    day = london_date(now)
    closes = cut_off(policy, day).astimezone(UTC)
    if not policy.is_working_day(day) or now < closes + timedelta(hours=1):
        closes = now - timedelta(hours=1)
    closed = _closed_before(policy, day)
    closed_earlier = _closed_before(policy, london_date(closed))
    base = Plan(now, now, Outcome.referral, "6", notified=True, asks=0, returned=False)
    plans = []
    for number in range(15):
        received_at = closes - timedelta(
            hours=chance.uniform(0.5, min(20, (closes - closed) / _HOUR))
        )
        ends_at = closes + (now - closes) * (0.2 + 0.05 * number)
        plan = replace(base, received_at=received_at, ends_at=ends_at, acknowledged=number < 8)
        if number < 5:
            outcome = (Outcome.information_and_advice, Outcome.early_help, Outcome.referral)
            plan = replace(plan, outcome=outcome[number % 3], basis=StatutoryBasis.section_17)
        elif number < 7:
            plan = replace(plan, signed=False, ends_at=now + timedelta(minutes=30))
        else:
            plan = replace(plan, drafted=False, rated=number < 11, ends_at=now)
        plans.append(plan)
    # One was carried over to today, and one to yesterday and again.
    carried = replace(base, ends_at=now, drafted=False)
    heard = timedelta(hours=2)
    for meetings in ((closed,), (closed_earlier, closed)):
        plans.append(
            replace(
                carried,
                received_at=meetings[0] - timedelta(hours=3),
                carried_over_at=tuple(one + heard for one in meetings),
            )
        )
    return plans


def _closed_before(policy: Policy, day: date) -> datetime:
    """When the agenda of the last working day before a day closed."""
    before = day - timedelta(days=1)
    while not policy.is_working_day(before):
        before -= timedelta(days=1)
    return cut_off(policy, before).astimezone(UTC)


def _on_their_way(chance: random.Random, now: datetime) -> list[Plan]:
    """Children who are between early help and social care today, at every step, some late."""
    base = Plan(now, now, Outcome.referral, "10", returned=False, asks=0)
    plans: list[Plan] = []
    for outcome, scripts in (
        (Outcome.early_help, (*NOW_UP, *NOW_DISPUTED)),
        (Outcome.referral, NOW_DOWN),
    ):
        for script in scripts:
            first = script.moves[0].hours_ago or 0
            received_at = now - timedelta(hours=first + 24 * chance.randint(3, 9))
            plans.append(
                replace(
                    base,
                    received_at=received_at,
                    ends_at=received_at + timedelta(hours=chance.randint(9, 20)),
                    outcome=outcome,
                    source_code=chance.choice(("6", "2A", "3B", "1A", "3E")),
                    script=script,
                    basis=StatutoryBasis.section_17,
                )
            )
    return plans
