"""Measures: figures counted from the raw record, by London month, as at any instant."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar

from service.domain.calendar import (
    day_months_later,
    london_date,
    london_midnight,
    month_begins,
)
from service.domain.errors import Invalid, NotFound, Problem

MOST_MONTHS = 60
"""How many months one reading covers at most: it keeps the work of a reading bounded."""

MONTHS_UNASKED = 12
"""How many months a reading covers when no beginning is named."""


class MeasureCode(StrEnum):
    """The measures that can be read, by the codes under which they are published."""

    pi1 = "PI1"
    step_ups_accepted = "step_ups_accepted"
    step_ups_refused = "step_ups_refused"
    step_up_refusals_agreed = "step_up_refusals_agreed"
    step_up_refusals_challenged = "step_up_refusals_challenged"
    step_up_refusals_upheld = "step_up_refusals_upheld"
    step_up_time_to_open = "step_up_time_to_open"
    step_up_time_to_answer = "step_up_time_to_answer"
    step_downs_waiting = "step_downs_waiting"
    step_downs_returned = "step_downs_returned"
    challenges_ended = "challenges_ended"
    challenges_agreed = "challenges_agreed"
    challenges_upheld = "challenges_upheld"
    challenges_changed = "challenges_changed"
    pi3 = "PI3"
    pi4 = "PI4"
    pi5 = "PI5"
    pi9 = "PI9"
    return_interviews_offered = "return_interviews_offered"
    return_interviews_accepted = "return_interviews_accepted"
    return_interviews_held = "return_interviews_held"
    return_interviews_in_time = "return_interviews_in_time"
    strategy_meetings_same_day = "strategy_meetings_same_day"
    strategy_meetings_quorate = "strategy_meetings_quorate"
    strategy_early_help_invited = "strategy_early_help_invited"
    strategy_school_invited = "strategy_school_invited"
    strategy_medical_decided = "strategy_medical_decided"
    strategy_minutes_in_time = "strategy_minutes_in_time"
    child_seen_in_time = "child_seen_in_time"
    re_referrals = "re_referrals"
    conversion_rate = "conversion_rate"
    no_further_action_rate = "no_further_action_rate"
    contacts_withdrawn = "contacts_withdrawn"
    contacts_by_kind = "contacts_by_kind"
    passed_concerns_read_in_time = "passed_concerns_read_in_time"
    emergency_acts_signed_off_in_time = "emergency_acts_signed_off_in_time"
    contacts_rated_in_time = "contacts_rated_in_time"
    red_decided_in_time = "red_decided_in_time"
    flags_a_contact = "flags_a_contact"


class Counted(StrEnum):
    """What a measure counts: its cases."""

    contacts = "contacts"
    transfers = "transfers"
    challenges = "challenges"
    referrals = "referrals"
    strategy_meetings = "strategy_meetings"
    section_47_enquiries = "section_47_enquiries"
    assessments = "assessments"
    missing_episodes = "missing_episodes"
    passed_concerns = "passed_concerns"
    emergency_acts = "emergency_acts"


class Unit(StrEnum):
    """What a measure's value is: the share that met it, how many did, or how many on each case."""

    per_cent = "per_cent"
    number = "number"
    each = "each"


class Part(StrEnum):
    """Which cases of a figure: those counted against, those that met it, those that did not."""

    denominator = "denominator"
    numerator = "numerator"
    missed = "missed"


class Breakdown(StrEnum):
    """What a measure can be broken down by."""

    source = "source"
    sending_team = "sending_team"
    reason = "reason"
    refusal_reason = "refusal_reason"
    waits_for = "waits_for"
    stage = "stage"
    result = "result"
    last_known_team = "last_known_team"
    withdrawal_reason = "withdrawal_reason"
    kind = "kind"


NO_TEAM = "none"
"""The group of those who were known to no team before, in a breakdown by last known team."""


@dataclass(frozen=True, slots=True)
class Measure:
    """What a measure counts. `definition` is the whole of it in words; `source` who asks for it.

    `timed`: its figures tell the median and the longest time too. `standing`: it counts what stands
    at an instant, at the end of each month, and not what began in the month.
    """

    code: MeasureCode
    title: str
    definition: str
    unit: Unit
    source: str
    counted: Counted
    breakdowns: tuple[Breakdown, ...]
    timed: bool = False
    standing: bool = False


