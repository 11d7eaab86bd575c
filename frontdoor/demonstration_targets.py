"""What the demonstration year has to show, month by month, and who is chosen to show it."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from frontdoor.demonstration_desk import between
from service.domain.measures import london_midnight, months_later

Series = Sequence[tuple[int, int]]
"""Month by month: how many are in time, of how many."""

CONFERENCES: Final[Series] = (
    (12, 14),
    (8, 9),
    (15, 22),
    (12, 13),
    (10, 12),
    (17, 21),
    (15, 22),
    (10, 14),
    (9, 15),
    (16, 21),
    (12, 14),
    (23, 28),
)
"""PI3. Where the published share takes more children than the town has, the nearest to it."""

ASSESSMENTS: Final[Series] = (
    (33, 38),
    (41, 44),
    (53, 61),
    (25, 29),
    (49, 61),
    (26, 30),
    (43, 48),
    (49, 58),
    (36, 50),
    (23, 32),
    (49, 58),
    (55, 64),
)
"""PI4, as published."""

UNALLOCATED: Final[Sequence[int]] = (46, 45, 61, 17, 12, 7, 38, 8, 13, 26, 25, 17)
"""PI5, as published: at the end of each month."""

INTERVIEWS: Final[Series] = (
    (14, 33),
    (9, 23),
    (13, 24),
    (12, 13),
    (22, 31),
    (11, 19),
    (14, 27),
    (10, 14),
    (12, 24),
    (16, 21),
    (21, 23),
    (20, 33),
)
"""PI9, as published."""


@dataclass(frozen=True, slots=True)
class Slot:
    """Something that happens at an instant of the year, in time or late, to a child yet to come."""

    at: datetime
    in_time: bool


def slots(
    chance: random.Random, year: int, series: Series, *, first_day: int = 1, notice: int = 0
) -> list[Slot]:
    """The slots of a year, in order; in January from a day on.

    None lies within so many days of the end of a month: there its other half is told of in time.
    """
    found: list[Slot] = []
    for number, (in_time, of) in enumerate(series, start=1):
        begins = date(year, number, first_day if number == 1 else 1)
        ends = months_later(date(year, number, 1), 1) - timedelta(days=notice)
        for place in range(of):
            at = between(chance, london_midnight(begins), london_midnight(ends))
            found.append(Slot(at.replace(microsecond=0), place < in_time))
    return sorted(found, key=lambda slot: slot.at)


class Slots:
    """Slots that wait for somebody; each child who comes takes the next that fits."""

    def __init__(self, free: Sequence[Slot]) -> None:
        self.free = list(free)

    def take(self, soonest: datetime, due_at: datetime, at_most_late: timedelta) -> Slot | None:
        """The next slot from `soonest` on, in time by the limit, or late by no more than that."""
        margin = timedelta(minutes=5)
        for place, slot in enumerate(self.free):
            if slot.at < soonest:
                continue
            if slot.at > due_at + at_most_late:
                return None
            if slot.in_time == (slot.at <= due_at - margin) and (
                slot.in_time or slot.at > due_at + margin
            ):
                return self.free.pop(place)
        return None
