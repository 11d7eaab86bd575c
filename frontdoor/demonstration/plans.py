"""How one contact of the demonstration data goes: what is fixed, and what is left to chance."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from frontdoor.demonstration.children import Absence
from frontdoor.demonstration.desk import between
from frontdoor.demonstration.enquiries import SoFar
from frontdoor.demonstration.scripts import Script
from service.domain.deadlines import Rating
from service.domain.decisions import Outcome, StatutoryBasis


@dataclass(frozen=True, slots=True)
class Unborn:
    """An unborn child of today, expected on a day or nobody knows when; `begun`: assessed."""

    expected_on: date | None
    begun: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """How one contact goes: when it comes and is decided, and how far it gets.

    `ends_at` is when the last child is signed off, or would be. What is None is left to chance.
    """

    received_at: datetime
    ends_at: datetime
    outcome: Outcome
    source_code: str
    rating: Rating | None = None
    rated: bool = True
    drafted: bool = True
    signed: bool = True
    returned: bool | None = None
    asks: int | None = None
    answered: bool = True
    acknowledged: bool = True
    assigned: bool = False
    mine: bool = False
    allocated: bool = True
    by_partner: bool | None = None
    sender_reference: str | None = None
    second_thoughts: bool = False
    partly_signed: bool = False
    family: int | None = None
    script: Script | None = None
    basis: StatutoryBasis | None = None
    before_the_year: bool = False
    closes: bool = False
    course: SoFar | None = None
    absence: Absence | None = None
    unborn: Unborn | None = None
    chasers: int = 0
    late_answer: float | None = None
    notified: bool = False
    carried_over_at: tuple[datetime, ...] = ()


_WHEN: Final[Mapping[Rating, tuple[tuple[float, float], tuple[float, float]]]] = {
    Rating.red: ((0.9, 3.7), (4.3, 9.0)),
    Rating.amber: ((3.0, 22.0), (24.5, 70.0)),
    Rating.green: ((5.0, 23.5), (24.5, 96.0)),
}
"""After how many hours a contact is decided, by its rating: in time, and late."""


def when_decided(
    chance: random.Random, received_at: datetime, *, in_time: bool, rating: Rating = Rating.amber
) -> datetime:
    """When a contact is decided: a red one within hours, another within 24 or after them."""
    within, late = _WHEN[rating]
    first, last = within if in_time else late
    return between(
        chance, received_at + timedelta(hours=first), received_at + timedelta(hours=last)
    )