@dataclass(frozen=True, slots=True)
class Period:
    """One London month or the part of it that was asked for: from, up to, not with."""

    label: str
    begins_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class MeasurePoint:
    """One figure of a measure. `value` is None where there is nothing to count against.

    `period` is the London month, "2018-03"; for a whole reading its London days, from/up to. Its
    cases began from `begins_at` up to and not with `ends_at`, as the measure says what begins one;
    those of a standing measure stand at `as_at`, whenever they began. `group` is set in a
    breakdown. The times are in whole minutes, of a timed measure with something to count alone.
    `in_all` is how many were counted on all its cases, of a measure whose unit is `each` alone.
    """

    period: str
    begins_at: datetime
    ends_at: datetime
    as_at: datetime
    numerator: int
    denominator: int
    group: str | None = None
    median_minutes: int | None = None
    longest_minutes: int | None = None
    unit: Unit = Unit.per_cent
    in_all: int | None = None

    @property
    def missed(self) -> int:
        """How many were counted against and did not meet it."""
        return self.denominator - self.numerator

    @property
    def value(self) -> Decimal | None:
        """The figure, in its unit: per cent to one decimal, how many on each case to two."""
        if self.unit is Unit.number:
            return Decimal(self.numerator)
        if self.unit is Unit.each:
            return hundredths(self.in_all or 0, self.denominator)
        return per_cent(self.numerator, self.denominator)


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
            f"There is no measure of this code. There are: {', '.join(MeasureCode)}; "
            "GET /v1/measures says what each counts."
        )


class PeriodNotPossible(Invalid):
    """The days or the instant that were asked for make no period that can be counted."""

    code: ClassVar[str] = "period_not_possible"
    title: ClassVar[str] = "No such period"


class BreakdownNotPossible(Invalid):
    """The measure is not broken down by this."""

    code: ClassVar[str] = "breakdown_not_possible"
    title: ClassVar[str] = "No such breakdown"


class MeasureCountsOthers(Invalid):
    """The measure counts other cases than those that are listed here."""

    code: ClassVar[str] = "measure_counts_others"
    title: ClassVar[str] = "Not counted by this measure"


_NOT_YET = Problem("query:as_at", "Name an instant that has come, or leave it out.", "not_yet")


def require_breakdown(measure: Measure, by: Breakdown | None) -> None:
    """Raises BreakdownNotPossible for what the measure is not broken down by."""
    if by is not None and by not in measure.breakdowns:
        listed = ", ".join(measure.breakdowns)
        raise BreakdownNotPossible(
            "Put right the breakdown and ask again.",
            problems=[
                Problem(
                    "query:by",
                    f"This measure is broken down by: {listed}."
                    if listed
                    else "This measure is not broken down: leave `by` out.",
                    "breakdown_not_possible",
                )
            ],
        )


def median_minutes(waits: Sequence[timedelta]) -> int | None:
    """The median of several times in whole minutes; None of nothing.

    Of an even number it is the mean of the two in the middle. Small numbers are shown as they are:
    managers act on the very cases.
    """
    if not waits:
        return None
    ordered = sorted(waits)
    return whole_minutes((ordered[(len(waits) - 1) // 2] + ordered[len(waits) // 2]) / 2)


def whole_minutes(wait: timedelta) -> int:
    """A time in whole minutes, the last one ended."""
    return wait // timedelta(minutes=1)


def per_cent(numerator: int, denominator: int) -> Decimal | None:
    """A share in per cent to one decimal, half up; None of nothing.

    Worked out in whole numbers, so that no binary fraction decides a half. The published series
    are rounded to the nearest decimal, not cut off (8 of 9 stands as 88.9, 11 of 19 as 57.9).
    """
    if denominator == 0:
        return None
    tenths = (2000 * numerator + denominator) // (2 * denominator)
    return Decimal(tenths).scaleb(-1)


def hundredths(in_all: int, cases: int) -> Decimal | None:
    """How many on each case, to two decimals, half up; None of nothing."""
    if cases == 0:
        return None
    return Decimal((200 * in_all + cases) // (2 * cases)).scaleb(-2)


def period_asked_for(
    now: datetime, as_at: datetime | None, from_on: date | None, to_on: date | None
) -> tuple[datetime, date, date]:
    """The instant and the London days of a reading, with what was left out filled in.

    Left out, `as_at` is now, `to_on` the end of the month of `as_at`, and `from_on` twelve months
    before. Raises PeriodNotPossible naming every fault: what was on the record at an instant that
    has not come cannot be known.
    """
    at = now if as_at is None else as_at
    end = day_months_later(month_begins(london_date(at)), 1) if to_on is None else to_on
    start = from_on
    if start is None:
        before = MONTHS_UNASKED if end == month_begins(end) else MONTHS_UNASKED - 1
        start = day_months_later(month_begins(end), -before)
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
    elif day_months_later(month_begins(start), MOST_MONTHS) < end:
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
        ends = min(day_months_later(month_begins(begins), 1), to_on)
        found.append(
            Period(begins.strftime("%Y-%m"), london_midnight(begins), london_midnight(ends))
        )
        begins = ends
    return tuple(found)
