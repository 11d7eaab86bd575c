"""The contacts of the demonstration year, month by month, and those of the autumn before it."""

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from frontdoor.demonstration.desk import between
from frontdoor.demonstration.narratives import SOURCES
from frontdoor.demonstration.plans import Plan, when_decided
from service.domain.calendar import LONDON, day_months_later, london_midnight
from service.domain.decisions import Outcome, StatutoryBasis

YEAR: Final = 2018
"""The year whose measures were published, and which the demonstration data relive."""


@dataclass(frozen=True, slots=True)
class Month:
    """How much came in a month: contacts accepted as a referral, those of them in time, others."""

    accepted: int
    in_time: int
    others: int


# Volumes of an invented authority, whose share in time is that of the published series. December
# is three times as busy because no smaller number of referrals, rounded to one decimal, gives the
# published 66.6: the police have handed over a backlog of domestic abuse notifications.
MONTHS: Final = (
    Month(94, 78, 41),
    Month(77, 57, 51),
    Month(90, 71, 42),
    Month(82, 67, 48),
    Month(87, 61, 44),
    Month(87, 72, 44),
    Month(85, 59, 46),
    Month(87, 50, 43),
    Month(83, 61, 48),
    Month(84, 62, 49),
    Month(114, 86, 41),
    Month(287, 191, 45),
)
_BACKLOG: Final = 12
_BEFORE: Final = 48


def _received_at(chance: random.Random, begins: date) -> datetime:
    """An instant in a London month: more by day than by night, and fewer at weekends."""
    days = (day_months_later(begins, 1) - begins).days
    while True:
        day = begins + timedelta(days=chance.randrange(days))
        if day.weekday() < 5 or chance.random() < 0.45:
            break
    hour = chance.choices(
        range(24), (1, 1, 1, 1, 1, 1, 2, 4, 9, 12, 13, 12, 9, 11, 13, 14, 11, 8, 5, 4, 3, 3, 2, 2)
    )[0]
    seconds = hour * 3600 + chance.randrange(3600)
    local = datetime(day.year, day.month, day.day, tzinfo=LONDON) + timedelta(seconds=seconds)
    return local.astimezone(UTC)


def plans_of(chance: random.Random, year: int) -> list[Plan]:
    """Every contact of the year, in the order in which they come."""
    plans: list[Plan] = []
    for number, month in enumerate(MONTHS, start=1):
        weights = {code: source.weight for code, source in SOURCES.items()}
        if number == _BACKLOG:
            weights["6"] *= 5
        for position in range(month.accepted + month.others):
            accepted = position < month.accepted
            in_time = position < month.in_time if accepted else chance.random() < 0.8
            received_at = _received_at(chance, date(year, number, 1))
            outcome = Outcome.referral
            if not accepted:
                outcome = chance.choices(
                    (
                        Outcome.no_further_action,
                        Outcome.information_and_advice,
                        Outcome.early_help,
                    ),
                    (42, 24, 34),
                )[0]
            plans.append(
                Plan(
                    received_at,
                    when_decided(chance, received_at, in_time=in_time),
                    outcome,
                    chance.choices(list(weights), list(weights.values()))[0],
                    second_thoughts=accepted and chance.random() < 0.012,
                )
            )
    plans.sort(key=lambda plan: plan.received_at)
    return plans


def plans_before(chance: random.Random, year: int) -> list[Plan]:
    """Referrals of the autumn before, whose assessments are due when the year begins."""
    begins = london_midnight(date(year - 1, 10, 2))
    plans = []
    for _ in range(_BEFORE):
        received_at = between(chance, begins, begins + timedelta(days=88))
        grave = received_at > begins + timedelta(days=66) and chance.random() < 0.6
        plans.append(
            Plan(
                received_at,
                when_decided(chance, received_at, in_time=chance.random() < 0.75),
                Outcome.referral,
                chance.choices(list(SOURCES), [one.weight for one in SOURCES.values()])[0],
                basis=StatutoryBasis.section_47 if grave else StatutoryBasis.section_17,
                before_the_year=True,
            )
        )
    return sorted(plans, key=lambda plan: plan.received_at)
