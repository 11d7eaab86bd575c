"""The working days of England: bank holidays, council closures, and London's clock."""

import hashlib
from bisect import bisect_left, bisect_right
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import ClassVar, TypeAlias
from zoneinfo import ZoneInfo

from service.domain.bank_holiday_days import TAKEN_FROM
from service.domain.bank_holidays import bank_holidays
from service.domain.errors import Invalid
from service.domain.texts import counted

LONDON = ZoneInfo("Europe/London")
"""The zone in which days begin and end."""

END_OF_DAY = time(23, 59, 59)
"""The last second of a London day: the end of a working day, unless the policy says else."""

_SATURDAY = 5
_SUNDAY = 6
_BANK_HOLIDAYS_A_YEAR = 8
_NO_DAYS: Mapping[date, str] = MappingProxyType({})
OfficeHours: TypeAlias = Mapping[int, tuple[time, time]]
"""From when until when the office is open in London, by the day of the week: Monday is 0."""

_NO_HOURS: OfficeHours = MappingProxyType({})


class CalendarUnknown(Invalid):
    """The day lies outside the years whose bank holidays are known: no answer, never a guess."""

    code: ClassVar[str] = "calendar_unknown"
    title: ClassVar[str] = "No working calendar for that date"

    def __init__(self, first_day: date, last_day: date) -> None:
        super().__init__(
            f"Working days are known here from {first_day.isoformat()} to {last_day.isoformat()}, "
            "and the answer would lie outside. Check the date; if it is right, the years of the "
            "calendar in the policy file have to be extended first."
        )


class CalendarFaulty(ValueError):
    """The calendar was set up with years or days that cannot be right; the words say which."""


class SkipKind(StrEnum):
    """Why a day is not a working day."""

    weekend = "weekend"
    bank_holiday = "bank_holiday"
    closure = "closure"


@dataclass(frozen=True, slots=True)
class SkippedDay:
    """A day that does not count as a working day, and why, in words fit for a screen."""

    on: date
    kind: SkipKind
    reason: str


def london_time(at: datetime) -> datetime:
    """The London wall-clock reading of an instant. ValueError when `at` has no zone."""
    if at.tzinfo is UTC:
        return _london_time(at)
    if at.tzinfo is None:
        raise ValueError("An instant without a zone has no London time.")
    return at.astimezone(LONDON)


@lru_cache(maxsize=1024)
def _london_time(at: datetime) -> datetime:
    # Of instants in UTC alone: in London two that are an hour apart may be equal.
    return at.astimezone(LONDON)


def london_date(at: datetime) -> date:
    """The London day on which an instant falls. ValueError when `at` has no zone."""
    return london_time(at).date()


def month_begins(day: date) -> date:
    """The first day of the month of a day."""
    return day.replace(day=1)


def london_midnight(day: date) -> datetime:
    """The instant, in UTC, at which a London day begins."""
    return datetime.combine(day, time(), LONDON).astimezone(UTC)


def london_instant(day: date, at: time) -> datetime:
    """The instant, in UTC, of a time on a London day."""
    return datetime.combine(day, at, LONDON).astimezone(UTC)


def london_day_ends(day: date) -> datetime:
    """The last second of a London day, as an instant in UTC."""
    return datetime.combine(day, END_OF_DAY, LONDON).astimezone(UTC)


