"""The working days of England, against the published bank holidays and against a slow count."""

import re
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given, strategies

from service.domain.calendar import (
    CalendarFaulty,
    CalendarUnknown,
    OpenEndedCalendar,
    SkipKind,
    WorkingCalendar,
    day_months_later,
    days_after,
    days_before,
    london_date,
    months_after,
    months_before,
)
from tests.support.sources import named, product_modules

ENGLAND = WorkingCalendar(first_year=2018, last_year=2028)
CLOSED = WorkingCalendar(
    first_year=2018,
    last_year=2028,
    closure_days={date(2026, 12, day): "Christmas closure" for day in (28, 29, 30, 31)},
)
DAYS = strategies.dates(date(2018, 1, 1), date(2027, 12, 31))
COUNTS = strategies.integers(min_value=1, max_value=60)
CALENDARS = strategies.sampled_from([ENGLAND, CLOSED])


def published() -> dict[int, set[date]]:
    lines = Path(__file__).with_name("published_bank_holidays.txt").read_text().splitlines()
    found: dict[int, set[date]] = {}
    for line in lines:
        if not line.startswith("#"):
            year, *days = line.split()
            found[int(year)] = {date.fromisoformat(f"{year}-{day}") for day in days}
    return found


def every_day(year: int) -> list[date]:
    first = date(year, 1, 1)
    return [first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days)]


@pytest.mark.parametrize("year", range(2018, 2029))
def test_the_weekdays_off_are_exactly_the_published_bank_holidays(year: int) -> None:
    off = {day for day in every_day(year) if day.weekday() < 5 and not ENGLAND.is_working_day(day)}
    assert off == published()[year]


@pytest.mark.parametrize("year", range(2018, 2029))
def test_no_weekend_day_is_a_working_day(year: int) -> None:
    assert not any(ENGLAND.is_working_day(d) for d in every_day(year) if d.weekday() >= 5)


@pytest.mark.parametrize(
    ("day", "working_days", "answer"),
    [
        (date(2025, 12, 19), 1, date(2025, 12, 22)),
        (date(2025, 12, 19), 15, date(2026, 1, 14)),
        (date(2025, 12, 19), 45, date(2026, 2, 25)),
        (date(2026, 4, 2), 1, date(2026, 4, 7)),
        (date(2026, 4, 2), 15, date(2026, 4, 27)),
        (date(2026, 4, 2), 45, date(2026, 6, 10)),
    ],
)
def test_the_answers_worked_out_two_other_ways_are_met(
    day: date, working_days: int, answer: date
) -> None:
    assert ENGLAND.add_working_days(day, working_days) == answer


def test_each_day_skipped_over_easter_says_why() -> None:
    skipped = ENGLAND.skipped_between(date(2026, 4, 2), date(2026, 4, 7))
    assert [(day.on.day, day.kind, day.reason) for day in skipped] == [
        (3, SkipKind.bank_holiday, "Good Friday"),
        (4, SkipKind.weekend, "Saturday"),
        (5, SkipKind.weekend, "Sunday"),
        (6, SkipKind.bank_holiday, "Easter Monday"),
    ]


def test_a_bank_holiday_on_a_saturday_is_a_saturday_and_its_monday_is_the_substitute() -> None:
    skipped = CLOSED.skipped_between(date(2026, 12, 24), date(2027, 1, 4))
    assert [day.reason for day in skipped] == [
        "Christmas Day",
        "Saturday",
        "Sunday",
        "Boxing Day (substitute day)",
        "Council closure: Christmas closure",
        "Council closure: Christmas closure",
        "Council closure: Christmas closure",
        "New Year's Day",
        "Saturday",
        "Sunday",
    ]


@pytest.mark.parametrize("day", [date(2017, 12, 31), date(2029, 1, 1), date.min, date.max])
def test_a_day_outside_the_known_years_is_refused_and_never_taken_for_a_working_day(
    day: date,
) -> None:
    questions = [
        lambda: ENGLAND.is_working_day(day),
        lambda: ENGLAND.add_working_days(day, 1),
        lambda: ENGLAND.working_days_between(day, date(2026, 1, 1)),
        lambda: ENGLAND.working_days_between(date(2026, 1, 1), day),
        lambda: ENGLAND.skipped_between(day, date(2026, 1, 1)),
        lambda: ENGLAND.skipped_between(date(2026, 1, 1), day),
    ]
    for question in questions:
        with pytest.raises(CalendarUnknown, match="from 2018-01-01 to 2028-12-31"):
            question()


def test_a_count_that_runs_past_the_known_years_is_refused() -> None:
    assert ENGLAND.add_working_days(date(2028, 12, 28), 1) == date(2028, 12, 29)
    with pytest.raises(CalendarUnknown):
        ENGLAND.add_working_days(date(2028, 12, 28), 2)


