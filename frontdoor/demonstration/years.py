"""The contacts of the demonstration year, month by month, and those of the autumn before it."""

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from frontdoor.demonstration.desk import between
from frontdoor.demonstration.narratives import SOURCES
from frontdoor.demonstration.plans import Plan, when_decided
from service.domain.calendar import LONDON, day_months_later, london_midnight
from service.domain.deadlines import Rating
from service.domain.decisions import Outcome, StatutoryBasis

YEAR: Final = 2018
"""The year whose measures were published, and which the demonstration data relive."""


@dataclass(frozen=True, slots=True)
class Month:
    """How much came in a month: contacts accepted as a referral, those of them in time, others."""

    accepted: int
    in_time: int
    others: int


# Volumes of an invented authority, whose share in time is that of the published series, and of
# whose contacts about a third become a referral, as in the country. December is busier because no
# smaller number of referrals, rounded to one decimal, gives the published 66.6: the police have
# handed over a backlog of domestic abuse notifications.
MONTHS: Final = (
    Month(88, 73, 182),
    Month(73, 54, 152),
    Month(76, 60, 158),
    Month(60, 49, 124),
    Month(67, 47, 136),
    Month(58, 48, 120),
    Month(62, 43, 128),
    Month(73, 42, 140),
    Month(49, 36, 104),
    Month(61, 45, 124),
    Month(57, 43, 118),
    Month(287, 191, 300),
)
_QUIET: Final = 120
"""Contacts of the year beside those, of families of whom nobody hears again."""
_GRAVE: Final = (*[0.36] * 3, *[0.45] * 8, 0.16)
"""By month: how likely section 47 is of a referral decided in time; a late one is never of it."""
_BACKLOG: Final = 12
_BEFORE: Final = 48
_POLICE: Final = "6"
_NOT_ACCEPTED: Final = {
    Outcome.no_further_action: 45,
    Outcome.information_and_advice: 38,
    Outcome.early_help: 17,
}
"""What is decided where no referral is made, and how often."""


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


def _rated(basis: StatutoryBasis | None, *, in_time: bool) -> tuple[int, int, int]:
    """How likely red, amber and green are, in this order: what waits long is never red."""
    if basis is StatutoryBasis.section_47:
        return (75, 25, 0)
    if basis is None:
        return (1, 14, 85)
    return (5, 65, 30) if in_time else (0, 35, 65)


def plans_of(chance: random.Random, year: int) -> list[Plan]:
    """Every contact of the year, in the order in which they come."""
    plans: list[Plan] = []
    for number, month in enumerate(MONTHS, start=1):
        weights = {code: source.weight for code, source in SOURCES.items()}
        if number == _BACKLOG:
            weights[_POLICE] *= 5
        for position in range(month.accepted + month.others):
            accepted = position < month.accepted
            in_time = position < month.in_time if accepted else chance.random() < 0.93
            received_at = _received_at(chance, date(year, number, 1))
            source = chance.choices(list(weights), list(weights.values()))[0]
            basis = None
            if accepted:
                grave = in_time and chance.random() < _GRAVE[number - 1]
                basis = StatutoryBasis.section_47 if grave else StatutoryBasis.section_17
            rating = chance.choices(list(Rating), _rated(basis, in_time=in_time))[0]
            plans.append(
                Plan(
                    received_at,
                    when_decided(chance, received_at, in_time=in_time, rating=rating),
                    Outcome.referral
                    if accepted
                    else chance.choices(list(_NOT_ACCEPTED), list(_NOT_ACCEPTED.values()))[0],
                    source,
                    rating=rating,
                    basis=basis,
                    notified=source == _POLICE and chance.random() < 0.2,
                    second_thoughts=basis is StatutoryBasis.section_17 and chance.random() < 0.015,
                )
            )
    plans.sort(key=lambda plan: plan.received_at)
    return plans


def quiet_plans(chance: random.Random, year: int) -> list[Plan]:
    """Contacts of the year that a word answers, in families of whom nobody hears again."""
    plans = []
    for place in range(_QUIET):
        received_at = _received_at(chance, date(year, 1 + place % 12, 1))
        plans.append(
            Plan(
                received_at,
                when_decided(chance, received_at, in_time=True, rating=Rating.green),
                chance.choice((Outcome.no_further_action, Outcome.information_and_advice)),
                chance.choices(list(SOURCES), [one.weight for one in SOURCES.values()])[0],
                rating=Rating.green,
                asks=0,
                returned=False,
            )
        )
    return sorted(plans, key=lambda plan: plan.received_at)


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
