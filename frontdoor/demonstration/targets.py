"""What the demonstration year has to show, month by month, and who is chosen to show it."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Final

from frontdoor.demonstration.desk import between
from service.domain.calendar import day_months_later, london_midnight

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
    (82, 88),
    (93, 107),
    (81, 94),
    (61, 76),
    (72, 83),
    (69, 77),
    (71, 84),
    (67, 93),
    (64, 89),
    (60, 71),
    (55, 64),
)
"""PI4: the published shares, of about as many as are referred a month before.

Fewer would leave children whom nobody assesses; those for whom no month has room any more are
assessed once the year is over.
"""

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
"""PI9, as published: interviews held within 72 hours, of those that were accepted."""

UNHEARD: Final[Series] = (
    (9, 13),
    (6, 9),
    (7, 10),
    (4, 6),
    (8, 11),
    (5, 8),
    (7, 11),
    (4, 7),
    (6, 10),
    (6, 9),
    (7, 9),
    (8, 16),
)
"""Returns of a child who declined: how many were asked in time, of how many. The others were not
offered an interview within 72 hours; in December eight."""


@dataclass(frozen=True, slots=True)
class Slot:
    """Something that happens at an instant of the year, in time or late, to a child yet to come."""

    at: datetime
    in_time: bool


def slots(chance: random.Random, year: int, series: Series, *, first_day: int = 1) -> list[Slot]:
    """The slots of a year, in order; in January from a day on."""
    found: list[Slot] = []
    for (begins_at, ends_at), (in_time, of) in zip(_months(year, first_day), series, strict=True):
        found += [
            Slot(between(chance, begins_at, ends_at).replace(microsecond=0), place < in_time)
            for place in range(of)
        ]
    return sorted(found, key=lambda slot: slot.at)


def _months(year: int, first_day: int) -> list[tuple[datetime, datetime]]:
    """From when to when each month of a year is; January from a day on."""
    found = []
    for number in range(1, 13):
        begins = date(year, number, 1)
        first = begins.replace(day=first_day) if number == 1 else begins
        found.append((london_midnight(first), london_midnight(day_months_later(begins, 1))))
    return found


@dataclass(slots=True)
class _Month:
    """What is still to be shown in a month: how many in time, and how many late."""

    begins_at: datetime
    ends_at: datetime
    left: dict[bool, int]


def _at_any_time(at: datetime) -> bool:
    return True


_TRIES: Final = 60
"""How many instants of a window are looked at for one that suits."""


class Slots:
    """What a year has to show of things that take weeks; each child who comes takes a slot.

    `suits` says at which instants such a thing happens.
    """

    def __init__(
        self,
        chance: random.Random,
        year: int,
        series: Series,
        *,
        first_day: int,
        suits: Callable[[datetime], bool] = _at_any_time,
    ) -> None:
        self.chance = chance
        self.suits = suits
        self.months = [
            _Month(begins_at, ends_at, {True: in_time, False: of - in_time})
            for (begins_at, ends_at), (in_time, of) in zip(
                _months(year, first_day), series, strict=True
            )
        ]

    def take(
        self,
        soonest: datetime,
        due_at: datetime,
        at_most_late: timedelta,
        late: float | None = None,
    ) -> Slot | None:
        """A slot of the first month that fits, in time or late by no more than that.

        Where both fit in that month the choice is by how many are left; with `late` it is how
        often the first late slot is taken before one in time.
        """
        fits = self._fitting(soonest, due_at, at_most_late)
        found = next(fits, None)
        if found is None:
            return None
        month, possible = found
        if late is not None:
            wanted = self.chance.random() >= late
            month, possible = next(
                (one for one in chain((found,), fits) if wanted in one[1]), found
            )
            possible = {wanted: possible[wanted]} if wanted in possible else possible
        [in_time] = self.chance.choices(list(possible), [month.left[one] for one in possible])
        month.left[in_time] -= 1
        return Slot(possible[in_time], in_time)

    def _fitting(
        self, soonest: datetime, due_at: datetime, at_most_late: timedelta
    ) -> Iterator[tuple[_Month, dict[bool, datetime]]]:
        """The months with a slot that fits, and when it would be: in time, or late."""
        margin = timedelta(minutes=5)
        for month in self.months:
            begins_at = max(soonest, month.begins_at)
            windows = {
                True: (begins_at, min(due_at, month.ends_at) - margin),
                False: (
                    max(begins_at, due_at + margin),
                    min(due_at + at_most_late, month.ends_at) - margin,
                ),
            }
            possible = {
                in_time: at
                for in_time, window in windows.items()
                if month.left[in_time] and (at := self._within(*window)) is not None
            }
            if possible:
                yield month, possible

    def _within(self, after: datetime, before: datetime) -> datetime | None:
        """An instant of a window that suits; None when there is none."""
        if after >= before:
            return None
        tried = (between(self.chance, after, before).replace(microsecond=0) for _ in range(_TRIES))
        return next((at for at in tried if at >= after and self.suits(at)), None)
