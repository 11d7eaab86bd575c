"""Measures: figures counted from the raw record, by London month, as at any instant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar

from service.domain.calendar import LONDON, london_date
from service.domain.errors import Invalid, NotFound, Problem

MOST_MONTHS = 60
"""How many months one reading covers at most: it keeps the work of a reading bounded."""

MONTHS_UNASKED = 12
"""How many months a reading covers when no beginning is named."""


class MeasureCode(StrEnum):
    """The measures that can be read, by the codes under which they are published."""

    pi1 = "PI1"


class Unit(StrEnum):
    """What a measure's value is counted in."""

    per_cent = "per_cent"


class Part(StrEnum):
    """Which cases of a figure: those counted against, those that met it, those that did not."""

    denominator = "denominator"
    numerator = "numerator"
    missed = "missed"


class Breakdown(StrEnum):
    """What a measure can be broken down by."""

    source = "source"


@dataclass(frozen=True, slots=True)
class Measure:
    """What a measure counts. `definition` is the whole of it in words; `source` who asks for it."""

    code: MeasureCode
    title: str
    definition: str
    unit: Unit
    source: str


@dataclass(frozen=True, slots=True)
class Period:
    """One London month or the part of it that was asked for: from, up to, not with."""

    label: str
    received_from: datetime
    received_to: datetime


@dataclass(frozen=True, slots=True)
class MeasurePoint:
    """One figure of a measure. `value` is None where there is nothing to count against.

    `period` is the London month, "2018-03"; for a whole reading its London days, from/up to. The
    bounds are those of `received_at` of its cases; `source_code` is set in a breakdown by source.
    """

    period: str
    received_from: datetime
    received_to: datetime
    numerator: int
    denominator: int
    source_code: str | None = None

    @property
    def missed(self) -> int:
        """How many were counted against and did not meet it."""
        return self.denominator - self.numerator

    @property
    def value(self) -> Decimal | None:
        """The figure in per cent, to one decimal."""
        return per_cent(self.numerator, self.denominator)


@dataclass(frozen=True, slots=True)
class MeasureCases:
    """The contacts behind a part of a measure's figures, as at an instant."""

    code: str
    part: Part
    as_at: datetime


@dataclass(frozen=True, slots=True)
class MeasureReading:
    """A measure read over London days, `from_on` up to and not with `to_on`, as at an instant."""

    measure: Measure
    as_at: datetime
    from_on: date
    to_on: date
    by: Breakdown | None
    points: Sequence[MeasurePoint]
    total: MeasurePoint


class MeasureNotFound(NotFound):
    """No such measure."""

    code: ClassVar[str] = "measure_not_found"
    title: ClassVar[str] = "No such measure"

    def __init__(self) -> None:
        super().__init__(
            f"There is no measure of this code. There are: {', '.join(MEASURES)}; "
            "GET /v1/measures says what each counts."
        )


class PeriodNotPossible(Invalid):
    """The days or the instant that were asked for make no period that can be counted."""

    code: ClassVar[str] = "period_not_possible"
    title: ClassVar[str] = "No such period"


MEASURES: Mapping[MeasureCode, Measure] = MappingProxyType(
    {
        measure.code: measure
        for measure in (
            Measure(
                MeasureCode.pi1,
                "Contacts accepted as a referral within 24 hours",
                "Of the contacts received in the month that, at the instant of the reading, had "
                "every child on them decided and signed off and a signed referral standing for at "
                "least one child: the share accepted as a referral, with every child signed off, "
                "at or before 24 hours after they were received. Contacts not yet decided, and "
                "contacts that led to no referral, are not counted.",
                Unit.per_cent,
                "Performance measure PI1, published monthly since 2018",
            ),
        )
    }
)


_NOT_YET = Problem("query:as_at", "Name an instant that has come, or leave it out.", "not_yet")


def measure_of(code: str) -> Measure:
    """The measure of that code. Raises MeasureNotFound."""
    try:
        return MEASURES[MeasureCode(code)]
    except ValueError:
        raise MeasureNotFound from None


def per_cent(numerator: int, denominator: int) -> Decimal | None:
    """A share in per cent to one decimal, half up; None of nothing.

    Worked out in whole numbers, so that no binary fraction decides a half. The published series
    are rounded to the nearest decimal, not cut off (8 of 9 stands as 88.9, 11 of 19 as 57.9).
    """
    if denominator == 0:
        return None
    tenths = (2000 * numerator + denominator) // (2 * denominator)
    return Decimal(tenths).scaleb(-1)


def month_begins(day: date) -> date:
    """The first day of the month of a day."""
    return day.replace(day=1)


def months_later(first_of_month: date, months: int) -> date:
    """The first day of the month so many months later, or earlier when negative."""
    year, month = divmod(first_of_month.year * 12 + first_of_month.month - 1 + months, 12)
    return date(year, month + 1, 1)


def london_midnight(day: date) -> datetime:
    """The instant, in UTC, at which a London day begins."""
    return datetime.combine(day, time(), LONDON).astimezone(UTC)


def period_asked_for(
    now: datetime, as_at: datetime | None, from_on: date | None, to_on: date | None
) -> tuple[datetime, date, date]:
    """The instant and the London days of a reading, with what was left out filled in.

    Left out, `as_at` is now, `to_on` the end of the month of `as_at`, and `from_on` twelve months
    before. Raises PeriodNotPossible naming every fault: what was on the record at an instant that
    has not come cannot be known.
    """
    at = now if as_at is None else as_at
    end = months_later(month_begins(london_date(at)), 1) if to_on is None else to_on
    start = from_on
    if start is None:
        before = MONTHS_UNASKED if end == month_begins(end) else MONTHS_UNASKED - 1
        start = months_later(month_begins(end), -before)
    problems: list[Problem] = []
    if at > now:
        problems.append(_NOT_YET)
    if start >= end:
        problems.append(
            Problem(
                "query:to",
                "Name a day after `from`: the period goes up to `to` and not with it.",
                "ends_before_it_begins",
            )
        )
    elif months_later(month_begins(start), MOST_MONTHS) < end:
        problems.append(
            Problem("query:from", f"Ask for at most {MOST_MONTHS} months at once.", "too_long")
        )
    if problems:
        raise PeriodNotPossible("Put right the period and ask again.", problems=problems)
    return at, start, end


def require_come(now: datetime, as_at: datetime) -> None:
    """Raises PeriodNotPossible for an instant that has not come."""
    if as_at > now:
        raise PeriodNotPossible("Put right the instant and ask again.", problems=[_NOT_YET])


def periods(from_on: date, to_on: date) -> tuple[Period, ...]:
    """The London months of a period of London days; the first and the last may be parts of one."""
    found: list[Period] = []
    begins = from_on
    while begins < to_on:
        ends = min(months_later(month_begins(begins), 1), to_on)
        found.append(
            Period(begins.strftime("%Y-%m"), london_midnight(begins), london_midnight(ends))
        )
        begins = ends
    return tuple(found)
