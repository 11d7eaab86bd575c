"""Weeks of pregnancy by hand, the policy's alerts, and what is wrong with a date."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.pregnancies import Gestation, alerts, gestation, surely_by
from service.policy import load_policy

# Worked out by hand: 280 days before the expected date the count begins, each seven are a week.
WEEKS = [
    ("2027-02-14", "2026-05-10", "0 weeks", "the first day of the count"),
    ("2027-02-14", "2026-05-09", None, "the day before it"),
    ("2027-02-14", "2026-05-17", "1 week", "one week"),
    ("2027-02-14", "2026-05-18", "1 week and 1 day", "and a day"),
    ("2027-02-14", "2026-09-27", "20 weeks", "twenty weeks"),
    ("2027-02-14", "2026-09-26", "19 weeks and 6 days", "the day before twenty weeks"),
    ("2027-02-14", "2026-12-15", "31 weeks and 2 days", "as it is said"),
    ("2027-02-14", "2026-12-20", "32 weeks", "thirty-two weeks"),
    ("2027-02-14", "2027-02-14", "40 weeks", "the expected date"),
    ("2027-02-14", "2027-02-28", "42 weeks", "a fortnight over"),
    # Leap day: 2028-02-29 is a day like every other.
    ("2028-03-07", "2028-02-29", "39 weeks", "on leap day"),
    ("2028-03-07", "2028-02-28", "38 weeks and 6 days", "the day before leap day"),
    ("2028-03-07", "2028-03-01", "39 weeks and 1 day", "the day after leap day"),
    ("2027-03-07", "2027-02-28", "39 weeks", "28 February without a leap day"),
    ("2028-02-29", "2028-02-29", "40 weeks", "expected on leap day"),
    # Changes of the clocks: the days are London's days, whatever their length.
    ("2026-08-16", "2026-03-28", "19 weeks and 6 days", "the day before the clocks go forward"),
    ("2026-08-16", "2026-03-29", "20 weeks", "the day the clocks go forward"),
    ("2026-08-16", "2026-03-30", "20 weeks and 1 day", "the day after the clocks went forward"),
    ("2026-12-20", "2026-10-24", "31 weeks and 6 days", "the day before the clocks go back"),
    ("2026-12-20", "2026-10-25", "32 weeks", "the day the clocks go back"),
    ("2026-12-20", "2026-10-26", "32 weeks and 1 day", "the day after the clocks went back"),
    ("2027-01-10", "2026-12-25", "37 weeks and 5 days", "Christmas Day"),
    ("2027-01-10", "2027-01-01", "38 weeks and 5 days", "New Year's Day"),
]


@pytest.mark.parametrize(("expected", "on", "words", "shows"), WEEKS, ids=[row[3] for row in WEEKS])
def test_weeks_are_counted_as_midwives_count_them(
    expected: str, on: str, words: str | None, shows: str
) -> None:
    found = gestation(date.fromisoformat(expected), date.fromisoformat(on))
    assert (None if found is None else found.words) == words, shows


@given(st.dates(date(2016, 1, 1), date(2030, 1, 1)), st.integers(0, 300))
def test_each_day_is_one_day_further(expected: date, gone: int) -> None:
    on = expected - timedelta(days=280) + timedelta(days=gone)
    found = gestation(expected, on)
    assert found is not None
    assert found.weeks * 7 + found.days == gone
    assert gestation(expected, on + timedelta(days=1)) == Gestation(*divmod(gone + 1, 7))


def test_the_alerts_are_the_weeks_of_the_policy() -> None:
    rules = load_policy().timescales
    assert alerts(rules, None) == []
    found = alerts(rules, date(2027, 2, 14))
    assert [(one.kind, one.weeks, one.on) for one in found] == [
        ("pre_birth_assessment_begun", 20, date(2026, 9, 27)),
        ("pre_birth_assessment_done", 32, date(2026, 12, 20)),
    ]


@pytest.mark.parametrize(
    ("day", "now", "by"),
    [
        ("2026-03-06", "2026-03-06T16:00:00Z", "2026-03-06T16:00:00Z"),
        ("2026-03-06", "2026-03-09T16:00:00Z", "2026-03-06T23:59:59Z"),
        # In summer London's day ends an hour before UTC's.
        ("2026-07-06", "2026-07-09T16:00:00Z", "2026-07-06T22:59:59Z"),
        ("2026-10-25", "2026-11-09T16:00:00Z", "2026-10-25T23:59:59Z"),
        ("2026-03-29", "2026-11-09T16:00:00Z", "2026-03-29T22:59:59Z"),
    ],
)
def test_what_happened_on_a_day_had_surely_happened_by_its_end_or_now(
    day: str, now: str, by: str
) -> None:
    found = surely_by(date.fromisoformat(day), datetime.fromisoformat(now).astimezone(UTC))
    assert found == datetime.fromisoformat(by)