def day_months_later(day: date, months: int) -> date:
    """The same day so many months later, or earlier; the last day of a month that is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def months_after(at: datetime, months: int) -> datetime:
    """The same day and time in London so many months later, whatever the clocks did meanwhile."""
    there = london_time(at)
    day = day_months_later(there.date(), months)
    return datetime.combine(day, there.timetz()).astimezone(UTC)


def months_before(at: datetime, months: int) -> datetime:
    """The same day and time in London so many months earlier."""
    return months_after(at, -months)


def days_after(at: datetime, days: int) -> datetime:
    """The same time of day in London so many days later, whatever the clocks did meanwhile."""
    return (london_time(at) + timedelta(days=days)).astimezone(UTC)


def days_before(at: datetime, days: int) -> datetime:
    """The same time of day in London so many days earlier."""
    return days_after(at, -days)


class WorkingCalendar:
    """Monday to Friday, less England's bank holidays, less the council's own closure days.

    Source: domain rules, section on clocks. Bank holidays are those of the library `holidays`
    (England, substitute days included), as they were written down from it; `extra_holidays` adds
    days proclaimed since, `withdrawn_holidays` takes back those that were moved. Closure days are
    days on which the authority does not work.

    Years outside `first_year` to `last_year` are not known, and every question about them raises
    `CalendarUnknown`: a year with no bank holidays on file is never taken for a year without any.
    Raises `CalendarFaulty` when the library itself does not know one of the years, or a withdrawn
    day was no bank holiday.
    """

    __slots__ = (
        "_day_ends",
        "_first_day",
        "_last_day",
        "_off",
        "_office_hours",
        "_version",
        "_working",
    )

    def __init__(
        self,
        *,
        first_year: int,
        last_year: int,
        closure_days: Mapping[date, str] = _NO_DAYS,
        extra_holidays: Mapping[date, str] = _NO_DAYS,
        withdrawn_holidays: frozenset[date] = frozenset(),
        day_ends: time = END_OF_DAY,
        office_hours: OfficeHours = _NO_HOURS,
    ) -> None:
        if first_year > last_year:
            raise CalendarFaulty("The first year of the calendar comes after its last year.")
        self._first_day = date(first_year, 1, 1)
        self._last_day = date(last_year, 12, 31)
        self._day_ends = day_ends
        self._office_hours = office_hours
        named = _bank_holidays(first_year, last_year)
        for day in sorted(withdrawn_holidays):
            if named.pop(day, None) is None:
                raise CalendarFaulty(f"{day.isoformat()} cannot be withdrawn: no bank holiday.")
        named.update(extra_holidays)
        self._off = self._days_off(named, closure_days)
        self._working = tuple(
            ordinal
            for ordinal in range(self._first_day.toordinal(), self._last_day.toordinal() + 1)
            if ordinal not in self._off
        )
        self._version = self._digest_of(first_year, last_year)

    def _days_off(
        self, bank_holidays: Mapping[date, str], closures: Mapping[date, str]
    ) -> Mapping[int, SkippedDay]:
        off: dict[int, SkippedDay] = {}
        for ordinal in range(self._first_day.toordinal(), self._last_day.toordinal() + 1):
            day = date.fromordinal(ordinal)
            weekend = _weekend(day)
            if weekend is not None:
                off[ordinal] = weekend
            elif day in bank_holidays:
                off[ordinal] = SkippedDay(day, SkipKind.bank_holiday, bank_holidays[day])
            elif day in closures:
                off[ordinal] = SkippedDay(
                    day, SkipKind.closure, f"Council closure: {closures[day]}"
                )
        return off

    def _digest_of(self, first_year: int, last_year: int) -> str:
        facts = [f"{first_year}-{last_year}", self._day_ends.isoformat()]
        facts += [
            f"{skipped.on.isoformat()} {skipped.kind} {skipped.reason}"
            for skipped in self._off.values()
            if skipped.kind is not SkipKind.weekend
        ]
        facts += [
            f"{weekday} {opens.isoformat()} {closes.isoformat()}"
            for weekday, (opens, closes) in sorted(self._office_hours.items())
        ]
        digest = hashlib.sha256("\n".join(facts).encode()).hexdigest()[:12]
        return f"england+holidays-{TAKEN_FROM}+{digest}"

    @property
    def version(self) -> str:
        """Names the library's version and every day off: equal versions give equal answers."""
        return self._version

    @property
    def holidays_known_from(self) -> date:
        """The first day about which this calendar answers."""
        return self._first_day

    @property
    def holidays_known_until(self) -> date:
        """The last day about which this calendar answers."""
        return self._last_day

    def alarm(self, today: date, *, within_days: int = 90) -> str | None:
        """A sentence for the operator when the known years end within so many days, else None."""
        left = (self._last_day - today).days
        if left > within_days:
            return None
        when = f"end in {counted(left, 'day')}, on" if left >= 0 else "ended on"
        return (
            f"The known bank holidays {when} {self._last_day.isoformat()}. Check the next year on "
            "GOV.UK, raise last_year under [calendar] in the policy file, and restart."
        )

    def is_working_day(self, day: date) -> bool:
        """Whether people are at work that day. Raises CalendarUnknown outside the known years."""
        self._require_known(day)
        return day.toordinal() not in self._off

    def add_working_days(self, day: date, working_days: int) -> date:
        """The nth working day strictly after `day`, which need not be a working day itself.

        ValueError for fewer than one; CalendarUnknown when the answer is outside the known years.
        """
        if working_days < 1:
            raise ValueError("Count at least one working day.")
        self._require_known(day)
        at = bisect_right(self._working, day.toordinal()) + working_days - 1
        if at >= len(self._working):
            raise CalendarUnknown(self._first_day, self._last_day)
        return date.fromordinal(self._working[at])

    def working_days_between(self, after: date, until: date) -> int:
        """How many working days lie after `after` and up to and including `until`."""
        self._require_known(after)
        self._require_known(until)
        return max(
            0,
            bisect_right(self._working, until.toordinal())
            - bisect_left(self._working, after.toordinal() + 1),
        )

    def skipped_between(self, after: date, until: date) -> tuple[SkippedDay, ...]:
        """The days strictly between the two that do not count, in order, each with its reason."""
        self._require_known(after)
        self._require_known(until)
        days = range(after.toordinal() + 1, until.toordinal())
        return tuple(self._off[ordinal] for ordinal in days if ordinal in self._off)

    def end_of(self, day: date) -> datetime:
        """The instant, in UTC, at which the London working day `day` ends."""
        return datetime.combine(day, self._day_ends, LONDON).astimezone(UTC)

    def office_closes(self, at: datetime) -> datetime | None:
        """When the office that is open at an instant closes; None when it is closed: out of hours.

        It is closed on bank holidays and closure days, whatever day of the week they are.
        """
        there = london_time(at)
        day = there.date()
        hours = self._office_hours.get(day.weekday())
        if hours is None or not hours[0] <= there.time() < hours[1]:
            return None
        if day.weekday() < _SATURDAY and not self.is_working_day(day):
            return None
        return london_instant(day, hours[1])

    def next_to_begin(self, at: datetime, by: time) -> date:
        """The working day that begins next: that very day while the office has not opened yet.

        `by` is the time on it that matters: a day on which that has passed is not next.
        """
        there = london_time(at)
        day = there.date()
        hours = self._office_hours.get(day.weekday())
        opens_later = hours is not None and there.time() < min(hours[0], by)
        if opens_later and self.is_working_day(day):
            return day
        day = self.add_working_days(day, 1)
        while self._office_hours and day.weekday() not in self._office_hours:
            day = self.add_working_days(day, 1)
        return day

    def _require_known(self, day: date) -> None:
        if not self._first_day <= day <= self._last_day:
            raise CalendarUnknown(self._first_day, self._last_day)