@pytest.mark.parametrize("working_days", [0, -1])
def test_fewer_than_one_working_day_cannot_be_added(working_days: int) -> None:
    with pytest.raises(ValueError, match="at least one"):
        ENGLAND.add_working_days(date(2026, 1, 5), working_days)


def test_the_alarm_comes_ninety_days_before_the_known_years_end_and_stays() -> None:
    assert ENGLAND.holidays_known_from == date(2018, 1, 1)
    assert ENGLAND.holidays_known_until == date(2028, 12, 31)
    assert ENGLAND.alarm(date(2028, 10, 1)) is None
    assert "end in 90 days, on 2028-12-31" in (ENGLAND.alarm(date(2028, 10, 2)) or "")
    assert "ended on 2028-12-31" in (ENGLAND.alarm(date(2029, 1, 1)) or "")
    assert "last_year" in (ENGLAND.alarm(date(2028, 10, 1), within_days=91) or "")


def test_a_proclaimed_holiday_and_a_moved_one_change_the_count_and_the_version() -> None:
    moved = WorkingCalendar(
        first_year=2018,
        last_year=2028,
        extra_holidays={date(2027, 5, 7): "Victory Day"},
        withdrawn_holidays=frozenset({date(2027, 5, 3)}),
    )
    assert moved.is_working_day(date(2027, 5, 3))
    assert moved.add_working_days(date(2027, 5, 6), 1) == date(2027, 5, 10)
    assert moved.skipped_between(date(2027, 5, 6), date(2027, 5, 8))[0].reason == "Victory Day"
    assert moved.version != ENGLAND.version


def test_the_version_names_the_library_and_every_closure() -> None:
    again = WorkingCalendar(first_year=2018, last_year=2028)
    renamed = WorkingCalendar(
        first_year=2018, last_year=2028, closure_days={date(2026, 12, 29): "Flood"}
    )
    ends_early = WorkingCalendar(first_year=2018, last_year=2028, day_ends=time(17))
    assert ENGLAND.version.startswith("england+holidays-")
    assert again.version == ENGLAND.version
    versions = {one.version for one in (ENGLAND, CLOSED, renamed, ends_early)}
    assert len(versions) == 4


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"first_year": 2027, "last_year": 2026}, "comes after"),
        ({"first_year": 2099, "last_year": 2101}, "2101 are not known"),
        (
            {
                "first_year": 2026,
                "last_year": 2026,
                "withdrawn_holidays": frozenset({date(2026, 5, 5)}),
            },
            "no bank holiday",
        ),
    ],
)
def test_a_calendar_that_cannot_be_right_is_not_made(settings: dict, words: str) -> None:
    with pytest.raises(CalendarFaulty, match=words):
        WorkingCalendar(**settings)


def test_a_working_day_ends_by_londons_clock_in_summer_and_in_winter() -> None:
    assert ENGLAND.end_of(date(2026, 7, 1)) == datetime(2026, 7, 1, 22, 59, 59, tzinfo=UTC)
    assert ENGLAND.end_of(date(2026, 12, 1)) == datetime(2026, 12, 1, 23, 59, 59, tzinfo=UTC)


def test_a_london_date_needs_a_zone() -> None:
    assert london_date(datetime(2026, 7, 1, 23, 30, tzinfo=UTC)) == date(2026, 7, 2)
    with pytest.raises(ValueError, match="zone"):
        london_date(datetime(2026, 7, 1, 23, 30, tzinfo=UTC).replace(tzinfo=None))


@given(CALENDARS, DAYS, COUNTS)
def test_exactly_n_working_days_lie_between_a_day_and_n_working_days_later(
    calendar: WorkingCalendar, day: date, working_days: int
) -> None:
    until = calendar.add_working_days(day, working_days)
    walked = [day + timedelta(days=n) for n in range(1, (until - day).days + 1)]
    assert calendar.is_working_day(until)
    assert sum(calendar.is_working_day(one) for one in walked) == working_days
    assert calendar.working_days_between(day, until) == working_days


@given(CALENDARS, DAYS, COUNTS)
def test_every_day_passed_is_either_counted_or_skipped_with_a_reason(
    calendar: WorkingCalendar, day: date, working_days: int
) -> None:
    until = calendar.add_working_days(day, working_days)
    skipped = calendar.skipped_between(day, until)
    assert len(skipped) + working_days == (until - day).days
    assert all(one.reason and not calendar.is_working_day(one.on) for one in skipped)


@given(CALENDARS, DAYS, COUNTS, COUNTS)
def test_more_working_days_are_later_and_adding_in_two_steps_is_adding_at_once(
    calendar: WorkingCalendar, day: date, first: int, second: int
) -> None:
    in_steps = calendar.add_working_days(calendar.add_working_days(day, first), second)
    assert in_steps == calendar.add_working_days(day, first + second)
    assert in_steps > calendar.add_working_days(day, first)


@given(DAYS, COUNTS)
def test_a_closure_never_makes_anything_due_earlier(day: date, working_days: int) -> None:
    assert CLOSED.add_working_days(day, working_days) >= ENGLAND.add_working_days(day, working_days)


@given(day=DAYS, count=COUNTS, calendar=CALENDARS)
def test_within_the_known_years_an_open_ended_calendar_answers_the_same(
    day: date, count: int, calendar: WorkingCalendar
) -> None:
    beyond = OpenEndedCalendar(calendar)
    until = calendar.add_working_days(day, count)
    assert beyond.add_working_days(day, count) == until
    assert beyond.skipped_between(day, until) == calendar.skipped_between(day, until)
    assert beyond.is_working_day(day) == calendar.is_working_day(day)


@given(day=strategies.dates(date(2027, 6, 1), date(2027, 12, 31)), count=COUNTS)
def test_beyond_the_known_years_a_limit_may_come_early_and_never_late(
    day: date, count: int
) -> None:
    until_2027 = OpenEndedCalendar(WorkingCalendar(first_year=2018, last_year=2027))
    counted = until_2027.add_working_days(day, count)
    assert counted <= ENGLAND.add_working_days(day, count)
    assert counted.weekday() < 5
    assert until_2027.version != ENGLAND.version


@given(day=DAYS, count=COUNTS, calendar=CALENDARS)
def test_the_working_days_between_two_days_are_counted_alike_with_and_without_an_end(
    day: date, count: int, calendar: WorkingCalendar
) -> None:
    beyond = OpenEndedCalendar(calendar)
    until = calendar.add_working_days(day, count)
    assert beyond.working_days_between(day, until) == count
    assert calendar.working_days_between(day, until) == count
    assert beyond.working_days_between(until, day) == 0


@given(strategies.dates(date(2016, 1, 1), date(2040, 12, 31)), strategies.integers(0, 40))
def test_over_so_many_working_days_ago_is_the_latest_day_that_is_so(
    today: date, working_days: int
) -> None:
    calendar = OpenEndedCalendar(WorkingCalendar(first_year=2018, last_year=2027))
    latest = calendar.day_over_working_days_ago(today, working_days)
    assert calendar.working_days_between(latest, today) > working_days
    assert calendar.working_days_between(latest + timedelta(days=1), today) == working_days


@pytest.mark.parametrize(
    ("end", "months", "begins"),
    [
        # The wall says half past midnight on the first of July: so it does on the first of January.
        ("2026-06-30T23:30:00Z", 6, "2026-01-01T00:30:00Z"),
        ("2026-10-25T12:00:00Z", 12, "2025-10-25T11:00:00Z"),
        ("2024-02-29T12:00:00Z", 12, "2023-02-28T12:00:00Z"),
        ("2026-08-31T11:00:00Z", 6, "2026-02-28T12:00:00Z"),
        ("2026-01-15T12:00:00Z", 1, "2025-12-15T12:00:00Z"),
        ("2026-03-31T10:00:00Z", 25, "2024-02-29T11:00:00Z"),
    ],
)
def test_months_are_counted_by_the_day_and_time_in_london(
    end: str, months: int, begins: str
) -> None:
    assert months_before(datetime.fromisoformat(end), months) == datetime.fromisoformat(begins)


@given(strategies.dates(date(2000, 1, 1), date(2050, 12, 31)), strategies.integers(-600, 600))
def test_a_day_some_months_later_is_the_same_day_or_the_last_of_a_shorter_month(
    day: date, months: int
) -> None:
    later = day_months_later(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == day.day or (later.day < day.day and (later + timedelta(1)).day == 1)


@given(
    strategies.datetimes(datetime(2018, 1, 1), datetime(2027, 12, 31)),  # noqa: DTZ001 - zone below
    strategies.integers(0, 24),
)
def test_what_is_counted_forward_is_counted_in_one_way_with_what_is_counted_back(
    moment: datetime, many: int
) -> None:
    at = moment.replace(tzinfo=UTC)
    assert months_after(at, -many) == months_before(at, many)
    assert days_after(at, -many) == days_before(at, many)
    assert london_date(days_after(at, many)) == london_date(at) + timedelta(days=many)


# That a year has twelve months, and how long each of them is.
COUNTS_MONTHS = r"\.year\s*\*\s*12|monthrange|relativedelta|replace\(day=1\)"
# When a London day begins, and when it ends.
BOUNDS_A_DAY = r"combine\([^()]*(\([^()]*\))?[^()]*LONDON\)"


@pytest.mark.parametrize("what", [COUNTS_MONTHS, BOUNDS_A_DAY])
def test_nobody_else_counts_months_or_says_when_a_day_begins_or_ends(what: str) -> None:
    # What is known in one place is counted in one way: two ways differ on some night of the year.
    counting = {
        named(path)
        for path in product_modules()
        if re.search(what, path.read_text("utf-8")) and not named(path).startswith("frontdoor/")
    }
    assert counting == {"service/domain/calendar.py"}