class OpenEndedCalendar(WorkingCalendar):
    """The known years, and outside them Monday to Friday with no bank holiday taken out.

    For clocks that must start whether or not the next years' bank holidays are known yet: a limit
    counted so may come early, never late.
    """

    __slots__ = ()

    def __init__(self, known: WorkingCalendar) -> None:
        for name in WorkingCalendar.__slots__:
            setattr(self, name, getattr(known, name))

    @property
    def version(self) -> str:
        """The version of the known years, marked as reaching beyond them."""
        return f"{self._version}+weekends-beyond"

    def is_working_day(self, day: date) -> bool:
        """Whether people are at work that day, as far as is known."""
        return self._skipped(day) is None

    def add_working_days(self, day: date, working_days: int) -> date:
        """The nth working day strictly after `day`. ValueError for fewer than one."""
        if working_days < 1:
            raise ValueError("Count at least one working day.")
        while working_days:
            day += timedelta(days=1)
            working_days -= self._skipped(day) is None
        return day

    def working_days_between(self, after: date, until: date) -> int:
        """How many working days lie after `after` and up to and including `until`."""
        if self._first_day <= after and until <= self._last_day and after <= until:
            return super().working_days_between(after, until)
        days = range(after.toordinal() + 1, until.toordinal() + 1)
        return sum(self._skipped(date.fromordinal(ordinal)) is None for ordinal in days)

    def day_over_working_days_ago(self, today: date, working_days: int) -> date:
        """The latest day after which more than so many working days have begun, today included.

        What happened on it or before has waited for more than `working_days` working days.
        """
        day = today
        while working_days >= 0:
            working_days -= self._skipped(day) is None
            day -= timedelta(days=1)
        return day

    def skipped_between(self, after: date, until: date) -> tuple[SkippedDay, ...]:
        """The days strictly between the two that do not count, in order, each with its reason."""
        days = range(after.toordinal() + 1, until.toordinal())
        skipped = (self._skipped(date.fromordinal(ordinal)) for ordinal in days)
        return tuple(day for day in skipped if day is not None)

    def _skipped(self, day: date) -> SkippedDay | None:
        if self._first_day <= day <= self._last_day:
            return self._off.get(day.toordinal())
        return _weekend(day)


def _weekend(day: date) -> SkippedDay | None:
    if day.weekday() not in (_SATURDAY, _SUNDAY):
        return None
    name = "Saturday" if day.weekday() == _SATURDAY else "Sunday"
    return SkippedDay(day, SkipKind.weekend, name)


def _bank_holidays(first_year: int, last_year: int) -> dict[date, str]:
    named = dict(bank_holidays(first_year, last_year))
    for year in range(first_year, last_year + 1):
        weekdays = sum(day.year == year and day.weekday() < _SATURDAY for day in named)
        # Every year since 1978 has at least eight; fewer means that the library does not know it.
        if weekdays < _BANK_HOLIDAYS_A_YEAR:
            raise CalendarFaulty(f"The bank holidays of {year} are not known to the library.")
    return named
